import { accelerationAt, isCriticalUnproved, isGraceOver } from './ladder-condition.ts';
import { ordersValidUntil, stuckAt } from './ladder-orders.ts';
import type { Call, LadderState } from './ladder-state.ts';
import { liquidationFrom } from './policy-clock.ts';
import type { Policy } from './policy.ts';

/** What a case waits for when nothing happens. */
export type DeadlineKind =
  | 'CALL_DUE'
  | 'GRACE_OVER'
  | 'MARKET_CURE'
  | 'HOLD_RETRY'
  | 'ORDERS_EXPIRE'
  | 'ORDERS_STUCK'
  | 'FUNDS_EXPIRE'
  | 'ACCELERATION'
  | 'MARKET_OPENS'
  | 'BRAKE_RETRY'
  | 'STRESS';

/** An absolute instant, Unix ms (DESIGN 10). */
export interface Deadline {
  readonly kind: DeadlineKind;
  readonly at: number;
}

/**
 * The next instant at which the case has something to decide without being told; null when only
 * news can move it. Instants up to the last decision were considered by it.
 */
export function nextDeadline(state: LadderState): Deadline | null {
  let next: Deadline | null = null;
  for (const deadline of deadlines(state)) {
    if (deadline.at <= state.decidedAt) continue;
    if (next === null || deadline.at < next.at) next = deadline;
  }
  return next;
}

function deadlines(state: LadderState): Deadline[] {
  const retryAt = state.hold?.retryAt ?? null;
  const always: Deadline[] = [
    ...(retryAt === null ? [] : [{ kind: 'HOLD_RETRY', at: retryAt } as const]),
    ...stressDeadlines(state),
  ];
  if (state.call === null || state.policy === null) return always;
  return [
    ...always,
    ...rungDeadlines(state, state.call),
    ...fundsDeadlines(state),
    ...brakeDeadlines(state),
    ...accelerationDeadlines(state, state.policy),
    ...marketCureDeadlines(state, state.policy),
    ...(isGraceOver(state, state.policy, state.decidedAt)
      ? [...orderDeadlines(state, state.policy), ...marketDeadlines(state, state.policy)]
      : []),
  ];
}

function stressDeadlines({ stress: { actAt } }: LadderState): Deadline[] {
  return actAt === null ? [] : [{ kind: 'STRESS', at: actAt }];
}

function rungDeadlines({ rung, restriction }: LadderState, call: Call): Deadline[] {
  if (rung === 'MARGIN_CALL') {
    return call.issuedAt === null ? [] : [{ kind: 'CALL_DUE', at: call.dueAt }];
  }
  if (rung !== 'RESTRICTED' || restriction === null) return [];
  return restriction.restrictedAt === null
    ? []
    : [{ kind: 'GRACE_OVER', at: restriction.liquidateAt }];
}

/** A liquidation that the brake stopped asks again. */
function brakeDeadlines({ rung, release }: LadderState): Deadline[] {
  const braked = release?.braked ?? null;
  if (rung !== 'RESTRICTED' || braked === null) return [];
  return [{ kind: 'BRAKE_RETRY', at: braked.retryAt }];
}

function fundsDeadlines({ funds }: LadderState): Deadline[] {
  return funds === null || funds.isOver ? [] : [{ kind: 'FUNDS_EXPIRE', at: funds.expiresAt }];
}

function accelerationDeadlines(state: LadderState, policy: Policy): Deadline[] {
  if (isCriticalUnproved(state, policy, state.decidedAt)) {
    // A doubt may end without any news of figures.
    return [{ kind: 'ACCELERATION', at: state.decidedAt + policy.staleRetryMs }];
  }
  const at = accelerationAt(state, policy);
  const canBe = state.rung === 'MARGIN_CALL' || state.rung === 'RESTRICTED';
  return at === null || !canBe ? [] : [{ kind: 'ACCELERATION', at }];
}

function marketCureDeadlines({ aboveHysteresisSince }: LadderState, policy: Policy): Deadline[] {
  if (aboveHysteresisSince === null) return [];
  return [{ kind: 'MARKET_CURE', at: aboveHysteresisSince + policy.marketCureMs }];
}

/** A liquidation that may go waits for the market. */
function marketDeadlines({ decidedAt, rung }: LadderState, policy: Policy): Deadline[] {
  if (rung !== 'RESTRICTED' && rung !== 'LIQUIDATING') return [];
  const at = liquidationFrom(policy, decidedAt);
  return at > decidedAt ? [{ kind: 'MARKET_OPENS', at }] : [];
}

function orderDeadlines(state: LadderState, policy: Policy): Deadline[] {
  const expireAt = ordersValidUntil(state);
  const limit = stuckAt(state, policy);
  if (expireAt === null || limit === null) return [];
  return [
    { kind: 'ORDERS_EXPIRE', at: expireAt },
    { kind: 'ORDERS_STUCK', at: limit },
  ];
}
