import type { Counter, Gauge, Metrics } from '#ports/metrics.ts';

/** What the venue counts. */
export interface VenueMetrics {
  readonly orders: Counter;
  readonly cancels: Counter;
  readonly executions: Counter;
  readonly deadLetters: Counter;
  /** Records of the venue's own that could not be read at a start. */
  readonly unreadable: Counter;
  readonly working: Gauge;
}

/** Registers the venue's metrics. */
export function venueMetrics(metrics: Metrics): VenueMetrics {
  return {
    orders: metrics.counter('venue_orders_total', 'Orders that came, by what became of them', [
      'outcome',
    ]),
    cancels: metrics.counter('venue_cancels_total', 'Cancels that came, by what became of them', [
      'outcome',
    ]),
    executions: metrics.counter('venue_executions_total', 'Executions written, by status', [
      'status',
    ]),
    deadLetters: metrics.counter('venue_dead_letters_total', 'Records refused', ['topic', 'code']),
    unreadable: metrics.counter(
      'venue_unreadable_records_total',
      "The venue's own records that could not be read at a start and were passed over",
      ['topic', 'code'],
    ),
    working: metrics.gauge('venue_working_orders', 'Orders that wait for a fresh price', [
      'partition',
    ]),
  };
}
