import type { StaleReason } from './case-events.ts';
import type { CaseFigures, PricedCaseFigures } from './case-figures.ts';
import { isCritical } from './critical.ts';
import type { MetBy } from './ladder-actions.ts';
import type { Evidence } from './ladder-evidence.ts';
import { heldSymbolReason, heldSymbols } from './ladder-firm.ts';
import { areFundsPending, isAwaitingRelease, isReleased, notionalE4 } from './ladder-people.ts';
import { ordersValidUntil, stuckAt, unsettledOrders } from './ladder-orders.ts';
import type { LadderState } from './ladder-state.ts';
import type { LadderCondition } from './ladder-table.ts';
import { liquidationPlan } from './liquidation-plan.ts';
import type { PlanLeg } from './liquidation-plan.ts';
import { accountFigures, statusOf } from './margin.ts';
import { isBelowShare } from './money.ts';
import { liquidationFrom } from './policy-clock.ts';
import type { Policy } from './policy.ts';
import { doubtfulSymbols } from './price-proof.ts';

/** The one condition that holds, and what came to light on the way. */
export interface Situation {
  readonly condition: LadderCondition;
  /** How the open call is met; null when none is open or it is not met. */
  readonly metBy: MetBy | null;
  /** What would be sold or covered now; empty but for the grace over on FRESH evidence. */
  readonly legs: readonly PlanLeg[];
  /** Does the liquidation brake stop what would start now? */
  readonly isBraked: boolean;
  /** What there is to sell must not be traded; null when something may. */
  readonly heldBack: StaleReason | null;
}

/**
 * Which condition holds for a case with these figures at `now` (ms). Everything but STALE: that
 * comes up only where proof is wanted and not had.
 */
export function situationOf(
  state: LadderState,
  figures: CaseFigures,
  evidence: Evidence,
  policy: Policy,
  now: number,
): Situation {
  if (figures.status === 'INDETERMINATE') return situation('INDETERMINATE');
  if (figures.excessE4 >= 0) return withoutDeficiency(state, figures, policy, now);
  if (state.enforcementHold !== null) return situation('ENFORCEMENT_HELD');
  if (areFundsPending(state, now)) return situation('FUNDS_PENDING');
  if (!isGraceOver(state, policy, now)) {
    return situation(isPastDue(state, policy, now) ? 'PAST_DUE' : 'DEFICIENT');
  }
  if (isSliceWorking(state, figures, now)) return situation('SLICE_WORKING');
  return afterGrace(state, evidence, policy, now);
}

function withoutDeficiency(
  state: LadderState,
  figures: PricedCaseFigures,
  policy: Policy,
  now: number,
): Situation {
  const metBy = howCallIsMet(state, figures, policy, now);
  if (state.call !== null && metBy === null) return situation('UNPROVEN');
  const condition = healthOf(figures, policy);
  // A warning escalates too.
  const isNew = condition === 'THIN' && state.rung === 'ACTIVE';
  if (isNew && state.enforcementHold !== null) return situation('ENFORCEMENT_HELD');
  return { ...situation(condition), metBy };
}

/** The grace is over and nothing works at the venue: what is to be sold, and who has to agree? */
function afterGrace(
  state: LadderState,
  evidence: Evidence,
  policy: Policy,
  now: number,
): Situation {
  const isClosed = liquidationFrom(policy, now) > now;
  const isBraked = isBrakedBy(state, evidence);
  const told = graceOver(state, state.release?.notionalE4 ?? 0, isBraked, policy);
  if (told === 'GRACE_OVER_RELEASED' && isClosed) return situation('MARKET_CLOSED');
  if (evidence.kind !== 'FRESH') return situation(told);
  const legs = sellable(evidence, policy);
  if (legs === null) return situation('UNPROVEN');
  if (legs.length === 0) {
    const heldBack = heldSymbolReason(
      evidence.enforcement,
      evidence.positions.map(({ symbol }) => symbol),
    );
    return heldBack === null ? situation('NOTHING_TO_SELL') : { ...situation(told), heldBack };
  }
  const condition = graceOver(state, notionalE4(legs), isBraked, policy);
  // A plan that has shrunk may be released by fewer persons than were asked for.
  if (condition === 'GRACE_OVER_RELEASED' && isClosed) return situation('MARKET_CLOSED');
  return { ...situation(condition), legs, isBraked };
}

/** Is the start of this liquidation stopped: by what the brake has just said, or said last? */
function isBrakedBy({ release }: LadderState, evidence: Evidence): boolean {
  const answer = evidence.kind === 'FRESH' ? evidence.enforcement.start : null;
  return answer === null ? (release?.braked ?? null) !== null : answer === 'BRAKED';
}

/** Have people let go what policy does not release by itself? */
function graceOver(
  { release }: LadderState,
  notional: number,
  isBraked: boolean,
  policy: Policy,
): 'GRACE_OVER_RELEASED' | 'GRACE_OVER_UNRELEASED' {
  return isReleased(release, notional, isBraked, policy)
    ? 'GRACE_OVER_RELEASED'
    : 'GRACE_OVER_UNRELEASED';
}

/** Is the excess at the level from which a cure by the market counts? */
export function isAboveHysteresis(figures: PricedCaseFigures, policy: Policy): boolean {
  return (
    figures.excessE4 >= 0 &&
    !isBelowShare(figures.excessE4, policy.hysteresisRate, figures.grossMvE4)
  );
}

/**
 * Has the due instant of the issued call come, or does acceleration make it come now? Never before
 * margin.calls.v1 acknowledged the call.
 */
function isPastDue(state: LadderState, policy: Policy, now: number): boolean {
  const { call } = state;
  if (call === null || !isStarted(call.issuedAt)) return false;
  return now >= call.dueAt || isAccelerating(state, policy, now);
}

/** Has the grace of the published restriction ended, or does acceleration end it now? */
export function isGraceOver(state: LadderState, policy: Policy, now: number): boolean {
  const { restriction } = state;
  if (restriction === null || !isStarted(restriction.restrictedAt)) return false;
  return now >= restriction.liquidateAt || isAccelerating(state, policy, now);
}

/** Has an issued call to be accelerated: critical for as long as policy says, and not accelerated yet? */
export function isAccelerating(state: LadderState, policy: Policy, now: number): boolean {
  const at = accelerationAt(state, policy);
  return at !== null && now >= at;
}

/**
 * Do the figures call the equity critical, without a proof from which the time until acceleration
 * counts? Only where an acceleration would change something. Then the case reads, and reads again.
 */
export function isCriticalUnproved(state: LadderState, policy: Policy, now: number): boolean {
  const { rung, call, figures, acceleratedAt, criticalSince } = state;
  if (rung !== 'MARGIN_CALL' && rung !== 'RESTRICTED') return false;
  if (call === null || !isStarted(call.issuedAt)) return false;
  if (acceleratedAt !== null || criticalSince !== null) return false;
  if (state.enforcementHold !== null || areFundsPending(state, now)) return false;
  if (isGraceOver(state, policy, now) && !isAwaitingRelease(state)) return false;
  return isCriticalDeficiency(figures, policy);
}

/** Is there a deficiency, and is the equity critical by these figures? An account of nothing has neither. */
export function isCriticalDeficiency(figures: CaseFigures | null, policy: Policy): boolean {
  if (figures === null || figures.status === 'INDETERMINATE') return false;
  return figures.excessE4 < 0 && isCritical(figures, policy);
}

/** When an issued call is accelerated if the equity stays critical; null when it is not to be. */
export function accelerationAt(state: LadderState, policy: Policy): number | null {
  const { call, acceleratedAt, criticalSince } = state;
  if (call === null || !isStarted(call.issuedAt)) return null;
  if (acceleratedAt !== null || criticalSince === null) return null;
  return criticalSince + policy.accelerationMs;
}

/** A clock starts with the broker's acknowledgement. */
function isStarted(acknowledgedAt: number | null): boolean {
  return acknowledgedAt !== null;
}

/**
 * Must a new slice wait? Orders may still trade, or the figures lack their fills, or the last slice
 * sold nothing and its lifetime is not over: a venue that refuses everything is not asked in a loop.
 */
function isSliceWorking(state: LadderState, figures: PricedCaseFigures, now: number): boolean {
  if (unsettledOrders(state.orders, figures).length > 0) return true;
  const soldNothing = state.orders.every((order) => order.cumQtyE4 === 0);
  const validUntil = ordersValidUntil(state);
  return soldNothing && validUntil !== null && now < validUntil;
}

/** How figures without a deficiency meet the open call; null when they do not, or none is open. */
function howCallIsMet(
  state: LadderState,
  figures: PricedCaseFigures,
  policy: Policy,
  now: number,
): MetBy | null {
  const { call, aboveHysteresisSince } = state;
  if (call === null || mayHaveSoldUntold(state, figures, policy, now)) return null;
  // What sales credit is credit too: that they were the firm's own is what the record is to say.
  if (isMetByLiquidation(state, figures)) return 'LIQUIDATION';
  if (figures.creditedTotalE4 - call.creditedAtIssueE4 >= call.notifiedDemandE4) return 'CREDIT';
  if (aboveHysteresisSince === null || now < aboveHysteresisSince + policy.marketCureMs)
    return null;
  return 'MARKET';
}

/**
 * May the excess be back by sales of the firm that the case has not heard of, or may more be sold? Figures
 * overtake executions. The orders are cancelled, and once they are settled the record says what was sold
 * and who met the call; orders that nobody tells the end of keep nobody waiting for ever.
 */
function mayHaveSoldUntold(
  state: LadderState,
  figures: PricedCaseFigures,
  policy: Policy,
  now: number,
): boolean {
  if (state.rung !== 'LIQUIDATING' || unsettledOrders(state.orders, figures).length === 0) {
    return false;
  }
  const limit = stuckAt(state, policy);
  return limit !== null && now < limit;
}

/**
 * The plan was made for the deficiency that existed, which a market move makes less or more than the
 * demand; once it has sold, all is settled and the excess is back, it has done what it was for
 * (docs/decisions/cure-by-liquidation.md).
 */
function isMetByLiquidation(state: LadderState, figures: PricedCaseFigures): boolean {
  return (
    state.rung === 'LIQUIDATING' &&
    state.liquidated.length > 0 &&
    unsettledOrders(state.orders, figures).length === 0
  );
}

function healthOf(figures: PricedCaseFigures, policy: Policy): 'HEALTHY' | 'THIN' {
  const status = statusOf(figures.excessE4, figures.grossMvE4, policy.warningBand);
  return status === 'ACTIVE' ? 'HEALTHY' : 'THIN';
}

/**
 * What may be sold under the case's own policy; null when under it nothing is missing. The engine's
 * policy may be a later one than the episode's: its deficiency is then not the case's (DESIGN 3).
 */
function sellable(
  evidence: Extract<Evidence, { kind: 'FRESH' }>,
  policy: Policy,
): readonly PlanLeg[] | null {
  const figures = accountFigures(evidence.cashE4, evidence.positions, policy);
  if (figures.status === 'INDETERMINATE') return [];
  const exclude = [...doubtfulSymbols(evidence.positions), ...heldSymbols(evidence.enforcement)];
  return figures.deficiencyE4 === 0 ? null : liquidationPlan(figures, policy, { exclude }).legs;
}

function situation(condition: LadderCondition): Situation {
  return { condition, metBy: null, legs: [], isBraked: false, heldBack: null };
}
