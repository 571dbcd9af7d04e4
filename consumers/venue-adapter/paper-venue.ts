import type { LastPrice } from '#domain/gate/last-price.ts';
import { VENUE_LIMITS } from './venue-book.ts';
import type {
  OrderName,
  Progress,
  VenueBook,
  VenueExecution,
  VenueOrder,
  VenueStatus,
  WorkingOrder,
} from './venue-book.ts';

/**
 * The paper venue's decisions: what becomes of an order, a cancel, a price, a control, a moment. Pure:
 * they read the book and change nothing; the shell tells the book what was decided. It executes at the
 * last price, without a market behind it: for local use only.
 */

/** How the paper venue plays a market. */
export interface PaperMarket {
  /** An order is executed no earlier than so long after it came, ms. */
  readonly fillDelayMs: number;
  /** A customer's order is executed in parts of so much at most, 1/10,000 share; null: whole. */
  readonly fillQtyE4Max: number | null;
}

/** What the controls say to an order immediately before it is executed (DESIGN 20). */
export type LastHop =
  | { readonly is: 'OPEN' }
  /** Nobody can prove that the controls are known: nothing is taken or executed, and nothing ends. */
  | { readonly is: 'UNPROVED' }
  /** The gate has yet to judge it under a control: it is taken, and not executed. */
  | { readonly is: 'WAITS' }
  | { readonly is: 'STOPPED'; readonly why: string };

/** What the venue knows of the world at a decision. */
export interface Market {
  readonly lastPrice: (symbol: string) => LastPrice | null;
  readonly lastHop: (order: VenueOrder) => LastHop;
  readonly paper: PaperMarket;
  /** An older price executes nothing. */
  readonly quoteAgeMaxMs: number;
  /** Unix ms. */
  readonly now: number;
}

export type OrderOutcome =
  | { readonly code: 'EXECUTED'; readonly execution: VenueExecution }
  /**
   * No price, one that is too old or outside the limit, or a last hop that is not open: it waits.
   * That it was taken is told once.
   */
  | { readonly code: 'WORKING'; readonly execution: VenueExecution | null }
  /** The order id is known: nothing happens a second time. */
  | { readonly code: 'DUPLICATE' }
  /** So late that it may be the duplicate of an order whose execution is forgotten: nothing is said. */
  | { readonly code: 'TOO_OLD' };

export type CancelOutcome =
  | { readonly code: 'EXECUTED'; readonly execution: VenueExecution }
  /** Its order has not come yet. */
  | { readonly code: 'WAITS' }
  /** Its order is finished. */
  | { readonly code: 'TOO_LATE' };

/** What becomes of a new order (DESIGN 12, 20: checked immediately before execution). */
export function decideOrder(book: VenueBook, order: VenueOrder, market: Market): OrderOutcome {
  if (book.isFinished(order) || book.workingOrder(order) !== undefined) {
    return { code: 'DUPLICATE' };
  }
  if (
    market.now > order.validUntil + VENUE_LIMITS.orderLateMaxMs &&
    mayBeForgotten(book, order, market)
  ) {
    return { code: 'TOO_OLD' };
  }
  const progress = book.progress(order);
  const ended = refusalOf(book, order, market);
  if (ended !== null) return { code: 'EXECUTED', execution: end(order, progress, ...ended) };
  const working = { ...order, offset: 0, executesAt: market.now + market.paper.fillDelayMs };
  const execution = decideWorking(working, progress, market);
  if (execution === null) return { code: 'WORKING', execution: null };
  return { code: execution.leavesQtyE4 > 0 ? 'WORKING' : 'EXECUTED', execution };
}

/** What becomes of a cancel. */
export function decideCancel(book: VenueBook, cancel: OrderName): CancelOutcome {
  if (book.isFinished(cancel)) return { code: 'TOO_LATE' };
  const order = book.workingOrder(cancel);
  if (order === undefined) return { code: 'WAITS' };
  const progress = book.progress(cancel);
  return { code: 'EXECUTED', execution: end(order, progress, 'CANCELLED', 'cancelled') };
}

/** What becomes of the working orders when prices or controls have come or time has passed. */
export function decideMarket(book: VenueBook, market: Market): VenueExecution[] {
  const executions: VenueExecution[] = [];
  for (const order of book.working()) {
    const execution = decideWorking(order, book.progress(order), market);
    if (execution !== null) executions.push(execution);
  }
  return executions;
}

/**
 * May what was decided become visible at this moment? What moves no share always may. When something may
 * not, all of it is taken back and decided anew.
 */
export function mayStand(executions: readonly VenueExecution[], market: Market): boolean {
  return executions.every(({ order, number, quotedAt }) => {
    if (quotedAt === null) return true;
    const isOver = market.now >= order.validUntil || isLate(order, number > 1, market);
    return !isOver && isFresh(quotedAt, market) && market.lastHop(order).is === 'OPEN';
  });
}

function refusalOf(
  book: VenueBook,
  order: VenueOrder,
  market: Market,
): [VenueStatus, string] | null {
  if (market.now >= order.validUntil) return null;
  if (book.isCancelled(order)) return ['CANCELLED', 'cancelled before it arrived'];
  if (order.validUntil > market.now + VENUE_LIMITS.orderLifeMaxMs) {
    return ['REJECTED', 'its end is more than a day ahead'];
  }
  return book.hasRoom() ? null : ['REJECTED', 'the venue has no room for another order today'];
}

/** The next that happens to an order, if anything does. */
function decideWorking(
  order: WorkingOrder,
  progress: Progress,
  market: Market,
): VenueExecution | null {
  const stopped = stop(order, progress, market);
  if (stopped !== null) return stopped;
  const hop = market.lastHop(order).is;
  if (hop === 'UNPROVED') return null;
  const last = market.lastPrice(order.symbol);
  if (hop === 'WAITS' || last === null || !isExecutable(order, last, market)) {
    return progress.taken ? null : accept(order, progress);
  }
  const openE4 = order.qtyE4 - progress.cumQtyE4;
  const sliceE4 = order.liquidation ? openE4 : (market.paper.fillQtyE4Max ?? openE4);
  const lastQtyE4 = Math.min(openE4, sliceE4);
  const leavesQtyE4 = openE4 - lastQtyE4;
  return {
    order,
    number: progress.executions + 1,
    status: leavesQtyE4 === 0 ? 'FILLED' : 'PARTIALLY_FILLED',
    lastQtyE4,
    lastPriceE4: last.priceE4,
    quotedAt: last.at,
    cumQtyE4: progress.cumQtyE4 + lastQtyE4,
    leavesQtyE4,
    reason: honest('filled at the last price'),
  };
}

/** The end of an order of which no share may move any more, or null. */
function stop(order: VenueOrder, progress: Progress, market: Market): VenueExecution | null {
  if (market.now >= order.validUntil)
    return end(order, progress, 'EXPIRED', 'valid_until has passed');
  const hop = market.lastHop(order);
  if (hop.is === 'STOPPED') return end(order, progress, 'CANCELLED', hop.why);
  return isLate(order, progress.taken, market)
    ? end(order, progress, 'EXPIRED', 'valid_until has passed')
    : null;
}

/** What was not taken in time is not taken any more. */
function isLate({ takeUntil }: VenueOrder, taken: boolean, { now }: Market): boolean {
  return !taken && now >= takeUntil;
}

/** A fresh price that the order's limit takes, and its time has come. */
function isExecutable(order: WorkingOrder, last: LastPrice, market: Market): boolean {
  if (!isFresh(last.at, market) || market.now < order.executesAt) return false;
  if (order.limitE4 === null) return true;
  return order.side === 'BUY' ? last.priceE4 <= order.limitE4 : last.priceE4 >= order.limitE4;
}

function isFresh(quotedAt: number, { now, quoteAgeMaxMs }: Market): boolean {
  return now - quotedAt <= quoteAgeMaxMs;
}

/** May the order have been executed without the book knowing it? Ids are kept for a time and a number. */
function mayBeForgotten(book: VenueBook, order: VenueOrder, market: Market): boolean {
  return order.writtenAt <= market.now - VENUE_LIMITS.orderMemoryMs || !book.hasRoom();
}

/** The order works: no share moves. */
function accept(order: VenueOrder, progress: Progress): VenueExecution {
  return {
    order,
    number: progress.executions + 1,
    status: 'ACCEPTED',
    lastQtyE4: 0,
    lastPriceE4: null,
    quotedAt: null,
    cumQtyE4: progress.cumQtyE4,
    leavesQtyE4: order.qtyE4 - progress.cumQtyE4,
    reason: honest('the order works'),
  };
}

/** The order ends without moving another share. */
function end(
  order: VenueOrder,
  progress: Progress,
  status: VenueStatus,
  why: string,
): VenueExecution {
  return {
    order,
    number: progress.executions + 1,
    status,
    lastQtyE4: 0,
    lastPriceE4: null,
    quotedAt: null,
    cumQtyE4: progress.cumQtyE4,
    leavesQtyE4: 0,
    reason: honest(why),
  };
}

/** A liquidation that the gate did not let pass: its case waits for its end. */
export function refusedByGate(order: VenueOrder, why: string): VenueExecution {
  const progress = { cumQtyE4: 0, executions: 0, taken: false };
  return end(order, progress, 'REJECTED', `the gate refused it: ${why}`.slice(0, 180));
}

/** Every execution says where it came from: no broker ever saw it. */
function honest(why: string): string {
  return `paper venue: ${why}`;
}
