import type { Counter, Metrics } from '#ports/metrics.ts';

/** What the monitor counts. */
export interface MonitorMetrics {
  readonly breaches: Counter<{ action: string }>;
  readonly unreadable: Counter<{ topic: string; code: string }>;
}

/** Registers the monitor's metrics. */
export function monitorMetrics(metrics: Metrics): MonitorMetrics {
  const breaches = metrics.counter('sentinel_monitor_breaches_total');
  for (const action of ['ALERT', 'KILL', 'THROTTLE', 'REDUCE_ONLY']) breaches.inc({ action }, 0);
  return { breaches, unreadable: metrics.counter('sentinel_unreadable_records_total') };
}
