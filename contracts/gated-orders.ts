import { z } from 'zod';
import type { Accepted } from '#domain/gate/gate.ts';
import type { NewOrder, Order } from '#domain/gate/orders.ts';
import { verdictSchema } from './order-decisions.ts';
import { orderQty } from './orders.ts';
import { scopeSchema } from './scopes.ts';
import { count, decimal, fromE4, id, instant, price, text, toE4 } from './wire.ts';

/** orders.gated.v1: who owns a partition of the gate, and what it decided (DESIGN 19). */

/** Where an order came in. */
const sourceSchema = z.strictObject({
  topic: z.enum(['orders.v1', 'liquidation.orders.v1']),
  partition: count,
  offset: count,
});

/** A gate takes the partition: the offset of this record is its epoch. */
export const ownerSchema = z.strictObject({
  kind: z.literal('OWNER'),
  partition: count,
  process: id,
  ts: instant,
});

const gatedNewSchema = z.strictObject({
  type: z.literal('NEW'),
  order_id: id,
  ts: instant,
  account_id: id,
  symbol: id,
  side: z.enum(['BUY', 'SELL']),
  qty: orderQty,
  price,
  strategy: id,
  liquidation: z.boolean(),
});

const gatedCancelSchema = z.strictObject({
  type: z.literal('CANCEL'),
  order_id: id,
  ts: instant,
  account_id: id,
  cancel_order_id: id,
});

/** What the gate knew of the controls of a scope of the order, and from what. */
const controlSeenSchema = z.strictObject({
  scope: scopeSchema,
  version: count.nullable().describe('of the last state read; null: none was'),
  covers_offset: count
    .nullable()
    .describe('the last command in that state, by its offset in killswitch.commands.v1'),
  last_command: count
    .nullable()
    .describe('the last command read that makes the scope stricter, by its offset'),
  kill: z.enum(['BLOCK', 'REDUCE_ONLY']).nullable(),
  close_only: z.boolean(),
  no_new_debit_or_short: z.boolean(),
  max_rate_per_second: z.number().nullable().describe('of all partitions together'),
});

/** What the gate had before it when it decided, in dollars and shares; null where it knew nothing. */
const evidenceSchema = z.strictObject({
  position: z.number().nullable(),
  reducing_leaves: z
    .number()
    .nullable()
    .describe('leaves of open orders that already reduce the position'),
  excess: z.number().nullable(),
  reserved: z
    .number()
    .nullable()
    .describe('what open orders and unsettled executions hold back of the excess'),
  cash: z.number().nullable().default(null),
  cash_claimed: z
    .number()
    .nullable()
    .default(null)
    .describe('of the cash by open purchases, where no new debit or short may arise; else null'),
  price: z.number().nullable(),
  price_at: instant.nullable().default(null).describe('the time of its quote'),
  figures_version: id.nullable(),
  controls: z
    .array(controlSeenSchema)
    .default([])
    .describe('of the firm, the account, the symbol and the strategy those of which it was told'),
});

const decisionSchema = z.strictObject({
  kind: z.literal('DECISION'),
  event_id: id.describe('topic:partition:offset of the order: one valid decision for each'),
  epoch: count.describe('void unless it is the offset of the latest OWNER record before this one'),
  source: sourceSchema,
  ts: instant.describe('when it was decided'),
  order: z
    .discriminatedUnion('type', [gatedNewSchema, gatedCancelSchema])
    .nullable()
    .describe('null when it could not be read'),
  ...verdictSchema.shape,
  valid_until: instant
    .nullable()
    .describe('of an ALLOW: at or after this instant nobody takes the order to the venue any more'),
  accepted: z
    .strictObject({
      opens_qty: decimal(100_000_000).min(0),
      adverse_price: decimal(10_000_000).min(0),
    })
    .nullable()
    .describe('of an allowed NEW order: what it reserved'),
  expires_at: instant.nullable().describe('of an allowed NEW order: what is left of it ends then'),
  policy_version: count,
  evidence: evidenceSchema
    .nullable()
    .default(null)
    .describe('null when it looked at nothing: a cancel, or what is no order'),
  corr_id: text(64),
});

/**
 * orders.gated.v1, keyed by account_id, an OWNER record by its process. A DECISION is void for every
 * reader when its epoch is not that of the latest OWNER record before it (domain/gate/ownership.ts).
 */
export const gatedOrderSchema = z
  .discriminatedUnion('kind', [ownerSchema, decisionSchema])
  .meta({ id: 'GatedOrder' });

export type GatedOrderRecord = z.infer<typeof gatedOrderSchema>;
export type GatedDecision = z.infer<typeof decisionSchema>;
export type OrderEvidence = z.infer<typeof evidenceSchema>;
export type ControlSeen = z.infer<typeof controlSeenSchema>;
export type OrderSource = z.infer<typeof sourceSchema>;

/** The order of a decision as the wire has it. */
export function encodeGatedOrder(order: Order): NonNullable<GatedDecision['order']> {
  const { orderId: order_id, ts, accountId: account_id } = order;
  if (order.type === 'CANCEL') {
    return { type: 'CANCEL', order_id, ts, account_id, cancel_order_id: order.cancelOrderId };
  }
  return {
    type: 'NEW',
    order_id,
    ts,
    account_id,
    symbol: order.symbol,
    side: order.side,
    qty: fromE4(order.qtyE4),
    price: fromE4(order.priceE4),
    strategy: order.strategy,
    liquidation: order.liquidation,
  };
}

/** A NEW order as the gate had it; null for a cancel and for what could not be read. */
export function decodeGatedOrder({ order, expires_at }: GatedDecision): NewOrder | null {
  if (order?.type !== 'NEW') return null;
  return {
    type: 'NEW',
    orderId: order.order_id,
    ts: order.ts,
    accountId: order.account_id,
    symbol: order.symbol,
    side: order.side,
    qtyE4: toE4(order.qty),
    priceE4: toE4(order.price),
    strategy: order.strategy,
    liquidation: order.liquidation,
    validUntil: order.liquidation ? expires_at : null,
  };
}

/** What an allowed order took, or null. */
export function decodeAccepted({ accepted }: GatedDecision): Accepted | null {
  return accepted === null
    ? null
    : { opensE4: toE4(accepted.opens_qty), adversePriceE4: toE4(accepted.adverse_price) };
}
