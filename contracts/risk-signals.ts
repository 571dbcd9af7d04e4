import { z } from 'zod';
import type { RiskSignal } from '#domain/monitor/order-monitor.ts';
import { scopeName } from '#domain/scopes.ts';
import { onTheWire } from './order-monitor-policy.ts';
import { scopeSchema } from './scopes.ts';
import { id, instant } from './wire.ts';

const measured = z.strictObject({
  metric: id.describe('such as order_rate_60s'),
  value: z.number().describe('orders, dollars, or the share of the top symbol'),
  threshold: z.number(),
  breached: z.boolean().describe('the value is above the threshold'),
});

/**
 * risk_signals.v1, keyed by scope: what its windows hold, at most once a second and at once when a breach
 * begins. The value of each metric stands beside its threshold.
 */
export const riskSignalSchema = z
  .strictObject({
    scope: scopeSchema,
    ts: instant,
    breached: z.boolean().describe('is any of them in breach?'),
    metrics: z.array(measured),
  })
  .meta({ id: 'RiskSignal' });

export type RiskSignalRecord = z.infer<typeof riskSignalSchema>;

/** The signals of one scope at an instant as one record; null without any. */
export function encodeRiskSignals(
  signals: readonly RiskSignal[],
  ts: number,
): RiskSignalRecord | null {
  const [first] = signals;
  if (first === undefined) return null;
  return {
    scope: scopeName(first.scope),
    ts,
    breached: signals.some(({ breached }) => breached),
    metrics: signals.map(({ metric, value, threshold, breached }) => ({
      metric,
      value: onTheWire(metric, value),
      threshold: onTheWire(metric, threshold),
      breached,
    })),
  };
}
