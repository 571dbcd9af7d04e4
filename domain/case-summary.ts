import type { CaseFigures } from './case-figures.ts';
import type { StaleReason } from './case-events.ts';
import type { FiguresVersion } from './figures-version.ts';
import { outstandingE4 } from './ladder-episode.ts';
import { isAwaitingRelease } from './ladder-people.ts';
import type {
  Acknowledgement,
  Call,
  EnforcementHold,
  LadderState,
  Restriction,
  Rung,
} from './ladder-state.ts';
import type { MarginStatus } from './margin.ts';

/** A case in brief: what the audit, the state index and the console show of it. Unix ms, 1/10,000 dollar. */
export interface CaseSummary {
  readonly rung: Rung;
  readonly episode: number;
  readonly status: MarginStatus;
  readonly figuresVersion: FiguresVersion | null;
  readonly demandE4: number | null;
  /** What of the demand is still to come. */
  readonly outstandingE4: number | null;
  readonly issuedAt: number | null;
  readonly dueAt: number | null;
  readonly acceleratedAt: number | null;
  readonly restrictedAt: number | null;
  readonly liquidateAt: number | null;
  /** Since when the `stress` holder is on; null while it is not. */
  readonly stressRestrictedAt: number | null;
  readonly awaitingRelease: boolean;
  /** Is that because the liquidation brake stopped it? */
  readonly isBraked: boolean;
  /** Who has released the liquidation so far. */
  readonly releasedBy: readonly string[];
  /** Until when funds on their way hold escalation; null without, or when that is over. */
  readonly fundsExpireAt: number | null;
  readonly enforcementHold: EnforcementHold | null;
  readonly hold: { readonly reason: StaleReason; readonly since: number } | null;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAt: number | null;
}

/**
 * A case in brief. Instants that an acknowledgement still has to fix are the earliest that they can
 * be; the clock never starts before.
 */
export function summaryOf(state: LadderState): CaseSummary {
  const { figures, hold } = state;
  return {
    rung: state.rung,
    episode: state.episode,
    status: figures?.status ?? 'ACTIVE',
    figuresVersion: figures?.version ?? null,
    ...callSummary(state.call, figures),
    acceleratedAt: state.acceleratedAt,
    ...restrictionSummary(state.restriction),
    stressRestrictedAt: state.stress.heldSince,
    ...releaseSummary(state),
    fundsExpireAt: state.funds === null || state.funds.isOver ? null : state.funds.expiresAt,
    enforcementHold: state.enforcementHold,
    hold: hold === null ? null : { reason: hold.reason, since: hold.since },
    ...acknowledgementSummary(state.acknowledgements.at(-1)),
  };
}

function releaseSummary(
  state: LadderState,
): Pick<CaseSummary, 'awaitingRelease' | 'isBraked' | 'releasedBy'> {
  const awaitingRelease = isAwaitingRelease(state);
  const braked = state.release?.braked ?? null;
  const releasedBy = state.release?.releasedBy ?? [];
  return { awaitingRelease, isBraked: awaitingRelease && braked !== null, releasedBy };
}

function callSummary(
  call: Call | null,
  figures: CaseFigures | null,
): Pick<CaseSummary, 'demandE4' | 'outstandingE4' | 'issuedAt' | 'dueAt'> {
  if (call === null) return { demandE4: null, outstandingE4: null, issuedAt: null, dueAt: null };
  const { notifiedDemandE4, issuedAt, decidedAt, dueAt } = call;
  return {
    demandE4: notifiedDemandE4,
    outstandingE4: outstandingE4(call, figures),
    issuedAt: issuedAt ?? decidedAt,
    dueAt,
  };
}

function restrictionSummary(
  restriction: Restriction | null,
): Pick<CaseSummary, 'restrictedAt' | 'liquidateAt'> {
  if (restriction === null) return { restrictedAt: null, liquidateAt: null };
  const { restrictedAt, decidedAt, liquidateAt } = restriction;
  return { restrictedAt: restrictedAt ?? decidedAt, liquidateAt };
}

function acknowledgementSummary(
  last: Acknowledgement | undefined,
): Pick<CaseSummary, 'acknowledgedBy' | 'acknowledgedAt'> {
  return { acknowledgedBy: last?.by ?? null, acknowledgedAt: last?.at ?? null };
}
