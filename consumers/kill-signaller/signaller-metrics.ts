import type { Counter, Metrics } from '#ports/metrics.ts';

/** What the kill-signaller counts. */
export interface KillSignallerMetrics {
  readonly signals: Counter;
  readonly refused: Counter;
}

/** Registers its metrics. */
export function killSignallerMetrics(metrics: Metrics): KillSignallerMetrics {
  return {
    signals: metrics.counter('sentinel_control_signals_total'),
    refused: metrics.counter('sentinel_unreadable_records_total'),
  };
}
