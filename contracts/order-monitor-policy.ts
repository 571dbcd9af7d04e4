import { z } from 'zod';
import { WINDOWS } from '#domain/monitor/order-monitor.ts';
import type { Metric, MonitorPolicy, Threshold } from '#domain/monitor/order-monitor.ts';
import { E6 } from '#domain/money.ts';
import { maxRatePerSecond } from './control-commands.ts';
import { toE4 } from './wire.ts';

const [w60s, w5m, w15m] = Object.keys(WINDOWS);
const metric = z
  .templateLiteral([
    z.enum(['order_rate', 'notional', 'concentration']),
    '_',
    z.enum(['60s', '5m', '15m']),
  ])
  .describe(`orders, dollars or the share of the top symbol in ${[w60s, w5m, w15m].join(', ')}`);

const thresholdSchema = z
  .strictObject({
    scope: z.enum(['ACCOUNT', 'STRATEGY', 'GLOBAL']),
    metric,
    /** Orders, dollars, or a fraction for a concentration: a breach is a value above it. */
    above: z.number().min(0),
    action: z.enum(['ALERT', 'KILL', 'REDUCE_ONLY', 'THROTTLE']),
    /** Of a concentration: the fewest orders before it means anything. */
    orders_min: z.int().min(1).optional(),
    /** Of a THROTTLE. */
    max_rate_per_second: maxRatePerSecond.optional(),
  })
  .refine(({ action, scope }) => !(scope === 'GLOBAL' && action === 'KILL'), {
    path: ['action'],
    message: 'of GLOBAL must not be KILL: an automatic one is REDUCE_ONLY at most',
  })
  .refine(
    ({ action, max_rate_per_second: rate }) => (action === 'THROTTLE') === (rate !== undefined),
    { path: ['max_rate_per_second'], message: 'is for a THROTTLE, and needed there' },
  );

/** policies/order-monitor.json: which flow of orders is a breach, and what it leads to (RULES, Market access). */
export const monitorPolicySchema = z.strictObject({
  version: z.int().min(1),
  thresholds: z.array(thresholdSchema).max(100),
});

export type MonitorPolicyFile = z.infer<typeof monitorPolicySchema>;

/** The file's thresholds in the domain's units; each keeps the rate of its throttle. */
export function decodeMonitorPolicy(
  file: MonitorPolicyFile,
): MonitorPolicy & { readonly thresholds: readonly MonitoredThreshold[] } {
  return {
    thresholds: file.thresholds.map((one) => ({
      scopeKind: one.scope,
      metric: one.metric,
      above: inDomainUnits(one.metric, one.above),
      action: one.action,
      ordersMin: one.orders_min ?? 0,
      maxRatePerSecond: one.max_rate_per_second ?? null,
    })),
  };
}

export interface MonitoredThreshold extends Threshold {
  readonly maxRatePerSecond: number | null;
}

/** Orders, dollars or a fraction as the domain counts them. */
function inDomainUnits(of: Metric, value: number): number {
  if (of.startsWith('concentration')) return Math.round(value * E6);
  return of.startsWith('notional') ? toE4(value) : value;
}

/** What the domain counts, on the wire: orders, dollars or a fraction. */
export function onTheWire(of: Metric, value: number): number {
  if (of.startsWith('concentration')) return value / E6;
  return of.startsWith('notional') ? value / 10_000 : value;
}
