import { DEAD_LETTER_CODES } from '#contracts/dead-letter.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Counter, Histogram, Metrics } from '#ports/metrics.ts';

/** What the gate counts and measures. */
export interface GateMetrics {
  readonly decisions: Counter<{ outcome: string; code: string }>;
  /** From the broker's timestamp of an order to the acknowledgement of its decision. */
  readonly decisionSeconds: Histogram;
  readonly deadLetters: Counter<{ topic: string; code: string }>;
  readonly unreadable: Counter<{ topic: string; code: string }>;
}

/** What is asked at each scrape. */
export interface ScrapedGate {
  readonly isOpen: () => boolean;
  /** Over all partitions that this process has. */
  readonly openOrders: () => number;
}

/** Registers the gate's metrics. */
export function gateMetrics(metrics: Metrics, { isOpen, openOrders }: ScrapedGate): GateMetrics {
  metrics.gauge('sentinel_gate_open', (gauge) => {
    gauge.set({}, isOpen() ? 1 : 0);
  });
  metrics.gauge('sentinel_gate_open_orders', (gauge) => {
    gauge.set({}, openOrders());
  });
  const deadLetters = metrics.counter('sentinel_dead_letters_total');
  // A first letter must show as a rise from 0: an alert cannot see a series that begins at 1.
  for (const topic of [TOPICS.orders.name, TOPICS.liquidationOrders.name]) {
    for (const code of DEAD_LETTER_CODES) deadLetters.inc({ topic, code }, 0);
  }
  return {
    decisions: metrics.counter('sentinel_gate_decisions_total'),
    decisionSeconds: metrics.histogram('sentinel_gate_decision_seconds'),
    deadLetters,
    unreadable: metrics.counter('sentinel_unreadable_records_total'),
  };
}
