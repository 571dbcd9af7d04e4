import type { CaseCommand, CommandOutcome } from './case-commands.ts';
import type { CaseFigures, PricedCaseFigures, StressExcess } from './case-figures.ts';
import type { ReadingRequest, StaleReason } from './case-events.ts';
import type { OpenAlert } from './open-alert.ts';
import type { Holdings } from './price-proof.ts';
import type {
  Call,
  CaseOrder,
  PendingFunds,
  Restriction,
  Rung,
  StuckReason,
} from './ladder-state.ts';

/** What a decision asks the shell to do, in order. */

/** Read the figures again and answer with READING before anything else (DESIGN 8). */
export interface ReadFigures {
  readonly type: 'READ_FIGURES';
  /** Counts from 1; comes back with the reading. */
  readonly attempt: number;
  /** The execution that made the case ask; comes back with the reading, so that causation is kept. */
  readonly executionId: string | null;
  readonly request: ReadingRequest;
  /** A call at most comes of it: people need not be heard while it is under way. */
  readonly leadsToCallAtMost: boolean;
}

/** How a call was met (RULES, The demand). */
export type MetBy = 'CREDIT' | 'MARKET' | 'LIQUIDATION';

/** What every recorded action carries: which decision, on what. */
interface Recorded {
  /** Numbers the actions of a case; with account, case and episode it makes the event id. */
  readonly number: number;
  readonly decidedAt: number;
  readonly episode: number;
  /** The rung that the action belongs to. */
  readonly rung: Rung;
  readonly policyVersion: string;
  /** The fingerprint of the policy's file. */
  readonly policyHash: string;
  readonly correlationId: string;
  /** The execution that made the case decide; null when it was figures, a clock or a person. */
  readonly executionId: string | null;
  /** Were the figures proved fresh for this decision? */
  readonly proof: 'FRESH' | 'TOLD';
  /** What the decision saw in the account, by a re-read; null without one. */
  readonly held: Holdings | null;
  /** The alerts of the case whose reason is over with this action; left out when there is none. */
  readonly endedAlerts?: readonly OpenAlert[];
}

/** A part of a position that a liquidation plans to close or has closed, signed as the position. */
export interface LiquidatedPart {
  readonly symbol: string;
  readonly qtyE4: number;
  /** The price it was planned at, 1/10,000 dollar; null in what was closed. */
  readonly priceE4: number | null;
}

/** Why working orders are cancelled. */
export type CancelReason = 'CALL_MET' | 'EXCESS_BACK' | 'FUNDS_PENDING' | 'ENFORCEMENT_HELD';

/** An action that writes to a topic of its own, and to audit.v1. */
export type PublishedAction = Recorded & { readonly seen: PricedCaseFigures } & (
    | { readonly type: 'WARN' }
    | { readonly type: 'CALL'; readonly call: Call }
    | { readonly type: 'RENOTIFY'; readonly call: Call }
    | { readonly type: 'PAST_DUE'; readonly call: Call }
    | { readonly type: 'CLOSE_ONLY'; readonly call: Call; readonly restriction: Restriction }
    | { readonly type: 'TRIGGER'; readonly parts: readonly LiquidatedPart[] }
    | { readonly type: 'ORDERS'; readonly orders: readonly CaseOrder[] }
    | {
        readonly type: 'CANCEL_ORDERS';
        readonly why: CancelReason;
        readonly orders: readonly CaseOrder[];
      }
    | { readonly type: 'MET'; readonly metBy: MetBy; readonly call: Call }
    | {
        readonly type: 'COMPLETE';
        readonly parts: readonly LiquidatedPart[];
        /** What is still missing; 0 when the call is met. */
        readonly residualE4: number;
      }
    | { readonly type: 'LIFT'; readonly metBy: MetBy }
    /** Close-only for what stress would do to the account, not for a call. */
    | {
        readonly type: 'STRESS_ON';
        readonly underwaterSince: number;
        readonly stress: StressExcess;
      }
    | { readonly type: 'STRESS_OFF'; readonly heldSince: number }
  );

/** An action that only audit.v1 records. */
export type AuditedAction = Recorded & { readonly seen: CaseFigures | null } & (
    | { readonly type: 'CLEAR_WARNING' }
    | {
        readonly type: 'AWAIT_RELEASE';
        /** What would be traded, and how many different persons have to release it. */
        readonly notionalE4: number;
        readonly persons: number;
        /** After an acceleration. */
        readonly isUrgent: boolean;
        /** Did the liquidation brake stop it? */
        readonly isBraked: boolean;
      }
    | {
        /** The broker has acknowledged the call or the restriction: its one clock runs. */
        readonly type: 'CLOCK_STARTED';
        readonly clock: 'CALL' | 'GRACE';
        readonly startedAt: number;
        readonly endsAt: number;
      }
    | { readonly type: 'ACCELERATE'; readonly criticalSince: number }
    | {
        readonly type: 'COMMANDED';
        readonly command: CaseCommand;
        readonly outcome: CommandOutcome;
      }
    | { readonly type: 'FUNDS_EXPIRED'; readonly funds: PendingFunds }
    | {
        readonly type: 'REPORT_STUCK';
        readonly why: StuckReason;
        readonly orders: readonly CaseOrder[];
      }
    | {
        /** Orders that were to go out, and that the firm held back at the last moment. */
        readonly type: 'WITHHOLD';
        readonly orders: readonly CaseOrder[];
        readonly reason: StaleReason;
      }
    | { readonly type: 'HAND_OVER'; readonly residualE4: number }
    | { readonly type: 'HOLD'; readonly reason: StaleReason }
    | { readonly type: 'HOLD_CLEARED'; readonly reason: StaleReason; readonly heldSince: number }
    | {
        readonly type: 'ACKNOWLEDGE';
        readonly by: string;
        readonly at: number;
        readonly note: string | null;
      }
  );

export type CaseAction = PublishedAction | AuditedAction;

export type LadderAction = ReadFigures | CaseAction;

/** Has the action a topic of its own? */
export function isPublished(action: CaseAction): action is PublishedAction {
  switch (action.type) {
    case 'WARN':
    case 'CALL':
    case 'RENOTIFY':
    case 'PAST_DUE':
    case 'CLOSE_ONLY':
    case 'TRIGGER':
    case 'ORDERS':
    case 'CANCEL_ORDERS':
    case 'MET':
    case 'COMPLETE':
    case 'LIFT':
    case 'STRESS_ON':
    case 'STRESS_OFF':
      return true;
    case 'CLEAR_WARNING':
    case 'AWAIT_RELEASE':
    case 'CLOCK_STARTED':
    case 'ACCELERATE':
    case 'COMMANDED':
    case 'FUNDS_EXPIRED':
    case 'REPORT_STUCK':
    case 'HAND_OVER':
    case 'HOLD':
    case 'HOLD_CLEARED':
    case 'ACKNOWLEDGE':
    case 'WITHHOLD':
      return false;
  }
}
