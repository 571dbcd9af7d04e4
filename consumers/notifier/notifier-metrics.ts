import type { Counter, Gauge, Metrics } from '#ports/metrics.ts';

/** What the notifier counts. */
export interface NotifierMetrics {
  readonly attempts: Counter;
  readonly pages: Counter;
  readonly undelivered: Gauge;
  readonly openAlerts: Gauge;
  readonly unreadable: Counter;
}

/** Registers the notifier's metrics. */
export function notifierMetrics(metrics: Metrics): NotifierMetrics {
  return {
    attempts: metrics.counter('sentinel_notice_retries_total'),
    pages: metrics.counter('sentinel_pages_total'),
    undelivered: metrics.gauge('sentinel_notices_undelivered'),
    openAlerts: metrics.gauge('sentinel_alerts_open'),
    unreadable: metrics.counter('sentinel_unreadable_records_total'),
  };
}
