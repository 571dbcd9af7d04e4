import { z } from 'zod';
import type { Order } from '#domain/gate/orders.ts';
import { decimal, id, instant, price, symbol, text, toE4, unsupportedIssue } from './wire.ts';

/** orders.v1: what customers send to the gate (DESIGN, Topics and records). */

/** Shares, above 0, at most 100 million. */
export const orderQty = decimal(100_000_000).positive().describe('shares');

const common = { order_id: id, ts: instant, account_id: id, corr_id: text(64).optional() };

export const newOrderSchema = z
  .strictObject({
    ...common,
    type: z.literal('NEW').optional().describe('NEW when left out'),
    symbol,
    side: z.enum(['BUY', 'SELL']),
    qty: orderQty,
    price,
    strategy: id,
  })
  .meta({ id: 'NewOrder' });

/** Takes back what is left of `cancel_order_id`; what it says of the order beside that is not read. */
export const cancelOrderSchema = z
  .strictObject({
    ...common,
    type: z.literal('CANCEL'),
    cancel_order_id: id,
    symbol: id.optional(),
    side: z.enum(['BUY', 'SELL']).optional(),
    qty: orderQty.optional(),
    price: price.optional(),
    strategy: id.optional(),
  })
  .meta({ id: 'CancelOrder' });

/** Without a type an order is NEW, as in the reference. */
export const orderSchema = z
  .discriminatedUnion('type', [newOrderSchema, cancelOrderSchema])
  .meta({ id: 'Order' });
export type OrderRecord = z.infer<typeof orderSchema>;

/** The types that exist elsewhere and are refused here with a code of their own. */
const UNSUPPORTED_TYPES: readonly unknown[] = ['REPLACE'];

/** What a record on orders.v1 turns out to be. */
export type ParsedOrder =
  | { readonly is: 'ORDER'; readonly order: Order }
  | { readonly is: 'UNSUPPORTED'; readonly what: string }
  | { readonly is: 'FAULTY'; readonly error: z.ZodError };

/** Parses one order by its own type, so that what is wrong is named within it. */
export function parseOrder(input: unknown): ParsedOrder {
  const type = typeof input === 'object' && input !== null && 'type' in input ? input.type : 'NEW';
  if (UNSUPPORTED_TYPES.includes(type)) return { is: 'UNSUPPORTED', what: String(type) };
  const parsed = (type === 'CANCEL' ? cancelOrderSchema : newOrderSchema).safeParse(input);
  if (parsed.success) return { is: 'ORDER', order: decodeOrder(parsed.data) };
  const { error } = parsed;
  return unsupportedIssue(error) === undefined
    ? { is: 'FAULTY', error }
    : { is: 'UNSUPPORTED', what: symbolIn(input) };
}

function symbolIn(input: unknown): string {
  const isNamed = typeof input === 'object' && input !== null && 'symbol' in input;
  return isNamed ? String(input.symbol) : 'an option or a future';
}

/** A customer's order as the gate reads it. */
function decodeOrder(record: OrderRecord): Order {
  const { order_id: orderId, ts, account_id: accountId } = record;
  if (record.type === 'CANCEL') {
    return { type: 'CANCEL', orderId, ts, accountId, cancelOrderId: record.cancel_order_id };
  }
  return {
    type: 'NEW',
    orderId,
    ts,
    accountId,
    symbol: record.symbol,
    side: record.side,
    qtyE4: toE4(record.qty),
    priceE4: toE4(record.price),
    strategy: record.strategy,
    liquidation: false,
    validUntil: null,
  };
}
