import type { CommandRefusal, CommandOutcome } from './case-commands.ts';
import type { CaseFigures } from './case-figures.ts';
import type { StaleReason } from './case-events.ts';
import type { OpenAlert } from './open-alert.ts';
import type { Policy } from './policy.ts';
import type { StressVerdict } from './stress-verdict.ts';

/** The rungs of a case, from healthy to what only a person can settle (DESIGN 11). */
export const RUNGS = [
  'ACTIVE',
  'WARNING',
  'MARGIN_CALL',
  'RESTRICTED',
  'LIQUIDATING',
  'UNSECURED_DEFICIT',
] as const;
export type Rung = (typeof RUNGS)[number];

/** The acknowledgements that a case keeps; the oldest go. audit.v1 keeps them all. */
export const ACKNOWLEDGEMENTS_MAX = 20;

/** The answers to commands that a case keeps; a repeat of an older command is a new one. */
export const ANSWERS_MAX = 256;

/** The orders of one slice; a longer plan goes on with the next slice. */
export const ORDERS_PER_SLICE_MAX = 50;

/** The slices of one liquidation; after the last one a person is needed. */
export const SLICES_MAX = 100;

/** An open margin call. Amounts in 1/10,000 dollar, instants in Unix ms. */
export interface Call {
  readonly decidedAt: number;
  /** When margin.calls.v1 acknowledged the call; null until then, and no clock runs. */
  readonly issuedAt: number | null;
  /** The due instant; until the acknowledgement the earliest that it can be. */
  readonly dueAt: number;
  /** The due instant by policy, before any extension. */
  readonly originalDueAt: number;
  readonly originalDemandE4: number;
  /** The demand in total since issue that the latest figures give: what was credited, and what is missing yet. */
  readonly currentDemandE4: number;
  readonly peakDemandE4: number;
  /** The demand that the customer was last told: what credits have to reach. */
  readonly notifiedDemandE4: number;
  /** credited_total from which credits count: at issue, or at a re-notification after withdrawals. */
  readonly creditedAtIssueE4: number;
}

/** Close-only, put on by a call past due. */
export interface Restriction {
  readonly decidedAt: number;
  /** When restrictions.v1 acknowledged it; null until then, and no grace runs. */
  readonly restrictedAt: number | null;
  /** The end of the grace; until the acknowledgement the earliest that it can be. */
  readonly liquidateAt: number;
}

/** A liquidation order of the case. Quantities in 1/10,000 share. */
export interface CaseOrder {
  readonly orderId: string;
  readonly episode: number;
  readonly slice: number;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly qtyE4: number;
  /** The price it was planned at, 1/10,000 dollar. */
  readonly priceE4: number;
  readonly validUntil: number;
  readonly terminal: boolean;
  /** Was the venue asked to cancel it? */
  readonly cancelAsked: boolean;
  readonly cumQtyE4: number;
  /** The largest cumulative quantity whose record in fills.v1 is known. */
  readonly locatedQtyE4: number;
  /** The last known record of fills.v1 that it wrote. */
  readonly lastFillOffset: number | null;
  /** The firm held it back, but an attempt before may have sent it: nothing of it need ever be heard. */
  readonly mayBeOut?: true;
}

/** Escalation is held back because nothing proves it right (DESIGN 8). */
export interface Hold {
  readonly reason: StaleReason;
  readonly since: number;
  /** When to look again; null when only news can end the hold. */
  readonly retryAt: number | null;
}

/** Funds that a person has seen to be on their way: escalation waits until `expiresAt` (RULES, Calls). */
export interface PendingFunds {
  readonly by: string;
  readonly amountE4: number;
  readonly evidence: string;
  readonly expiresAt: number;
  /** Has the expiry come? A call takes funds once. */
  readonly isOver: boolean;
}

/** A liquidation that people have to let go, and who has. */
export interface Release {
  /** What the plan would trade at its prices, as it was last asked for; 1/10,000 dollar. */
  readonly notionalE4: number;
  /** Was it asked for after an acceleration? */
  readonly isUrgent: boolean;
  /** Different persons, in the order in which they agreed. */
  readonly releasedBy: readonly string[];
  /** The liquidation brake stopped it; null when it did not, or no longer does. */
  readonly braked: {
    /** When to ask again whether it is still on, Unix ms. */
    readonly retryAt: number;
  } | null;
}

/** Enforcement is held by a person (DESIGN 17): escalations wait, cures do not. */
export interface EnforcementHold {
  readonly by: string;
  readonly since: number;
  readonly reason: string;
  /** Who has asked to resume; the second, different person ends the hold. */
  readonly resumeAskedBy: string | null;
}

/** How the account stands under stress, and what the case made of it; instants in Unix ms. */
export interface StressWatch {
  /** By the last figures. */
  readonly verdict: StressVerdict;
  readonly since: number;
  /** When the holder goes on or comes off if the verdict stays; null when neither is to be. */
  readonly actAt: number | null;
  /** Since when the `stress` holder is on the account; null while it is not. */
  readonly heldSince: number | null;
}

/** What a case answered to a command. */
export type CommandAnswer =
  | { readonly outcome: CommandOutcome; readonly refusal: null }
  | { readonly outcome: null; readonly refusal: CommandRefusal };

export interface Acknowledgement {
  readonly by: string;
  readonly at: number;
  readonly note: string | null;
}

/** What a liquidation has sold or covered of one position, signed as the position was (1/10,000 share). */
export interface Liquidated {
  readonly symbol: string;
  readonly qtyE4: number;
}

/** Why a liquidation cannot go on by itself. */
export type StuckReason = 'ORDERS_OUTLIVED' | 'SLICES_EXHAUSTED';

/** Everything that a case knows. Plain data: it travels through continue-as-new. */
export interface LadderState {
  readonly accountId: string;
  /** Names this case among all of the account: the first execution run id. */
  readonly caseId: string;
  readonly rung: Rung;
  /** Counts the account's episodes; 0 before the first. */
  readonly episode: number;
  /** The policy that the episode pinned; null at ACTIVE and until the episode's first decision. */
  readonly policy: Policy | null;
  /** The correlation id of the figures that began the episode. */
  readonly correlationId: string | null;
  readonly figures: CaseFigures | null;
  readonly call: Call | null;
  readonly restriction: Restriction | null;
  /** Since when the excess has been at or above the hysteresis level; null while it is not. */
  readonly aboveHysteresisSince: number | null;
  /** Since when fresh figures have proved the equity critical beyond doubt; null while they do not. */
  readonly criticalSince: number | null;
  /** When the open call was accelerated. */
  readonly acceleratedAt: number | null;
  readonly slice: number;
  readonly orders: readonly CaseOrder[];
  readonly liquidated: readonly Liquidated[];
  /** Why a person was called about the present slice; null while nobody was. */
  readonly stuckReported: StuckReason | null;
  readonly funds: PendingFunds | null;
  /** null while nobody was asked. */
  readonly release: Release | null;
  readonly hold: Hold | null;
  readonly enforcementHold: EnforcementHold | null;
  /** Moves no rung, and outlives episodes. */
  readonly stress: StressWatch;
  /** The answers to the last commands, oldest first. */
  readonly answers: readonly ({ readonly commandId: string } & CommandAnswer)[];
  readonly acknowledgements: readonly Acknowledgement[];
  /** For what people are called at present. */
  readonly alerts: readonly OpenAlert[];
  /** Numbers every action of the case; never falls. */
  readonly actionCount: number;
  /** The last instant up to which every deadline was considered. */
  readonly decidedAt: number;
}

/** A case before anything happened. */
export function newCase(accountId: string, caseId: string): LadderState {
  return {
    accountId,
    caseId,
    rung: 'ACTIVE',
    episode: 0,
    policy: null,
    correlationId: null,
    figures: null,
    ...NO_CALL,
    criticalSince: null,
    orders: [],
    hold: null,
    enforcementHold: null,
    stress: NO_STRESS,
    answers: [],
    acknowledgements: [],
    alerts: [],
    actionCount: 0,
    decidedAt: 0,
  };
}

/** An account that no scenario threatens. */
export const NO_STRESS: StressWatch = {
  verdict: 'CLEAR',
  since: 0,
  actAt: null,
  heldSince: null,
};

/** Is there nothing that the case waits for or holds? Then its past may go (DESIGN 9). */
export function isAtRest({ rung, stress }: LadderState): boolean {
  return rung === 'ACTIVE' && stress.actAt === null && stress.heldSince === null;
}

/** What a case without an open call has: set anew at each end of a call. */
export const NO_CALL = {
  call: null,
  restriction: null,
  aboveHysteresisSince: null,
  acceleratedAt: null,
  slice: 0,
  liquidated: [],
  stuckReported: null,
  funds: null,
  release: null,
} as const satisfies Partial<LadderState>;
