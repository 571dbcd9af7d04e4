import type { Counter, Gauge, Metrics } from '#ports/metrics.ts';

/** What the notifier counts. */
export interface NotifierMetrics {
  readonly attempts: Counter;
  readonly pages: Counter;
  readonly undelivered: Gauge;
  readonly openAlerts: Gauge;
}

export function notifierMetrics(metrics: Metrics): NotifierMetrics {
  return {
    attempts: metrics.counter(
      'notifier_attempts_total',
      'Attempts of the notifier to deliver a notice, by channel and outcome',
      ['channel', 'outcome'],
    ),
    pages: metrics.counter('notifier_pages_total', 'Pages to people, by channel and outcome', [
      'channel',
      'outcome',
    ]),
    undelivered: metrics.gauge(
      'notifier_undelivered_notices',
      'Notices that are to be tried again, by partition',
      ['partition'],
    ),
    openAlerts: metrics.gauge(
      'notifier_open_alerts',
      'Alerts that nobody has acknowledged, by partition',
      ['partition'],
    ),
  };
}
