import { DEAD_LETTER_CODES } from './dead-letter.ts';
import { RUNG_NAMES } from './case-events.ts';
import { allTopics } from './topics.ts';

/** What a label may say: a closed set, or words for a set that something else bounds. */
export interface MetricLabel {
  readonly help: string;
  readonly values: readonly string[] | string;
}

/**
 * Every label of the catalogue. No label holds an account, an order or a symbol: each value is a time
 * series of its own for ever, and the number of these must not grow with the book.
 */
export const METRIC_LABELS = {
  action: {
    help: 'a step of a case, or what a breach leads to',
    values: 'domain/ladder-actions.ts; domain/monitor/order-monitor.ts',
  },
  activity: { help: 'an activity of a workflow', values: 'contracts/case-activities.ts' },
  channel: { help: 'how a customer or a person is told', values: 'platform/notices' },
  code: {
    help: 'why a record, a reading or a hold',
    values: `${DEAD_LETTER_CODES.join(', ')}; the reasons of a hold (domain/case-events.ts); codes of the gate (domain/gate/verdict.ts); NO_ROOM`,
  },
  consumer: { help: 'a consumer group, or `<process>.<reader>`', values: 'at most 4 a process' },
  deadline: { help: 'what a case waited for', values: ['due', 'liquidation'] },
  event: { help: 'what a signal tells', values: ['FIGURES', 'EXECUTION'] },
  kind: { help: 'what is written', values: ['figures', 'case'] },
  method: { help: 'HTTP method', values: 'of the API’s routes' },
  outcome: { help: 'what became of it', values: 'a closed set of each part' },
  partition: { help: 'partition number', values: 'SENTINEL_PARTITIONS' },
  proof: { help: 'were the figures proved fresh?', values: ['FRESH', 'TOLD'] },
  quote: { help: 'which of the last quotes', values: ['newest', 'oldest'] },
  reason: { help: 'why a case is told', values: 'domain/edges.ts, and EXECUTION' },
  route: { help: 'path of a route, with its parameters’ names', values: 'of the API’s routes' },
  rung: { help: 'a rung of the ladder', values: RUNG_NAMES },
  status: {
    help: 'status of figures, an execution or an HTTP answer',
    values: 'a closed set of each',
  },
  topic: {
    help: 'a topic without its prefix',
    values: `the ${String(allTopics().length)} of contracts/topics.ts`,
  },
} as const satisfies Record<string, MetricLabel>;

export type MetricLabelName = keyof typeof METRIC_LABELS;
