import { DEAD_LETTER_CODES } from '#contracts/dead-letter.ts';
import { TOPICS } from '#contracts/topics.ts';
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
  const deadLetters = metrics.counter('sentinel_dead_letters_total');
  // A first letter must show as a rise from 0: an alert cannot see a series that begins at 1.
  const topic = TOPICS.orderCancels.name;
  for (const code of DEAD_LETTER_CODES) deadLetters.inc({ topic, code }, 0);
  return {
    orders: metrics.counter('sentinel_venue_orders_total'),
    cancels: metrics.counter('sentinel_venue_cancels_total'),
    executions: metrics.counter('sentinel_venue_executions_total'),
    deadLetters,
    unreadable: metrics.counter('sentinel_unreadable_records_total'),
    working: metrics.gauge('sentinel_venue_working_orders'),
  };
}
