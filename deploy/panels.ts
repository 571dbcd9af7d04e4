/** One drawing of the dashboard: a query of catalogued metrics, and how its result reads. */
export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly expr: string;
  /** Grafana's name of a unit. */
  readonly unit: 'currencyUSD' | 'short' | 's' | 'bytes' | 'percentunit' | 'ops' | 'opm';
  /** How a line is named, with its labels in double braces. */
  readonly legend: string;
}

/** The panels that answer one question of the person who is on call. */
export interface PanelRow {
  readonly question: string;
  readonly panels: readonly Panel[];
}

const p99 = (histogram: string, by: string): string =>
  `histogram_quantile(0.99, sum by (le, ${by}) (rate(${histogram}_bucket[$__rate_interval])))`;
const perSecond = (counter: string, by: string): string =>
  `sum by (${by}) (rate(${counter}[$__rate_interval]))`;
const perMinute = (counter: string, by: string): string => `60 * ${perSecond(counter, by)}`;

/** The dashboard: questions from the most to the least urgent. */
export const PANEL_ROWS: readonly PanelRow[] = [
  {
    question: 'Is money at risk now?',
    panels: [
      {
        title: 'Deficiency of all accounts',
        description:
          'What the firm would lend unsecured if nobody paid. Workers agree: the maximum.',
        expr: 'max(sentinel_deficiency_dollars)',
        unit: 'currencyUSD',
        legend: 'deficiency',
      },
      {
        title: 'Accounts in trouble',
        description:
          'By the status of the last figures; INDETERMINATE has a position without a price.',
        expr: 'max by (status) (sentinel_accounts{status!="ACTIVE"})',
        unit: 'short',
        legend: '{{status}}',
      },
      {
        title: 'Cases by rung',
        description: 'As Temporal’s index has them.',
        expr: 'max by (rung) (sentinel_cases{rung!="ACTIVE"})',
        unit: 'short',
        legend: '{{rung}}',
      },
      {
        title: 'Steps of cases',
        description: 'Decisions on record, a minute.',
        expr: perMinute('sentinel_case_actions_total', 'action'),
        unit: 'opm',
        legend: '{{action}}',
      },
    ],
  },
  {
    question: 'Is data fresh?',
    panels: [
      {
        title: 'Age of quotes',
        description: 'newest: is the price feed alive? oldest: is a symbol forgotten?',
        expr: 'min by (quote) (sentinel_quote_age_seconds)',
        unit: 's',
        legend: '{{quote}}',
      },
      {
        title: 'Age of the engine’s heartbeats',
        description: 'Above 5 s the partition’s cases hold.',
        expr: 'min by (partition) (sentinel_heartbeat_age_seconds)',
        unit: 's',
        legend: 'partition {{partition}}',
      },
      {
        title: 'Age of what is not finished',
        description: 'The oldest unfinished record of each consumer.',
        expr: 'max by (consumer, topic) (sentinel_consumer_lag_seconds)',
        unit: 's',
        legend: '{{consumer}} {{topic}}',
      },
      {
        title: 'Input to figures, p99',
        description:
          'From the broker’s timestamp of a fill or a cash movement to the figures’ commit.',
        expr: p99('sentinel_engine_booking_seconds', 'topic'),
        unit: 's',
        legend: '{{topic}}',
      },
      {
        title: 'Proving figures fresh',
        description: 'Readings a minute, by what came of them; others than FRESH become holds.',
        expr: perMinute('sentinel_fresh_reading_seconds_count', 'outcome'),
        unit: 'opm',
        legend: '{{outcome}}',
      },
    ],
  },
  {
    question: 'Are cases moving?',
    panels: [
      {
        title: 'Figures to record of the step, p99',
        description: 'Warnings and calls; 3 s is the limit at 100 new cases a second.',
        expr: p99('sentinel_case_reaction_seconds', 'action'),
        unit: 's',
        legend: '{{action}}',
      },
      {
        title: 'Lateness of deadlines, p99',
        description: 'A hold in between counts.',
        expr: p99('sentinel_case_timer_lateness_seconds', 'deadline'),
        unit: 's',
        legend: '{{deadline}}',
      },
      {
        title: 'Signals to cases',
        description: 'By whether Temporal took them.',
        expr: perSecond('sentinel_signaller_signals_total', 'outcome'),
        unit: 'ops',
        legend: '{{outcome}}',
      },
      {
        title: 'Signals, p99',
        description: 'From sending to acknowledgement.',
        expr: p99('sentinel_signaller_delivery_seconds', 'part'),
        unit: 's',
        legend: 'delivery',
      },
      {
        title: 'Activities wait for a worker, p99',
        description: 'More than a second: more workers.',
        expr: p99('sentinel_activity_queue_seconds', 'activity'),
        unit: 's',
        legend: '{{activity}}',
      },
      {
        title: 'Holds',
        description: 'Times that escalation was held back, a minute, by reason.',
        expr: perMinute('sentinel_case_holds_total', 'code'),
        unit: 'opm',
        legend: '{{code}}',
      },
    ],
  },
  {
    question: 'Is something stuck?',
    panels: [
      {
        title: 'Records not finished',
        description: 'A line that only rises is stuck.',
        expr: 'sum by (consumer, topic) (sentinel_consumer_lag_records)',
        unit: 'short',
        legend: '{{consumer}} {{topic}}',
      },
      {
        title: 'Dead letters',
        description: 'Since the process started. A person reads each.',
        expr: 'sum by (topic, code) (sentinel_dead_letters_total) > 0',
        unit: 'short',
        legend: '{{topic}} {{code}}',
      },
      {
        title: 'Records passed over',
        description: 'Of our own topics: above 0 is a defect.',
        expr: 'sum by (part, topic, code) (sentinel_unreadable_records_total) > 0',
        unit: 'short',
        legend: '{{part}} {{topic}} {{code}}',
      },
      {
        title: 'Accounts whose signals wait',
        description: 'Largest deficiency goes first.',
        expr: 'sum by (event) (sentinel_signaller_waiting_accounts)',
        unit: 'short',
        legend: '{{event}}',
      },
      {
        title: 'Failed attempts of activities',
        description: 'A minute. The case stands still until one succeeds.',
        expr: '60 * sum by (activity) (rate(sentinel_activity_seconds_count{outcome="failed"}[$__rate_interval]))',
        unit: 'opm',
        legend: '{{activity}}',
      },
      {
        title: 'Partitions owned',
        description: 'Less than there are: nobody works there.',
        expr: 'sum by (consumer) (sentinel_partitions_owned)',
        unit: 'short',
        legend: '{{consumer}}',
      },
      {
        title: 'Orders that wait for a price',
        description: 'At the venue.',
        expr: 'sum(sentinel_venue_working_orders)',
        unit: 'short',
        legend: 'working',
      },
    ],
  },
  {
    question: 'Are people told?',
    panels: [
      {
        title: 'Notices to be tried again',
        description: 'Customers who do not know yet what was decided.',
        expr: 'sum(sentinel_notices_undelivered)',
        unit: 'short',
        legend: 'notices',
      },
      {
        title: 'Open alerts',
        description: 'Nobody has acknowledged them.',
        expr: 'sum(sentinel_alerts_open)',
        unit: 'short',
        legend: 'alerts',
      },
      {
        title: 'Pages',
        description: 'A minute, by channel and outcome.',
        expr: perMinute('sentinel_pages_total', 'channel, outcome'),
        unit: 'opm',
        legend: '{{channel}} {{outcome}}',
      },
    ],
  },
  {
    question: 'Machines',
    panels: [
      {
        title: 'CPU',
        description: 'Cores in use.',
        expr: perSecond('process_cpu_seconds_total', 'part'),
        unit: 'percentunit',
        legend: '{{part}}',
      },
      {
        title: 'Memory',
        description: 'Resident.',
        expr: 'max by (part) (process_resident_memory_bytes)',
        unit: 'bytes',
        legend: '{{part}}',
      },
      {
        title: 'Heap',
        description: 'In use.',
        expr: 'max by (part) (nodejs_heap_size_used_bytes)',
        unit: 'bytes',
        legend: '{{part}}',
      },
      {
        title: 'Event loop, p99',
        description: 'How late it comes round.',
        expr: 'max by (part) (nodejs_eventloop_lag_p99_seconds)',
        unit: 's',
        legend: '{{part}}',
      },
      {
        title: 'API requests',
        description: 'A second, by status.',
        expr: perSecond('sentinel_api_request_seconds_count', 'status'),
        unit: 'ops',
        legend: '{{status}}',
      },
      {
        title: 'API answers, p99',
        description: 'By route.',
        expr: p99('sentinel_api_request_seconds', 'route'),
        unit: 's',
        legend: '{{route}}',
      },
      {
        title: 'Conflation',
        description: 'Price moves that one revaluation of an account stands for.',
        expr: 'sum(rate(sentinel_engine_revaluations_due_total[$__rate_interval])) / sum(rate(sentinel_engine_revaluations_total[$__rate_interval]))',
        unit: 'short',
        legend: 'moves a revaluation',
      },
    ],
  },
];
