import type { Counter, Metrics } from '#ports/metrics.ts';

/** What the control-projector counts. */
export interface ProjectorMetrics {
  readonly projected: Counter;
  readonly refused: Counter;
}

/** Registers its metrics. */
export function projectorMetrics(metrics: Metrics): ProjectorMetrics {
  return {
    projected: metrics.counter('sentinel_control_states_total'),
    refused: metrics.counter('sentinel_unreadable_records_total'),
  };
}
