import { z } from 'zod';
import type { GatePolicy } from '#domain/gate/gate-policy.ts';
import type { MarginPolicy } from '#domain/policy.ts';
import { fraction, rateOf } from './policy.ts';
import { decimal, id, toE4 } from './wire.ts';

const symbols = z.array(id).max(10_000);
const amount = decimal(100_000_000_000).min(0);

/** What `sentinel gate decide` may override, field by field. */
export const gatePolicyShape = {
  order_age_ms_max: z.int().min(0).max(86_400_000),
  /** From its passing an order may be taken to the venue for so long (DESIGN 18). */
  order_valid_ms: z.int().min(1).max(60_000),
  /** At the venue a customer's order works for so long at most. */
  order_life_ms: z.int().min(1).max(86_400_000),
  collar_rate: fraction(1),
  order_qty_max: decimal(100_000_000).positive(),
  order_notional_max: amount,
  restricted: symbols,
  shorting: z.boolean(),
  hard_to_borrow: symbols,
  /** Shares located, by symbol. */
  locates: z.record(id, decimal(100_000_000).min(0)),
  credit_rate: fraction(1),
  non_marginable: symbols,
  firm_quota: amount,
  symbol_quota: amount,
  strategy_quota: amount,
  quota_alerts: z.array(fraction(1)).max(10),
};

/** policies/gate.json: one version of the firm's choices at the gate. Dollars, shares, fractions. */
export const gatePolicyFileSchema = z.strictObject({
  version: z.int().min(1),
  ...gatePolicyShape,
});

export type GatePolicyFile = z.infer<typeof gatePolicyFileSchema>;

/** The policy that a file states; `margin` has the maintenance rates that reservations are held to. */
export function decodeGatePolicy(
  file: Omit<GatePolicyFile, 'version'>,
  margin: MarginPolicy,
): GatePolicy {
  return {
    orderAgeMsMax: file.order_age_ms_max,
    orderValidMs: file.order_valid_ms,
    orderLifeMs: file.order_life_ms,
    collarRate: rateOf(file.collar_rate),
    orderQtyMaxE4: toE4(file.order_qty_max),
    orderNotionalMaxE4: toE4(file.order_notional_max),
    restricted: new Set(file.restricted),
    shorting: file.shorting,
    hardToBorrow: new Set(file.hard_to_borrow),
    locates: new Map(Object.entries(file.locates).map(([symbol, qty]) => [symbol, toE4(qty)])),
    creditRate: rateOf(file.credit_rate),
    nonMarginable: new Set(file.non_marginable),
    quotas: {
      firmE4: toE4(file.firm_quota),
      symbolE4: toE4(file.symbol_quota),
      strategyE4: toE4(file.strategy_quota),
      alerts: [...file.quota_alerts].sort((a, b) => a - b).map(rateOf),
    },
    margin,
  };
}
