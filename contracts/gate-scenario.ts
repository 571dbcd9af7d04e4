import { z } from 'zod';
import { gatePolicyShape } from './gate-policy.ts';
import { orderQty } from './orders.ts';
import { scopeSchema } from './scopes.ts';
import { dollars, figure, id, instant, price, signedQty } from './wire.ts';

/** `sentinel gate decide`: a scenario in, a decision per order out. Dollars, shares, ms. */

export const SCENARIO_ORDERS_MAX = 100_000;
const ROWS_MAX = 100_000;

export const gateScenarioSchema = z.strictObject({
  now: instant,
  positions: z
    .array(z.strictObject({ account_id: id, symbol: id, qty: signedQty }))
    .max(ROWS_MAX)
    .default([]),
  open_orders: z
    .array(
      z.strictObject({
        order_id: id,
        account_id: id,
        symbol: id,
        side: z.enum(['BUY', 'SELL']),
        leaves_qty: orderQty,
        /** The limit; without one the order reserves at last × (1 + collar). */
        price: price.optional(),
      }),
    )
    .max(ROWS_MAX)
    .default([]),
  prices: z
    .array(z.strictObject({ symbol: id, price }))
    .max(ROWS_MAX)
    .default([]),
  /** Without it credit is not checked; an account that it lacks has no known excess. */
  accounts: z
    .array(z.strictObject({ account_id: id, excess: figure, cash: dollars.optional() }))
    .max(ROWS_MAX)
    .optional(),
  controls: z.strictObject({
    killed: z
      .array(z.strictObject({ scope: scopeSchema, mode: z.enum(['BLOCK', 'REDUCE_ONLY']) }))
      .max(ROWS_MAX)
      .default([]),
    close_only: z.array(id).max(ROWS_MAX).default([]),
    throttled: z
      .array(
        z.strictObject({
          scope: scopeSchema,
          max_rate_per_second: z.int().min(0).max(1_000_000),
        }),
      )
      .max(ROWS_MAX)
      .default([]),
    no_new_debit_or_short: z.array(id).max(ROWS_MAX).default([]),
    fresh: z.boolean(),
  }),
  /** Single fields in place of policies/gate.json's. */
  policy: z.strictObject(gatePolicyShape).partial().optional(),
  /** Each is parsed by itself: a bad order is REJECT SCHEMA, as at the gate. */
  orders: z.array(z.unknown()).max(SCENARIO_ORDERS_MAX),
});

export type GateScenario = z.infer<typeof gateScenarioSchema>;
