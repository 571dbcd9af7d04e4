import type { RecordRequest } from '#contracts/case-activities.ts';
import { curesOf, securitiesWorthE4 } from '#domain/cures.ts';
import { isLater } from '#domain/figures-version.ts';
import type { CaseAction } from '#domain/ladder-actions.ts';
import { outstandingE4 } from '#domain/ladder-episode.ts';
import { accountFigures } from '#domain/margin.ts';
import type { Notice, WaysToCure } from '#domain/notices.ts';
import type { Policy } from '#domain/policy.ts';
import type { Held } from '#ports/holdings.ts';

/**
 * What the customer is told of a step; null for steps that do not concern the customer. PAST_DUE and
 * CLOSE_ONLY are one decision and one notice. `held` may be later than the step, never earlier.
 */
export function stepNotice(
  { accountId, action }: Pick<RecordRequest, 'accountId' | 'action'>,
  noticeId: string,
  held: Held | null,
  policy: Policy,
): Notice | null {
  const about = { accountId, noticeId };
  switch (action.type) {
    case 'WARN':
      return { ...about, kind: 'WARNING', excessE4: action.seen.excessE4 };
    case 'CALL':
      return { ...about, kind: 'MARGIN_CALL', ...demanded(action, held, policy) };
    case 'RENOTIFY':
      return { ...about, kind: 'DEMAND_RAISED', ...demanded(action, held, policy) };
    case 'CLOSE_ONLY': {
      const { liquidateAt } = action.restriction;
      return { ...about, kind: 'CLOSE_ONLY', ...demanded(action, held, policy), liquidateAt };
    }
    case 'TRIGGER': {
      const { deficiencyE4 } = action.seen;
      return { ...about, kind: 'LIQUIDATION_STARTED', deficiencyE4, parts: action.parts };
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
    case 'CLOCK_STARTED':
    case 'ACCELERATE':
    case 'PAST_DUE':
    case 'CLEAR_WARNING':
    case 'AWAIT_RELEASE':
    case 'ORDERS':
    case 'CANCEL_ORDERS':
    case 'REPORT_STUCK':
    case 'HAND_OVER':
    case 'HOLD':
    case 'HOLD_CLEARED':
    case 'COMMANDED':
    case 'FUNDS_EXPIRED':
    case 'ACKNOWLEDGE':
      return null;
  }
}

/**
 * The due instant that the customer is told is the earliest at which the call can be past due: the
 * clock starts with the attempt, so what is enforced is never earlier.
 */
function demanded(
  action: Extract<CaseAction, { type: 'CALL' | 'RENOTIFY' | 'CLOSE_ONLY' }>,
  held: Held | null,
  policy: Policy,
): { demandE4: number; dueAt: number; ways: WaysToCure } {
  // After credits the market may have taken more than is outstanding: met is only without a deficiency.
  const demandE4 = Math.max(outstandingE4(action.call, action.seen), action.seen.deficiencyE4);
  const isKnown = policy.version === action.policyVersion;
  const isOld = held === null || isLater(action.seen.version, held.version);
  const ways = {
    cashE4: demandE4,
    securitiesE4: isKnown ? securitiesWorthE4(demandE4, policy) : null,
    reduce: isKnown && !isOld ? reduction(held, policy) : null,
  };
  return { demandE4, dueAt: action.call.dueAt, ways };
}

function reduction(held: Held, policy: Policy): WaysToCure['reduce'] {
  const figures = accountFigures(held.cashE4, held.positions, policy);
  if (figures.status === 'INDETERMINATE' || figures.deficiencyE4 === 0) return null;
  const { sell, cover, residualDeficiencyE4: residualE4 } = curesOf(figures, policy);
  return { sell, cover, residualE4, asOf: held.asOf };
}
