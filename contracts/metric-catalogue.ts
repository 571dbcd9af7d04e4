import { HOLDS, LATENCY, LATENESS } from './metric-buckets.ts';
import { CONSUMERS, OWNERS } from './metric-definition.ts';
import type { MetricDefinition } from './metric-definition.ts';

/**
 * Every metric of the product. A process can register no other; docs/generated/metrics.md, the
 * dashboard and the alerts are checked against it.
 */
export const METRICS = {
  sentinel_consumer_lag_records: {
    type: 'gauge',
    help: 'Offsets between what a consumer has finished and the end of the partition',
    unit: 'records',
    labels: ['consumer', 'topic', 'partition'],
    processes: CONSUMERS,
    hint: 'A number that only rises: the consumer is stuck or too slow; look at its log.',
  },
  sentinel_consumer_lag_seconds: {
    type: 'gauge',
    help: 'How old the oldest unfinished record of a partition is at most; 0 when there is none',
    unit: 'seconds',
    labels: ['consumer', 'topic', 'partition'],
    processes: CONSUMERS,
    hint: 'Above 10 s decisions are late; above 60 s page.',
  },
  sentinel_consumer_joins_total: {
    type: 'counter',
    help: 'How often a consumer group has formed with this process in it',
    unit: 'events',
    labels: ['consumer'],
    processes: CONSUMERS,
    hint: 'More than a few in ten minutes: members come and go, or the broker is away again and again.',
  },
  sentinel_partitions_owned: {
    type: 'gauge',
    help: 'Partition numbers that this process owns and may write',
    unit: 'partitions',
    labels: ['consumer'],
    processes: OWNERS,
    hint: 'The sum over all processes of a kind is the number of partitions; less: nobody works there.',
  },
  sentinel_partition_take_overs_total: {
    type: 'counter',
    help: 'Partition numbers taken over: earlier owner fenced, state restored',
    unit: 'partitions',
    labels: ['consumer'],
    processes: OWNERS,
    hint: 'Rises when processes start, end or are moved.',
  },
  sentinel_partition_take_over_seconds: {
    type: 'histogram',
    help: 'From an assignment until the first record may be taken',
    unit: 'seconds',
    labels: ['consumer'],
    processes: OWNERS,
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    hint: 'Nothing of the partition moves meanwhile; above 60 s the restore is given up and begun anew.',
  },
  sentinel_partitions_given_up_total: {
    type: 'counter',
    help: 'Partition numbers given up because they could not be written',
    unit: 'partitions',
    labels: ['consumer'],
    processes: OWNERS,
    hint: 'Above 0 in quiet times: the broker refuses, or another process fences this one.',
  },
  sentinel_dead_letters_total: {
    type: 'counter',
    help: 'Records refused and written to their dead-letter topic',
    unit: 'records',
    labels: ['topic', 'code'],
    processes: ['margin-engine', 'venue-adapter'],
    hint: 'Each is a fill, a price or an order that did not count: a person reads it.',
  },
  sentinel_unreadable_records_total: {
    type: 'counter',
    help: 'Records of our own topics that could not be read or stored, and were passed over',
    unit: 'records',
    labels: ['topic', 'code'],
    processes: ['case-signaller', 'worker', 'api', 'venue-adapter', 'state-index', 'notifier'],
    hint: 'Above 0: versions of two processes do not fit, or somebody wrote to a topic by hand.',
  },

  sentinel_engine_bookings_total: {
    type: 'counter',
    help: 'Fills, cash movements and adjustments by what became of them',
    unit: 'records',
    labels: ['topic', 'outcome'],
    processes: ['margin-engine'],
    hint: 'DUPLICATE is harmless; REFUSED has its dead letter.',
  },
  sentinel_engine_unattributed_records_total: {
    type: 'counter',
    help: 'Refused fills, cash movements and adjustments of which nobody can tell the account',
    unit: 'records',
    labels: ['topic'],
    processes: ['margin-engine'],
    hint: 'Above 0: some account’s books may lack the record, and no account is blocked for it.',
  },
  sentinel_engine_booking_seconds: {
    type: 'histogram',
    help: 'From the broker’s timestamp of the oldest input of a transaction to its commit',
    unit: 'seconds',
    labels: ['topic'],
    processes: ['margin-engine'],
    buckets: LATENCY,
    hint: 'Figures follow a fill so late; above 1 s p99 the engine is overloaded or catches up.',
  },
  sentinel_engine_market_records_total: {
    type: 'counter',
    help: 'Prices, betas and statements about instruments by what became of them; each engine reads all',
    unit: 'records',
    labels: ['topic', 'outcome'],
    processes: ['margin-engine'],
    hint: 'None in session: the price feed is down.',
  },
  sentinel_engine_revaluations_due_total: {
    type: 'counter',
    help: 'Accounts marked for revaluation by prices and betas, also those that were marked already',
    unit: 'accounts',
    labels: [],
    processes: ['margin-engine'],
    hint: 'Due ÷ done is the conflation: how many moves one revaluation stands for.',
  },
  sentinel_engine_revaluations_total: {
    type: 'counter',
    help: 'Accounts revalued at the last prices',
    unit: 'accounts',
    labels: [],
    processes: ['margin-engine'],
    hint: 'Falls behind what is due by design: several prices within the interval count once.',
  },
  sentinel_engine_flush_seconds: {
    type: 'histogram',
    help: 'From the begin of a flush of marked accounts to its last commit',
    unit: 'seconds',
    labels: [],
    processes: ['margin-engine'],
    buckets: LATENCY,
    hint: 'Above 1 s p99 prices reach figures late: too many holders for one engine.',
  },
  sentinel_engine_heartbeat_age_seconds: {
    type: 'gauge',
    help: 'Since heartbeats were last acknowledged by the broker',
    unit: 'seconds',
    labels: [],
    processes: ['margin-engine'],
    hint: 'Above 5 s every case holds: its figures cannot be proved fresh.',
  },

  sentinel_signaller_signals_total: {
    type: 'counter',
    help: 'Signals to cases, by why and whether the server took them',
    unit: 'events',
    labels: ['reason', 'outcome'],
    processes: ['case-signaller'],
    hint: 'outcome="failed": Temporal is away or slow; each is sent again.',
  },
  sentinel_signaller_delivery_seconds: {
    type: 'histogram',
    help: 'From sending a signal to its acknowledgement',
    unit: 'seconds',
    labels: [],
    processes: ['case-signaller'],
    buckets: LATENCY,
    hint: 'Above 1 s p99: Temporal is overloaded.',
  },
  sentinel_signaller_waiting_accounts: {
    type: 'gauge',
    help: 'Accounts whose signals wait',
    unit: 'accounts',
    labels: ['event'],
    processes: ['case-signaller'],
    hint: 'Largest deficiency goes first; a number that stays high means that Temporal is too slow.',
  },
  sentinel_signaller_sweeps_total: {
    type: 'counter',
    help: 'Sweeps over all cases for lost news',
    unit: 'events',
    labels: ['outcome'],
    processes: ['case-signaller'],
    hint: 'None done for two minutes: a lost edge is not found.',
  },
  sentinel_signaller_healed_total: {
    type: 'counter',
    help: 'Cases that a sweep found behind their figures',
    unit: 'cases',
    labels: ['reason'],
    processes: ['case-signaller'],
    hint: 'Above 0 after an outage is what the sweep is for; without one it is a defect.',
  },

  sentinel_accounts: {
    type: 'gauge',
    help: 'Accounts by the status of their last figures',
    unit: 'accounts',
    labels: ['status'],
    processes: ['worker'],
    hint: 'MARGIN_CALL is money at risk; INDETERMINATE has a position without a price.',
  },
  sentinel_deficiency_dollars: {
    type: 'gauge',
    help: 'Sum of what all accounts lack to their requirement',
    unit: 'dollars',
    labels: [],
    processes: ['worker'],
    hint: 'The firm’s unsecured exposure if nobody pays.',
  },
  sentinel_cases: {
    type: 'gauge',
    help: 'Cases by rung, as Temporal’s index has them',
    unit: 'cases',
    labels: ['rung'],
    processes: ['worker'],
    hint: 'Accounts below the line without a case on a rung above ACTIVE: the signaller is behind.',
  },
  sentinel_case_actions_total: {
    type: 'counter',
    help: 'Decisions of cases that are on record, by step and by proof; a retried one may count twice',
    unit: 'events',
    labels: ['action', 'proof'],
    processes: ['worker'],
    hint: 'CALL, CLOSE_ONLY and TRIGGER at an unusual rate: a bad price, or a bad day.',
  },
  sentinel_case_reaction_seconds: {
    type: 'histogram',
    help: 'From the figures that a case saw to the record of its decision',
    unit: 'seconds',
    labels: ['action'],
    processes: ['worker'],
    buckets: [...LATENCY, 30, 60],
    hint: 'WARN and CALL above 3 s p99: a link of the chain is slow; see lag and latencies.',
  },
  sentinel_case_timer_lateness_seconds: {
    type: 'histogram',
    help: 'From a deadline to the decision that it asks for; a hold in between counts',
    unit: 'seconds',
    labels: ['deadline'],
    processes: ['worker'],
    buckets: LATENESS,
    hint: 'Above 1 s without a hold: workers or Temporal are overloaded.',
  },
  sentinel_case_timer_early_total: {
    type: 'counter',
    help: 'Decisions that came before their deadline',
    unit: 'events',
    labels: ['deadline'],
    processes: ['worker'],
    hint: 'Must be 0. Page at once: a customer was acted upon too early.',
  },
  sentinel_case_holds_total: {
    type: 'counter',
    help: 'Times that escalation was held back, by reason',
    unit: 'events',
    labels: ['code'],
    processes: ['worker'],
    hint: 'HEARTBEAT_OLD, NOT_CAUGHT_UP: the engine; QUOTE_OLD, INDETERMINATE: the price feed.',
  },
  sentinel_case_hold_seconds: {
    type: 'histogram',
    help: 'How long escalation was held back when it went on again',
    unit: 'seconds',
    labels: ['code'],
    processes: ['worker'],
    buckets: HOLDS,
    hint: 'Long holds are late escalations: money stays at risk meanwhile.',
  },
  sentinel_activity_seconds: {
    type: 'histogram',
    help: 'How long an attempt of an activity took',
    unit: 'seconds',
    labels: ['activity', 'outcome'],
    processes: ['worker'],
    buckets: LATENCY,
    hint: 'outcome="failed" repeats until it succeeds: the case stands still meanwhile.',
  },
  sentinel_activity_queue_seconds: {
    type: 'histogram',
    help: 'From the scheduling of an attempt to its start',
    unit: 'seconds',
    labels: ['activity'],
    processes: ['worker'],
    buckets: LATENCY,
    hint: 'Above 1 s p99: more workers.',
  },
  sentinel_fresh_reading_seconds: {
    type: 'histogram',
    help: 'How long proving an account’s figures fresh took, by what came of it',
    unit: 'seconds',
    labels: ['outcome'],
    processes: ['worker', 'api'],
    buckets: LATENCY,
    hint: 'Others than FRESH become holds.',
  },
  sentinel_heartbeat_age_seconds: {
    type: 'gauge',
    help: 'Age of the last heartbeat that a worker has read of each partition’s engine',
    unit: 'seconds',
    labels: ['partition'],
    processes: ['worker'],
    hint: 'Above 5 s the partition’s cases hold. A partition without a line never had an engine.',
  },
  sentinel_quote_age_seconds: {
    type: 'gauge',
    help: 'Age of the newest and of the oldest last quote of all symbols',
    unit: 'seconds',
    labels: ['quote'],
    processes: ['worker'],
    hint: 'newest above the policy’s quote age in session: the price feed is down.',
  },

  sentinel_venue_orders_total: {
    type: 'counter',
    help: 'Orders that came to the venue, by what became of them',
    unit: 'records',
    labels: ['outcome'],
    processes: ['venue-adapter'],
    hint: 'DUPLICATE is harmless; TOO_OLD has its dead letter.',
  },
  sentinel_venue_cancels_total: {
    type: 'counter',
    help: 'Cancels that came to the venue, by what became of them',
    unit: 'records',
    labels: ['outcome'],
    processes: ['venue-adapter'],
    hint: 'TOO_LATE: the order was finished before.',
  },
  sentinel_venue_executions_total: {
    type: 'counter',
    help: 'Executions written, by status',
    unit: 'records',
    labels: ['status'],
    processes: ['venue-adapter'],
    hint: 'EXPIRED: no fresh price came while the order was valid.',
  },
  sentinel_venue_working_orders: {
    type: 'gauge',
    help: 'Orders that wait for a fresh price',
    unit: 'records',
    labels: ['partition'],
    processes: ['venue-adapter'],
    hint: 'Above 0 for long: the price feed is down while accounts are being liquidated.',
  },

  sentinel_index_writes_total: {
    type: 'counter',
    help: 'Writes to the state index; a stale one had no later version than the stored',
    unit: 'records',
    labels: ['kind', 'outcome'],
    processes: ['state-index'],
    hint: 'outcome="refused": an account is shown as it was before.',
  },
  sentinel_index_deferred_accounts: {
    type: 'gauge',
    help: 'Healthy accounts whose last price move waits for its minute to be over',
    unit: 'accounts',
    labels: [],
    processes: ['state-index'],
    hint: 'These are shown up to a minute late, by design.',
  },

  sentinel_notice_retries_total: {
    type: 'counter',
    help: 'Attempts of the notifier to deliver a notice that failed before, by channel and outcome',
    unit: 'records',
    labels: ['channel', 'outcome'],
    processes: ['notifier'],
    hint: 'outcome="failed" pages a person: a customer does not know what the firm is about to do.',
  },
  sentinel_notices_undelivered: {
    type: 'gauge',
    help: 'Notices that are to be tried again',
    unit: 'records',
    labels: ['partition'],
    processes: ['notifier'],
    hint: 'Stays above 0: a channel is down.',
  },
  sentinel_pages_total: {
    type: 'counter',
    help: 'Pages to people, by channel and outcome',
    unit: 'events',
    labels: ['channel', 'outcome'],
    processes: ['notifier'],
    hint: 'Only failed ones: nobody is reached.',
  },
  sentinel_alerts_open: {
    type: 'gauge',
    help: 'Alerts that nobody has acknowledged',
    unit: 'records',
    labels: ['partition'],
    processes: ['notifier'],
    hint: 'Above 0 for long: nobody is at the desk.',
  },

  sentinel_api_request_seconds: {
    type: 'histogram',
    help: 'From the first line of a request to the end of its answer',
    unit: 'seconds',
    labels: ['method', 'route', 'status'],
    processes: ['api'],
    buckets: LATENCY,
    hint: 'status 5xx: a dependency is away; 499: the caller did not wait.',
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

type NamesOf<Type extends MetricDefinition['type']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[MetricName];

export type CounterName = NamesOf<'counter'>;
export type GaugeName = NamesOf<'gauge'>;
export type HistogramName = NamesOf<'histogram'>;

/** The labels of a metric, each with its value. */
export type LabelsOf<Name extends MetricName> = Readonly<
  Record<(typeof METRICS)[Name]['labels'][number], string>
>;

/** The definition of a metric, by its name. */
export function metricDefinition(name: MetricName): MetricDefinition {
  return METRICS[name];
}
