import { stringify } from 'yaml';

/** A rule that calls a person. */
export interface Alert {
  readonly name: string;
  readonly expr: string;
  /** How long it must hold. */
  readonly for: string;
  /** `page` wakes somebody; `ticket` can wait for the morning. */
  readonly severity: 'page' | 'ticket';
  readonly summary: string;
  /** What to do first. */
  readonly action: string;
}

/** Every rule, the most urgent first. */
export const ALERTS: readonly Alert[] = [
  {
    name: 'SentinelTimerEarly',
    expr: 'sum by (deadline) (increase(sentinel_case_timer_early_total[10m])) > 0',
    for: '0s',
    severity: 'page',
    summary: 'A case acted before its deadline ({{ $labels.deadline }})',
    action: 'Find the step in audit.v1 and hold enforcement: a customer was acted upon too early.',
  },
  {
    name: 'SentinelUnsecuredDeficit',
    expr: 'max(sentinel_cases{rung="UNSECURED_DEFICIT"}) > 0',
    for: '0s',
    severity: 'page',
    summary: '{{ $value }} accounts lack money that no sale can bring',
    action: 'Each case belongs to a person: see the case list, filter UNSECURED_DEFICIT.',
  },
  {
    name: 'SentinelProcessDown',
    expr: 'up{job="sentinel"} == 0',
    for: '1m',
    severity: 'page',
    summary: '{{ $labels.instance }} does not answer',
    action: 'Look at its log; without the engine every case holds, without workers none moves.',
  },
  {
    name: 'SentinelFiguresNotFresh',
    expr: 'min by (partition) (sentinel_heartbeat_age_seconds) > 5',
    for: '30s',
    severity: 'page',
    summary: 'Partition {{ $labels.partition }}: no heartbeat of the engine; its cases hold',
    action: 'Is an engine up and owner of the partition? Its /readyz says what it waits for.',
  },
  {
    name: 'SentinelPartitionWithoutOwner',
    expr: 'sum by (consumer) (sentinel_partitions_owned) < on () group_left () count(count by (partition) (sentinel_heartbeat_age_seconds))',
    for: '1m',
    severity: 'page',
    summary: '{{ $labels.consumer }} owns {{ $value }} partitions only',
    action: 'Start another process, or look why the take-over fails.',
  },
  {
    name: 'SentinelNobodyReached',
    expr: 'sum(increase(sentinel_pages_total{outcome="failed"}[5m])) > 0 unless sum(increase(sentinel_pages_total{outcome="delivered"}[5m])) > 0',
    for: '0s',
    severity: 'page',
    summary: 'Alerts wait, and no channel reaches a person',
    action: 'Read alerts.v1 (`sentinel tail alerts.v1`), then mend the channels of the notifier.',
  },
  {
    name: 'SentinelNoticesUndelivered',
    expr: 'sum(sentinel_notices_undelivered) > 0',
    for: '10m',
    severity: 'ticket',
    summary: '{{ $value }} notices have not reached their customers',
    action: 'See notices.v1 for the reason; each has an alert of its own.',
  },
  {
    name: 'SentinelCaseMissing',
    expr: 'max(sentinel_accounts{status="MARGIN_CALL"}) > sum(max by (rung) (sentinel_cases{rung=~"MARGIN_CALL|RESTRICTED|LIQUIDATING|UNSECURED_DEFICIT"}))',
    for: '2m',
    severity: 'page',
    summary: '{{ $value }} accounts are below the line, and fewer cases are called',
    action:
      'Is the signaller up, does Temporal take signals, do workers run? The sweep heals what is lost.',
  },
  {
    name: 'SentinelConsumerStuck',
    expr: 'max by (part, consumer, topic) (sentinel_consumer_lag_seconds) > 60',
    for: '1m',
    severity: 'page',
    summary:
      '{{ $labels.consumer }} has records of {{ $labels.topic }} unfinished for {{ $value }} s',
    action:
      'Look at the log of {{ $labels.part }}; compare with sentinel_consumer_lag_records: stuck or slow?',
  },
  {
    name: 'SentinelSignalsFail',
    expr: 'sum(rate(sentinel_signaller_signals_total{outcome="failed"}[5m])) > 0',
    for: '2m',
    severity: 'page',
    summary: 'Temporal does not take signals',
    action: 'Is the Temporal server up? Signals are sent again, the largest deficiency first.',
  },
  {
    name: 'SentinelActivitiesFail',
    expr: 'sum by (activity) (rate(sentinel_activity_seconds_count{outcome="failed"}[5m])) > 0',
    for: '5m',
    severity: 'page',
    summary: '{{ $labels.activity }} fails: cases stand still',
    action: 'The pending activity in the Web UI shows its last failure.',
  },
  {
    name: 'SentinelSweepMissing',
    expr: 'sum(increase(sentinel_signaller_sweeps_total{outcome="done"}[3m])) == 0',
    for: '1m',
    severity: 'page',
    summary: 'No sweep over the cases for three minutes: a lost edge stays lost',
    action: 'Look at the log of the case-signaller for sweep_failed.',
  },
  {
    name: 'SentinelDeadLetters',
    expr: 'sum by (topic, code) (increase(sentinel_dead_letters_total[10m])) > 0',
    for: '0s',
    severity: 'page',
    summary: 'Records of {{ $labels.topic }} were refused ({{ $labels.code }})',
    action: 'Read {{ $labels.topic }}.dlq: a fill that did not count is a position that is wrong.',
  },
  {
    name: 'SentinelUnreadableRecords',
    expr: 'sum by (part, topic, code) (increase(sentinel_unreadable_records_total[10m])) > 0',
    for: '0s',
    severity: 'ticket',
    summary: '{{ $labels.part }} passes over records of {{ $labels.topic }} ({{ $labels.code }})',
    action: 'Do the versions of the processes fit? Did somebody write to the topic by hand?',
  },
  {
    name: 'SentinelTimersLate',
    expr: 'histogram_quantile(0.99, sum by (le, deadline) (rate(sentinel_case_timer_lateness_seconds_bucket[10m]))) > 60',
    for: '5m',
    severity: 'ticket',
    summary: 'Decisions at the deadline {{ $labels.deadline }} come {{ $value }} s late',
    action: 'With holds: see their reasons. Without: more workers, or Temporal is overloaded.',
  },
  {
    name: 'SentinelHolds',
    expr: 'sum by (code) (increase(sentinel_case_holds_total[10m])) > 0',
    for: '5m',
    severity: 'ticket',
    summary: 'Escalation is held back: {{ $labels.code }}',
    action: 'HEARTBEAT_OLD, NOT_CAUGHT_UP: the engine. QUOTE_OLD, INDETERMINATE: the price feed.',
  },
  {
    name: 'SentinelQuotesOld',
    expr: 'min(sentinel_quote_age_seconds{quote="newest"}) > 60',
    for: '1m',
    severity: 'ticket',
    summary: 'No price for {{ $value }} s',
    action: 'In session: is the price feed up? Out of session it is as it should be.',
  },
  {
    name: 'SentinelApiErrors',
    expr: 'sum(rate(sentinel_api_request_seconds_count{status=~"5.."}[5m])) / sum(rate(sentinel_api_request_seconds_count[5m])) > 0.01',
    for: '5m',
    severity: 'ticket',
    summary: '{{ $value | humanizePercentage }} of requests fail',
    action: 'Its /readyz names the dependency that is away.',
  },
  {
    name: 'SentinelGroupUnsteady',
    expr: 'sum by (consumer) (increase(sentinel_consumer_joins_total[10m])) > 20',
    for: '0s',
    severity: 'ticket',
    summary: '{{ $labels.consumer }} forms its group again and again',
    action: 'Members that end, or a broker that is away; nothing is read while a group forms.',
  },
  {
    name: 'SentinelEventLoopLate',
    expr: 'max by (part) (nodejs_eventloop_lag_seconds) > 0.5',
    for: '5m',
    severity: 'ticket',
    summary: 'The event loop of {{ $labels.part }} comes round {{ $value }} s late',
    action: 'Too much work for one process, or too little CPU for the machine.',
  },
];

/** The rules as a rule file of Prometheus. */
export function alertDocument(): string {
  const rules = ALERTS.map(({ name, expr, for: held, severity, summary, action }) => ({
    alert: name,
    expr,
    for: held,
    labels: { severity },
    annotations: { summary, action },
  }));
  const head = '# Made from deploy/alerts.ts: `npm run docs` writes it anew.\n';
  return head + stringify({ groups: [{ name: 'margin-sentinel', rules }] }, { lineWidth: 0 });
}
