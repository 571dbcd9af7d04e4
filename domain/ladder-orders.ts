import type { CaseExecution } from './case-events.ts';
import { LIQUIDATION_ID_PREFIX } from './gate/orders.ts';
import type { CaseFigures } from './case-figures.ts';
import type { LiquidatedPart } from './ladder-actions.ts';
import { ORDERS_PER_SLICE_MAX } from './ladder-state.ts';
import type { CaseOrder, LadderState, Liquidated } from './ladder-state.ts';
import type { PlanLeg } from './liquidation-plan.ts';
import { orderValidUntil } from './policy-clock.ts';
import type { Policy } from './policy.ts';

/** The liquidation orders of a case: how they begin, what executions make of them, when they are over. */

/** The next slice of a plan as orders, valid for the policy's lifetime from `now` (ms). */
export function nextSlice(
  state: LadderState,
  legs: readonly PlanLeg[],
  policy: Policy,
  now: number,
): { readonly slice: number; readonly orders: readonly CaseOrder[] } {
  const slice = state.slice + 1;
  const orders = legs.slice(0, ORDERS_PER_SLICE_MAX).map((leg, index) => ({
    // The run id makes it unique among all cases, so that the account need not be in it.
    orderId: `${LIQUIDATION_ID_PREFIX}${state.caseId}-${String(state.episode)}-${String(slice)}-${String(index + 1)}`,
    episode: state.episode,
    slice,
    symbol: leg.symbol,
    side: leg.side,
    qtyE4: leg.qtyE4,
    priceE4: leg.priceE4,
    validUntil: orderValidUntil(policy, now),
    terminal: false,
    cancelAsked: false,
    cumQtyE4: 0,
    locatedQtyE4: 0,
    lastFillOffset: null,
  }));
  return { slice, orders };
}

/** Is an order terminal, every fill of it located, and all of them in the figures (DESIGN 12)? */
export function isSettled(order: CaseOrder, fillsPosition: number): boolean {
  return (
    order.terminal &&
    order.locatedQtyE4 >= order.cumQtyE4 &&
    (order.lastFillOffset === null || order.lastFillOffset < fillsPosition)
  );
}

/** The orders that may still change the account. */
export function unsettledOrders(
  orders: readonly CaseOrder[],
  figures: CaseFigures | null,
): readonly CaseOrder[] {
  const fillsPosition = figures?.fillsPosition ?? 0;
  return orders.filter((order) => !isSettled(order, fillsPosition));
}

/** The orders that may still trade and that the venue was not asked to cancel yet. */
export function cancellableOrders({ orders }: Pick<LadderState, 'orders'>): readonly CaseOrder[] {
  return orders.filter((order) => !order.terminal && !order.cancelAsked);
}

/** The last instant at which an order of the case may trade; null without orders. */
export function ordersValidUntil({ orders }: Pick<LadderState, 'orders'>): number | null {
  if (orders.length === 0) return null;
  return Math.max(...orders.map((order) => order.validUntil));
}

/** When orders that are not settled are reported to a person: one lifetime after their end. */
export function stuckAt(state: LadderState, policy: Policy): number | null {
  const validUntil = ordersValidUntil(state);
  return validUntil === null ? null : validUntil + policy.orderTtlMs;
}

/**
 * Orders that the firm held back without being sure that they are not out, ended when nothing of them can
 * come any more: one lifetime after their end. The very same orders when there is none.
 */
export function endUnsure(
  orders: readonly CaseOrder[],
  { orderTtlMs }: Policy,
  now: number,
): readonly CaseOrder[] {
  const isOver = ({ mayBeOut, terminal, validUntil }: CaseOrder): boolean =>
    mayBeOut === true && !terminal && now >= validUntil + orderTtlMs;
  if (!orders.some(isOver)) return orders;
  return orders.map((order) => (isOver(order) ? { ...order, terminal: true } : order));
}

/** The part of a position that a leg closes, signed as the position. */
export function plannedPart(leg: PlanLeg): LiquidatedPart {
  const qtyE4 = leg.side === 'SELL' ? leg.qtyE4 : -leg.qtyE4;
  return { symbol: leg.symbol, qtyE4, priceE4: leg.priceE4 };
}

/** Takes an execution of one of the case's orders; the very same state when it says nothing new. */
export function seeExecution(state: LadderState, execution: CaseExecution): LadderState {
  const order = state.orders.find(({ orderId }) => orderId === execution.orderId);
  if (order === undefined) return state;
  const seen = withExecution(order, execution);
  if (seen === order) return state;
  const soldE4 = seen.cumQtyE4 - order.cumQtyE4;
  const orders = state.orders.map((each) => (each === order ? seen : each));
  // What was sold for a call that is cured, whether or not its episode goes on, counts for no other.
  const countsForCall = state.call !== null && order.episode === state.episode;
  if (!countsForCall || soldE4 === 0) return { ...state, orders };
  return { ...state, orders, liquidated: withLiquidated(state.liquidated, order, soldE4) };
}

/** Executions may come twice and in any order: quantities and offsets only rise, terminal stays. */
function withExecution(order: CaseOrder, execution: CaseExecution): CaseOrder {
  const { cumQtyE4, fillOffset, status } = execution;
  const seen = {
    terminal: order.terminal || status !== 'PARTIALLY_FILLED',
    cumQtyE4: Math.max(order.cumQtyE4, cumQtyE4),
    locatedQtyE4: Math.max(order.locatedQtyE4, fillOffset === null ? 0 : cumQtyE4),
    lastFillOffset:
      fillOffset === null
        ? order.lastFillOffset
        : Math.max(order.lastFillOffset ?? fillOffset, fillOffset),
  };
  const same =
    seen.terminal === order.terminal &&
    seen.cumQtyE4 === order.cumQtyE4 &&
    seen.locatedQtyE4 === order.locatedQtyE4 &&
    seen.lastFillOffset === order.lastFillOffset;
  return same ? order : { ...order, ...seen };
}

function withLiquidated(
  liquidated: readonly Liquidated[],
  order: CaseOrder,
  soldE4: number,
): readonly Liquidated[] {
  const signedE4 = order.side === 'SELL' ? soldE4 : -soldE4;
  const known = liquidated.find(({ symbol }) => symbol === order.symbol);
  if (known === undefined) return [...liquidated, { symbol: order.symbol, qtyE4: signedE4 }];
  return liquidated.map((part) =>
    part === known ? { ...part, qtyE4: part.qtyE4 + signedE4 } : part,
  );
}
