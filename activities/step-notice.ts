import type { RecordRequest } from '#contracts/case-activities.ts';
import type { CaseFigures } from '#domain/case-figures.ts';
import { reductionOf, securitiesWorthE4 } from '#domain/cures.ts';
import { isLater } from '#domain/figures-version.ts';
import type { FiguresVersion } from '#domain/figures-version.ts';
import type { CaseAction } from '#domain/ladder-actions.ts';
import { outstandingE4 } from '#domain/ladder-episode.ts';
import { accountFigures } from '#domain/margin.ts';
import type { Notice, OpenCall, WaysToCure } from '#domain/notices.ts';
import type { Policy } from '#domain/policy.ts';
import { missingToClearE4 } from '#domain/stress-verdict.ts';
import type { Held } from '#ports/holdings.ts';

/**
 * What the customer is told of a step; null for steps that do not concern the customer. PAST_DUE and
 * CLOSE_ONLY are one decision and one notice. `held` may be later than the step, never earlier.
 */
export function stepNotice(
  { accountId, action, summary }: Pick<RecordRequest, 'accountId' | 'action' | 'summary'>,
  noticeId: string,
  held: Held | null,
  policy: Policy,
): Notice | null {
  const about = { accountId, noticeId };
  switch (action.type) {
    case 'WARN':
      return { ...about, kind: 'WARNING', excessE4: action.seen.excessE4 };
    case 'CALL':
      return { ...about, kind: 'MARGIN_CALL', ...demandedBy(action, held, policy) };
    case 'RENOTIFY':
      return { ...about, kind: 'DEMAND_RAISED', ...demandedBy(action, held, policy) };
    case 'COMMANDED': {
      const moved = extension(action, summary, held, policy);
      return moved === null ? null : { ...about, kind: 'DUE_MOVED', ...moved };
    }
    case 'CLOSE_ONLY': {
      const { liquidateAt } = action.restriction;
      const isAccelerated = summary.acceleratedAt !== null;
      const demand = demandedBy(action, held, policy);
      return { ...about, kind: 'CLOSE_ONLY', ...demand, liquidateAt, isAccelerated };
    }
    case 'TRIGGER': {
      // What is short may be less than what meets the call (RULES, The demand).
      const demandE4 = Math.max(summary.outstandingE4 ?? 0, action.seen.deficiencyE4);
      return { ...about, kind: 'LIQUIDATION_STARTED', demandE4, parts: action.parts };
    }
    case 'COMPLETE': {
      const parts = action.parts.filter(({ qtyE4 }) => qtyE4 !== 0);
      return { ...about, kind: 'LIQUIDATION_COMPLETED', parts, residualE4: action.residualE4 };
    }
    case 'MET': {
      const demandE4 = action.call.notifiedDemandE4;
      return { ...about, kind: 'CALL_MET', demandE4, metBy: action.metBy };
    }
    case 'LIFT':
      return { ...about, kind: 'RESTRICTION_LIFTED' };
    case 'STRESS_ON':
      return { ...about, kind: 'STRESS_CLOSE_ONLY', ...underwater(action, summary, policy) };
    case 'STRESS_OFF':
      return { ...about, kind: 'STRESS_LIFTED', openCall: openCall(summary, action.seen) };
    case 'CLOCK_STARTED':
    case 'ACCELERATE':
    case 'PAST_DUE':
    case 'CLEAR_WARNING':
    case 'AWAIT_RELEASE':
    case 'ORDERS':
    case 'WITHHOLD':
    case 'CANCEL_ORDERS':
    case 'REPORT_STUCK':
    case 'HAND_OVER':
    case 'HOLD':
    case 'HOLD_CLEARED':
    case 'FUNDS_EXPIRED':
    case 'ACKNOWLEDGE':
      return null;
  }
}

/** What stress would do to the account, what ends that, and the call beside it. */
function underwater(
  { stress, seen, policyVersion }: Extract<CaseAction, { type: 'STRESS_ON' }>,
  summary: RecordRequest['summary'],
  policy: Policy,
): Pick<StressCloseOnly, 'movePercent' | 'shortfallE4' | 'depositE4' | 'openCall'> {
  const isKnown = policy.version === policyVersion;
  return {
    movePercent: stress.severeBp / 100,
    shortfallE4: -stress.severeE4,
    depositE4: isKnown ? missingToClearE4(stress, seen.grossMvE4, policy) : null,
    openCall: openCall(summary, seen),
  };
}

type StressCloseOnly = Extract<Notice, { kind: 'STRESS_CLOSE_ONLY' }>;

/** The call that is open beside the step, whatever rung it has come to; null without one. */
function openCall(
  { outstandingE4: openE4, dueAt }: RecordRequest['summary'],
  seen: CaseFigures,
): OpenCall | null {
  if (openE4 === null || dueAt === null) return null;
  return { outstandingE4: Math.max(openE4, deficiencyIn(seen)), dueAt };
}

/** What the customer is told of a due instant that a person has moved; null of another command. */
function extension(
  action: Extract<CaseAction, { type: 'COMMANDED' }>,
  { outstandingE4: openE4, figuresVersion: version, dueAt }: RecordRequest['summary'],
  held: Held | null,
  policy: Policy,
): ReturnType<typeof demandedBy> | null {
  if (action.command.type !== 'EXTEND' || action.outcome !== 'DONE') return null;
  const demandE4 = Math.max(openE4 ?? 0, deficiencyIn(action.seen));
  const demand = demanded({ ...action, demandE4, version }, held, policy);
  return { ...demand, dueAt: dueAt ?? action.command.dueAt };
}

/** What is short by these figures, as far as they tell; 1/10,000 dollar. */
function deficiencyIn(figures: CaseFigures | null): number {
  return figures === null || figures.status === 'INDETERMINATE' ? 0 : figures.deficiencyE4;
}

/**
 * The due instant that the customer is told is the earliest at which the call can be past due: the
 * clock starts with the attempt, so what is enforced is never earlier.
 */
function demandedBy(
  action: Extract<CaseAction, { type: 'CALL' | 'RENOTIFY' | 'CLOSE_ONLY' }>,
  held: Held | null,
  policy: Policy,
): Asked & { dueAt: number } {
  const { call, seen, policyVersion } = action;
  const { version } = seen;
  // After credits the market may have taken more than is outstanding: met is only without a deficiency.
  const demandE4 = Math.max(outstandingE4(call, seen), seen.deficiencyE4);
  return { ...demanded({ demandE4, policyVersion, version }, held, policy), dueAt: call.dueAt };
}

interface Asked {
  readonly demandE4: number;
  readonly ways: WaysToCure;
}

/** The ways to cure, as far as policy and positions of these figures are known. */
function demanded(
  {
    demandE4,
    policyVersion,
    version,
  }: { demandE4: number; policyVersion: string; version: FiguresVersion | null },
  held: Held | null,
  policy: Policy,
): Asked {
  const isKnown = policy.version === policyVersion;
  const isOld = held === null || version === null || isLater(version, held.version);
  const ways = {
    cashE4: demandE4,
    securitiesE4: isKnown ? securitiesWorthE4(demandE4, policy) : null,
    reduce: isKnown && !isOld ? reduction(demandE4, held, policy) : null,
  };
  return { demandE4, ways };
}

function reduction(demandE4: number, held: Held, policy: Policy): WaysToCure['reduce'] {
  const figures = accountFigures(held.cashE4, held.positions, policy);
  if (figures.status === 'INDETERMINATE') return null;
  return { ...reductionOf(demandE4, figures, policy), asOf: held.asOf };
}
