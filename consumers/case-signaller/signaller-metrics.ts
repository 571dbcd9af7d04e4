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
    signals: metrics.counter(
      'signaller_signals_total',
      'Signals to cases, by why and whether the server took them',
      ['reason', 'outcome'],
    ),
    deliverySeconds: metrics.histogram(
      'signaller_delivery_seconds',
      'From sending a signal to its acknowledgement',
      [],
      [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    ),
    waiting: metrics.gauge('signaller_waiting_accounts', 'Accounts whose signals wait', ['event']),
    sweeps: metrics.counter('signaller_sweeps_total', 'Sweeps over all cases', ['outcome']),
    healed: metrics.counter(
      'signaller_healed_total',
      'Cases that a sweep found behind their figures',
      ['reason'],
    ),
    unreadable: metrics.counter('signaller_unreadable_total', 'Records that could not be read', [
      'topic',
    ]),
  };
}
