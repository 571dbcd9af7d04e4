/**
 * What people may tell a case (DESIGN 16). Who says it comes from the verified envelope, never from a
 * body. Amounts in 1/10,000 dollar, instants in Unix ms.
 */
interface Commanded {
  /** Unique; a repeated one gets the first answer and changes nothing. */
  readonly commandId: string;
  /** When the API accepted it. */
  readonly at: number;
  readonly by: string;
  /** The episode that the person saw; a command for another one is refused. */
  readonly episode: number;
}

/** Funds are on their way (RULES, Calls): holds escalation until `fundsExpireAt`, waives nothing. */
export interface PendingFundsCommand extends Commanded {
  readonly type: 'PENDING_FUNDS';
  readonly amountE4: number;
  readonly evidence: string;
  readonly fundsExpireAt: number;
}

/** Moves the due instant of a house call, within policy. */
export interface ExtendCommand extends Commanded {
  readonly type: 'EXTEND';
  readonly dueAt: number;
  readonly reason: string;
  /** The examining authority's reference; needed beyond the policy's limit. */
  readonly authorityReference: string | null;
}

/** Lets a liquidation that awaits a person go; above a notional a second person has to agree. */
export interface ReleaseCommand extends Commanded {
  readonly type: 'RELEASE';
  readonly reason: string;
}

/** Holds every escalation of the account at once (DESIGN 17). */
export interface HoldCommand extends Commanded {
  readonly type: 'HOLD';
  readonly reason: string;
}

/** Ends such a hold; takes two different persons. */
export interface ResumeCommand extends Commanded {
  readonly type: 'RESUME';
  readonly reason: string;
}

export type CaseCommand =
  PendingFundsCommand | ExtendCommand | ReleaseCommand | HoldCommand | ResumeCommand;

/** Why a case does not do what a person says. */
export const REFUSAL_CODES = [
  'WRONG_EPISODE',
  'NO_OPEN_CALL',
  'AMOUNT_BELOW_OUTSTANDING',
  'FUNDS_EXPIRE_IN_THE_PAST',
  'FUNDS_EXPIRE_TOO_LATE',
  'FUNDS_ALREADY_USED',
  'PAST_DUE_ALREADY',
  'DUE_NOT_LATER',
  'DUE_BEYOND_POLICY',
  'NOT_AWAITING_RELEASE',
  'NOT_HELD',
  'ALREADY_HELD',
  'SAME_PERSON',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** A refusal as data: what was seen, what the limit is. */
export interface CommandRefusal {
  readonly code: RefusalCode;
  readonly observed: string;
  readonly limit: string;
}

/** What became of an accepted command. */
export type CommandOutcome = 'DONE' | 'AWAITING_SECOND_PERSON';
