import type { CaseFigures, PricedCaseFigures } from './case-figures.ts';
import { demandE4 } from './cures.ts';
import { hasMovedByStep } from './deficiency-step.ts';
import { unsettledOrders } from './ladder-orders.ts';
import { NO_CALL } from './ladder-state.ts';
import type { Call, LadderState, Restriction, Rung } from './ladder-state.ts';
import { deadlineAfter } from './policy-clock.ts';
import type { Policy } from './policy.ts';

/** How episodes, calls and restrictions begin and end (DESIGN 3, 11). */

/** The account leaves ACTIVE: a new episode, which the figures that began it correlate. */
export function beginEpisode(state: LadderState): LadderState {
  return {
    ...state,
    episode: state.episode + 1,
    // Who saw the last call has not seen this one.
    acknowledgements: [],
    correlationId: state.figures?.correlationId ?? null,
  };
}

/** The case arrives on a rung: a new episode pins its policy, the end of a call takes all of it away. */
export function arrive(state: LadderState, to: Rung, policy: Policy): LadderState {
  if (state.rung === to) return state;
  if (state.rung === 'ACTIVE') return { ...state, rung: to, policy };
  if (to === 'ACTIVE') {
    return { ...withoutCall(state), rung: to, policy: null, correlationId: null };
  }
  if (to === 'WARNING') {
    // The policy of the new episode is pinned by its first decision, which is given the one in force.
    return beginEpisode({ ...withoutCall(state), rung: to, policy: null });
  }
  return { ...state, rung: to };
}

/** A call for the demand that fresh figures give (RULES, The demand). Its clock waits for the acknowledgement. */
export function newCall(figures: PricedCaseFigures, policy: Policy, now: number): Call {
  const demand = demandE4(figures, policy);
  const dueAt = deadlineAfter(policy, now, policy.dueAfterMs);
  return {
    decidedAt: now,
    issuedAt: null,
    dueAt,
    originalDueAt: dueAt,
    originalDemandE4: demand,
    currentDemandE4: demand,
    peakDemandE4: demand,
    notifiedDemandE4: demand,
    creditedAtIssueE4: figures.creditedTotalE4,
  };
}

/** What of the notified demand is still to come, 1/10,000 dollar; never below 0. */
export function outstandingE4(call: Call, figures: CaseFigures | null): number {
  return Math.max(0, call.notifiedDemandE4 - creditedE4(call, figures));
}

/** What deposits and sales, less withdrawals, brought since the call was issued; 1/10,000 dollar. */
function creditedE4(call: Call, figures: CaseFigures | null): number {
  return (figures?.creditedTotalE4 ?? call.creditedAtIssueE4) - call.creditedAtIssueE4;
}

/** Close-only from `now` (ms). Its grace waits for the acknowledgement; after an acceleration there is none. */
export function newRestriction(state: LadderState, policy: Policy, now: number): Restriction {
  const liquidateAt = graceEnd(state, policy, now);
  return { decidedAt: now, restrictedAt: null, liquidateAt };
}

/** The end of a grace that begins at `from` (ms): at once when the call is accelerated. */
export function graceEnd({ acceleratedAt }: LadderState, policy: Policy, from: number): number {
  return acceleratedAt === null ? deadlineAfter(policy, from, policy.graceMs) : from;
}

/** The call with the demand in total that later figures give; what the customer was told stays. */
export function withDemand(call: Call, figures: PricedCaseFigures, policy: Policy): Call {
  const demand = Math.max(0, creditedE4(call, figures)) + demandE4(figures, policy);
  return {
    ...call,
    currentDemandE4: demand,
    peakDemandE4: Math.max(call.peakDemandE4, demand),
  };
}

/** Has the demand risen by the policy's step above the one last notified (RULES, The demand)? */
export function hasDemandRisen(call: Call, policy: Policy): boolean {
  const { currentDemandE4, notifiedDemandE4 } = call;
  return (
    call.issuedAt !== null &&
    currentDemandE4 > notifiedDemandE4 &&
    hasMovedByStep(notifiedDemandE4, currentDemandE4, policy)
  );
}

/** The call notified anew. After withdrawals credits count from here: the demand holds all that is missing. */
export function renotified(call: Call, figures: PricedCaseFigures): Call {
  return {
    ...call,
    notifiedDemandE4: call.currentDemandE4,
    creditedAtIssueE4: Math.min(call.creditedAtIssueE4, figures.creditedTotalE4),
  };
}

/** Orders that may still trade stay known: no new slice goes before they are settled. */
function withoutCall(state: LadderState): LadderState {
  return { ...state, ...NO_CALL, orders: unsettledOrders(state.orders, state.figures) };
}
