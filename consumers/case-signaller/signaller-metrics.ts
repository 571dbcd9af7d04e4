import type { Counter, Gauge, Histogram, Metrics } from '#ports/metrics.ts';

/** What the signaller counts and measures. */
export interface SignallerMetrics {
  readonly signals: Counter;
  readonly deliverySeconds: Histogram;
  readonly waiting: Gauge;
  readonly sweeps: Counter;
  readonly healed: Counter;
  readonly unreadable: Counter;
}

/** Registers the signaller's metrics. */
export function signallerMetrics(metrics: Metrics): SignallerMetrics {
  return {
    signals: metrics.counter('sentinel_signaller_signals_total'),
    deliverySeconds: metrics.histogram('sentinel_signaller_delivery_seconds'),
    waiting: metrics.gauge('sentinel_signaller_waiting_accounts'),
    sweeps: metrics.counter('sentinel_signaller_sweeps_total'),
    healed: metrics.counter('sentinel_signaller_healed_total'),
    unreadable: metrics.counter('sentinel_unreadable_records_total'),
  };
}
