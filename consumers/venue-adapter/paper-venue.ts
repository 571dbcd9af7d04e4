import type { ExecutionStatus } from '#domain/case-events.ts';
import { VENUE_LIMITS } from './venue-book.ts';
import type { Progress, VenueBook, VenueExecution, VenueOrder } from './venue-book.ts';

/**
 * The paper venue's decisions: what becomes of an order, a cancel, a price, a moment. Pure: they read
 * the book and change nothing; the shell tells the book what was decided. It executes whole orders at
 * the last price, without a market behind it: for local use only.
 */

/** A last price with the time of its quote. */
export interface LastPrice {
  /** 1/10,000 dollar per share. */
  readonly priceE4: number;
  /** Unix ms. */
  readonly at: number;
}

/** What the venue knows of the market at a decision. */
export interface Market {
  readonly lastPrice: (symbol: string) => LastPrice | null;
  /** An older price executes nothing. */
  readonly quoteAgeMaxMs: number;
  /** Unix ms. */
  readonly now: number;
}

export interface VenueCancel {
  readonly orderId: string;
  readonly accountId: string;
}

export type OrderOutcome =
  | { readonly code: 'EXECUTED'; readonly execution: VenueExecution }
  /** No price, or one that is too old: it works until `validUntil`. */
  | { readonly code: 'WORKING' }
  /** The order id is known: nothing happens a second time. */
  | { readonly code: 'DUPLICATE' }
  /**
   * Very late. It ends as EXPIRED, so that its case need not wait for ever; null: it may be the
   * duplicate of an order whose execution is forgotten, and nothing more is said of it.
   */
  | { readonly code: 'TOO_OLD'; readonly execution: VenueExecution | null };

export type CancelOutcome =
  | { readonly code: 'EXECUTED'; readonly execution: VenueExecution }
  /** Its order has not come yet. */
  | { readonly code: 'WAITS' }
  /** Its order is finished. */
  | { readonly code: 'TOO_LATE' }
  /** The order belongs to another account: the cancel is void. */
  | { readonly code: 'OTHER_ACCOUNT' };

/** What becomes of a new order (DESIGN 12, 20: checked immediately before execution). */
export function decideOrder(book: VenueBook, order: VenueOrder, market: Market): OrderOutcome {
  if (book.isFinished(order.orderId) || book.workingOrder(order.orderId) !== undefined) {
    return { code: 'DUPLICATE' };
  }
  if (market.now > order.validUntil + VENUE_LIMITS.orderLateMaxMs) {
    const expired = end(order, book.progress(order.orderId), 'EXPIRED', 'valid_until has passed');
    return { code: 'TOO_OLD', execution: mayBeForgotten(book, order, market) ? null : expired };
  }
  const ended = refusalOf(book, order, market);
  if (ended !== null) {
    return { code: 'EXECUTED', execution: end(order, book.progress(order.orderId), ...ended) };
  }
  const execution = decideWorking(order, book.progress(order.orderId), market);
  return execution === null ? { code: 'WORKING' } : { code: 'EXECUTED', execution };
}

/** What becomes of a cancel. */
export function decideCancel(book: VenueBook, cancel: VenueCancel): CancelOutcome {
  if (book.isFinished(cancel.orderId)) return { code: 'TOO_LATE' };
  const order = book.workingOrder(cancel.orderId);
  if (order === undefined) return { code: 'WAITS' };
  if (order.accountId !== cancel.accountId) return { code: 'OTHER_ACCOUNT' };
  const progress = book.progress(cancel.orderId);
  return { code: 'EXECUTED', execution: end(order, progress, 'CANCELLED', 'cancelled') };
}

/** What becomes of the working orders when prices have come or time has passed. */
export function decideMarket(book: VenueBook, market: Market): VenueExecution[] {
  const executions: VenueExecution[] = [];
  for (const order of book.working()) {
    const execution = decideWorking(order, book.progress(order.orderId), market);
    if (execution !== null) executions.push(execution);
  }
  return executions;
}

function refusalOf(
  book: VenueBook,
  order: VenueOrder,
  market: Market,
): [ExecutionStatus, string] | null {
  if (hasExpired(order, market)) return null;
  if (book.isCancelled(order)) return ['CANCELLED', 'cancelled before it arrived'];
  if (order.validUntil > market.now + VENUE_LIMITS.orderLifeMaxMs) {
    return ['REJECTED', 'valid_until is more than a day ahead'];
  }
  return book.hasRoom() ? null : ['REJECTED', 'the venue has no room for another order today'];
}

function decideWorking(
  order: VenueOrder,
  progress: Progress,
  market: Market,
): VenueExecution | null {
  if (hasExpired(order, market)) return end(order, progress, 'EXPIRED', 'valid_until has passed');
  const last = market.lastPrice(order.symbol);
  if (last === null || market.now - last.at > market.quoteAgeMaxMs) return null;
  return {
    order,
    number: progress.executions + 1,
    status: 'FILLED',
    lastQtyE4: order.qtyE4 - progress.cumQtyE4,
    lastPriceE4: last.priceE4,
    cumQtyE4: order.qtyE4,
    leavesQtyE4: 0,
    reason: honest('filled at the last price'),
  };
}

/** May the order have been executed without the book knowing it? Ids are kept for a time and a number. */
function mayBeForgotten(book: VenueBook, order: VenueOrder, market: Market): boolean {
  return order.writtenAt <= market.now - VENUE_LIMITS.orderMemoryMs || !book.hasRoom();
}

function hasExpired(order: VenueOrder, market: Market): boolean {
  return market.now >= order.validUntil;
}

/** The order ends without moving another share. */
function end(
  order: VenueOrder,
  progress: Progress,
  status: ExecutionStatus,
  why: string,
): VenueExecution {
  return {
    order,
    number: progress.executions + 1,
    status,
    lastQtyE4: 0,
    lastPriceE4: null,
    cumQtyE4: progress.cumQtyE4,
    leavesQtyE4: 0,
    reason: honest(why),
  };
}

/** Every execution says where it came from: no broker ever saw it. */
function honest(why: string): string {
  return `paper venue: ${why}`;
}
