import { DEAD_LETTER_CODES } from '#contracts/dead-letter.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Counter, Histogram, Metrics } from '#ports/metrics.ts';

const INPUTS = [
  TOPICS.fills.name,
  TOPICS.cash.name,
  TOPICS.adjustments.name,
  TOPICS.prices.name,
  TOPICS.betas.name,
  TOPICS.instruments.name,
] as const;

/** What the engine counts and measures. */
export interface EngineMetrics {
  readonly market: Counter;
  readonly bookings: Counter;
  readonly bookingSeconds: Histogram<{ topic: string }>;
  readonly revaluationsDue: Counter;
  readonly revaluations: Counter;
  readonly flushSeconds: Histogram;
  readonly deadLetters: Counter<{ topic: string; code: string }>;
  readonly unattributed: Counter<{ topic: string }>;
}

/** Registers the engine's metrics; `heartbeatAgeMs` is asked at each scrape. */
export function engineMetrics(metrics: Metrics, heartbeatAgeMs: () => number): EngineMetrics {
  metrics.gauge('sentinel_engine_heartbeat_age_seconds', (gauge) => {
    gauge.set({}, heartbeatAgeMs() / 1_000);
  });
  const deadLetters = metrics.counter('sentinel_dead_letters_total');
  // A first letter must show as a rise from 0: an alert cannot see a series that begins at 1.
  for (const topic of INPUTS) {
    for (const code of DEAD_LETTER_CODES) deadLetters.inc({ topic, code }, 0);
  }
  return {
    market: metrics.counter('sentinel_engine_market_records_total'),
    bookings: metrics.counter('sentinel_engine_bookings_total'),
    bookingSeconds: metrics.histogram('sentinel_engine_booking_seconds'),
    revaluationsDue: metrics.counter('sentinel_engine_revaluations_due_total'),
    revaluations: metrics.counter('sentinel_engine_revaluations_total'),
    flushSeconds: metrics.histogram('sentinel_engine_flush_seconds'),
    deadLetters,
    unattributed: metrics.counter('sentinel_engine_unattributed_records_total'),
  };
}
