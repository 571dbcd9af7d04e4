import type { ExchangeCalendar } from './calendar.ts';
import type { CaseCommand } from './case-commands.ts';
import type { CaseFigures } from './case-figures.ts';
import type { FirmHold, StartAnswer, StartRequest } from './firm-enforcement.ts';
import type { FiguresVersion } from './figures-version.ts';
import type { QuotedPosition } from './price-quality.ts';

/** What can happen to a case. Machines send FIGURES and EXECUTION, the rest answers its own actions. */

/** The last figures of the account, as the signaller saw them. */
export interface FiguresEvent {
  readonly type: 'FIGURES';
  readonly figures: CaseFigures;
}

export const EXECUTION_STATUSES = [
  'PARTIALLY_FILLED',
  'FILLED',
  'CANCELLED',
  'EXPIRED',
  'REJECTED',
] as const;
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

/** What became of a liquidation order at the venue. Quantities in 1/10,000 share. */
export interface CaseExecution {
  readonly execId: string;
  readonly orderId: string;
  readonly cumQtyE4: number;
  readonly status: ExecutionStatus;
  /** The record of fills.v1 that this execution wrote, null when it moved no shares (DESIGN 12). */
  readonly fillOffset: number | null;
}

export interface ExecutionEvent {
  readonly type: 'EXECUTION';
  readonly execution: CaseExecution;
}

/** What the case-signaller sends: one signal, one union (DESIGN 16). */
export type MachineEvent = FiguresEvent | ExecutionEvent;

/** Why figures do not count as fresh. */
export const STALE_CODES = [
  /** The reader did not reach the ends of the inputs in time. */
  'NOT_CAUGHT_UP',
  'HEARTBEAT_OLD',
  'QUOTE_OLD',
  /** The reader has no figures of this account. */
  'NO_FIGURES',
  /** The reader has older figures than those the case was told. */
  'OLDER_THAN_TOLD',
  /** The answer lay too long before the case could use it. */
  'READING_OLD',
  'INDETERMINATE',
  /** What would be done depends on prices that can be doubted. */
  'PRICE_DOUBTFUL',
  /** The firm's enforcement is held (DESIGN 17). */
  'ENFORCEMENT_HELD',
  /** Whether it is held, or the liquidation brake is on, could not be read. */
  'ENFORCEMENT_UNREAD',
] as const;
export type StaleCode = (typeof STALE_CODES)[number];

/** A refusal to escalate as data: what it was about, what was seen, what the limit is. */
export interface StaleReason {
  readonly code: StaleCode;
  /** The symbol, the partition or the account concerned. */
  readonly what: string;
  /** Ms for ages, else a version or a symbol list as text. */
  readonly observed: string;
  readonly limit: string;
}

/** Figures that are proved fresh (DESIGN 8). */
interface FreshFigures {
  readonly outcome: 'FRESH';
  /** When it was proved, Unix ms by the reader's clock. */
  readonly readAt: number;
  readonly figures: CaseFigures;
  readonly cashE4: number;
  /** Each with the quality of its price and when that was quoted. */
  readonly positions: readonly QuotedPosition[];
  /** A later calendar than the one asked about: an unscheduled closure. */
  readonly calendar?: ExchangeCalendar;
}

interface NothingProved {
  readonly outcome: 'STALE';
  readonly readAt: number;
  readonly reason: StaleReason;
}

/** What a re-read of the figures found. */
export type FiguresReading = FreshFigures | NothingProved;

/** What held the firm's enforcement after the figures were read (DESIGN 17). */
export interface SeenEnforcement {
  readonly holds: readonly FirmHold[];
  /** What the liquidation brake answered; null when it was not asked. */
  readonly start: StartAnswer | null;
}

/** What a case gets to go on with: the figures, and what the firm holds. Without both it is STALE. */
export type Reading = (FreshFigures & { readonly enforcement: SeenEnforcement }) | NothingProved;

export interface ReadingEvent {
  readonly type: 'READING';
  readonly attempt: number;
  /** The execution that made the case ask; null when it was something else. */
  readonly executionId: string | null;
  readonly reading: Reading;
}

/** margin.calls.v1 acknowledged the call of this episode: its clock starts. */
export interface CallPublishedEvent {
  readonly type: 'CALL_PUBLISHED';
  readonly episode: number;
  readonly ackAt: number;
}

/** restrictions.v1 acknowledged close-only for this episode: the grace starts. */
export interface RestrictionPublishedEvent {
  readonly type: 'RESTRICTION_PUBLISHED';
  readonly episode: number;
  readonly ackAt: number;
}

/** What the firm held when orders were about to go out: these did not. */
export interface OrdersWithheldEvent {
  readonly type: 'ORDERS_WITHHELD';
  readonly orderIds: readonly string[];
  readonly reason: StaleReason;
  /** May an earlier attempt, whose answer was lost, have sent them? */
  readonly mayBeOut: boolean;
}

/** A person has seen the case. Changes no timer. */
export interface AcknowledgedEvent {
  readonly type: 'ACKNOWLEDGED';
  readonly by: string;
  readonly at: number;
  readonly note: string | null;
}

/** A person told the case something, verified by the shell (DESIGN 16). */
export interface CommandEvent {
  readonly type: 'COMMAND';
  readonly command: CaseCommand;
}

/** A deadline came. */
export interface WakeEvent {
  readonly type: 'WAKE';
}

export type CaseEvent =
  | MachineEvent
  | ReadingEvent
  | CallPublishedEvent
  | RestrictionPublishedEvent
  | OrdersWithheldEvent
  | AcknowledgedEvent
  | CommandEvent
  | WakeEvent;

/** A re-read of the figures on which a case wants to escalate (DESIGN 8). */
export interface FiguresRequest {
  readonly accountId: string;
  /** The figures are to be at least this version; null when the case knows none. */
  readonly atLeast: FiguresVersion | null;
  /** The oldest quote of a held symbol that counts as fresh, ms. */
  readonly quoteAgeMaxMs: number;
  /** The oldest engine heartbeat that counts as fresh, ms. */
  readonly heartbeatAgeMaxMs: number;
  /** The version of the exchange's calendar that the case knows. */
  readonly calendarVersion: number;
}

/** What a case wants to know before it goes on. */
export interface ReadingRequest extends FiguresRequest {
  /** The liquidation that it would start; null when it would start none. */
  readonly start: StartRequest | null;
}
