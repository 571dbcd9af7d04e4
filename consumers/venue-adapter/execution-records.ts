import { createHash } from 'node:crypto';
import type { ExecutionRecord, LiquidationOrderRecord } from '#contracts/case-events.ts';
import type { FillRecord } from '#contracts/ingest.ts';
import { fromE4, ID_PATTERN, toE4 } from '#contracts/wire.ts';
import type { RecordPosition } from '#ports/records.ts';
import type { VenueExecution, VenueOrder } from './venue-book.ts';

/** The venue's orders and executions as records of its topics. */

/**
 * The id of an order's n-th execution, the same after every crash; also the fill's id, so that the
 * engine counts it once. An order id that leaves no room for the rest is hashed.
 */
export function execIdOf(orderId: string, number: number): string {
  const plain = `paper:${orderId}:${String(number)}`;
  if (ID_PATTERN.test(plain)) return plain;
  const hash = createHash('sha256').update(orderId).digest('hex').slice(0, 40);
  return `paper:sha.${hash}:${String(number)}`;
}

/** An order of liquidation.orders.v1 as the venue works it. */
export function decodeOrder(record: LiquidationOrderRecord): VenueOrder {
  return {
    orderId: record.order_id,
    accountId: record.account_id,
    symbol: record.symbol,
    side: record.side,
    qtyE4: toE4(record.qty),
    writtenAt: record.ts,
    validUntil: record.valid_until,
    corrId: record.corr_id,
  };
}

/** The fill that an execution with shares moves the position by: a sale is negative. Null without shares. */
export function encodeFill(execution: VenueExecution, now: number): FillRecord | null {
  const { order, number, lastQtyE4, lastPriceE4 } = execution;
  if (lastPriceE4 === null || lastQtyE4 === 0) return null;
  return {
    fill_id: execIdOf(order.orderId, number),
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
    exec_id: execIdOf(order.orderId, execution.number),
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
