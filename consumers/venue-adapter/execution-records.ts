import { createHash } from 'node:crypto';
import type { ExecutionRecord } from '#contracts/case-events.ts';
import { decodeAccepted, decodeGatedOrder } from '#contracts/gated-orders.ts';
import type { GatedDecision } from '#contracts/gated-orders.ts';
import type { FillRecord } from '#contracts/ingest.ts';
import { fromE4, ID_PATTERN } from '#contracts/wire.ts';
import type { RecordPosition } from '#ports/records.ts';
import type { VenueExecution, VenueOrder } from './venue-book.ts';

/** The venue's orders and executions as records of its topics. */

/**
 * The id of an order's n-th execution, the same after every crash; also the fill's id, so that the
 * engine counts it once. A customer's order is named by its account too: two accounts may name theirs
 * alike. Names that could be read in two ways, or leave no
 * room for the rest, are hashed.
 */
export function execIdOf(
  order: Pick<VenueOrder, 'accountId' | 'orderId' | 'liquidation'>,
  number: number,
): string {
  const { accountId, orderId, liquidation } = order;
  const name = liquidation ? orderId : `${accountId}:${orderId}`;
  // A colon within a name would make two pairs look like one.
  const isPlain = liquidation || !`${accountId}${orderId}`.includes(':');
  const plain = `paper:${name}:${String(number)}`;
  if (isPlain && ID_PATTERN.test(plain)) return plain;
  const hash = createHash('sha256')
    .update(liquidation ? orderId : `${accountId} ${orderId}`)
    .digest('hex')
    .slice(0, 40);
  return `paper:sha.${hash}:${String(number)}`;
}

/** A NEW order that the gate has decided on, as the venue works it; null for anything else. */
export function decodeOrder(decision: GatedDecision): VenueOrder | null {
  const order = decodeGatedOrder(decision);
  if (order === null) return null;
  return {
    orderId: order.orderId,
    accountId: order.accountId,
    symbol: order.symbol,
    side: order.side,
    qtyE4: order.qtyE4,
    // Of what nobody says what it opens, all does.
    opensE4: decodeAccepted(decision)?.opensE4 ?? order.qtyE4,
    limitE4: order.liquidation ? null : order.priceE4,
    strategy: order.strategy,
    liquidation: order.liquidation,
    writtenAt: decision.ts,
    takeUntil: decision.valid_until ?? decision.ts,
    validUntil: decision.expires_at ?? decision.ts,
    corrId: decision.corr_id,
  };
}

/** The fill that an execution with shares moves the position by: a sale is negative. Null without shares. */
export function encodeFill(execution: VenueExecution, now: number): FillRecord | null {
  const { order, number, lastQtyE4, lastPriceE4 } = execution;
  if (lastPriceE4 === null || lastQtyE4 === 0) return null;
  return {
    fill_id: execIdOf(order, number),
    account_id: order.accountId,
    symbol: order.symbol,
    qty: fromE4(order.side === 'SELL' ? -lastQtyE4 : lastQtyE4),
    price: fromE4(lastPriceE4),
    timestamp: now,
    correlation_id: order.corrId,
  };
}

/** The execution's record; `fill` is where its fill lies, null when it moved no shares (DESIGN 12). */
export function encodeExecution(
  execution: VenueExecution,
  fill: RecordPosition | null,
  now: number,
): ExecutionRecord {
  const { order, lastPriceE4 } = execution;
  return {
    exec_id: execIdOf(order, execution.number),
    order_id: order.orderId,
    account_id: order.accountId,
    symbol: order.symbol,
    side: order.side,
    last_qty: fromE4(execution.lastQtyE4),
    last_price: lastPriceE4 === null ? null : fromE4(lastPriceE4),
    cum_qty: fromE4(execution.cumQtyE4),
    leaves_qty: fromE4(execution.leavesQtyE4),
    status: execution.status,
    reason: execution.reason,
    timestamp: now,
    fill_partition: fill?.partition ?? null,
    fill_offset: fill?.offset ?? null,
    corr_id: order.corrId,
  };
}
