import { TOPICS } from '#contracts/topics.ts';
import { moneyText, number } from '../account-text.ts';
import type { Paint, Style } from '../account-text.ts';
import { clock, clockFrom } from '../time-text.ts';
import { shortName } from './topic-names.ts';

/** A record of any topic as one line that a person reads. */

/** What a record says. */
type Fields = Readonly<Record<string, unknown>>;

/** A record as it lay in its topic; `topic` without any prefix. */
export interface TailedRecord {
  readonly topic: string;
  readonly key: string | null;
  /** The broker's time, Unix ms. */
  readonly timestamp: number;
  /** The parsed JSON; undefined for a tombstone or what is no JSON object. */
  readonly content: Fields | undefined;
}

/** The fields that matter, in the order of reading. What is not here shows its simple fields. */
const FIELDS = new Map<string, readonly string[]>(
  Object.entries({
    [TOPICS.fills.name]: ['kind', 'qty', 'symbol', 'price', 'fill_id'],
    [TOPICS.cash.name]: ['kind', 'amount', 'cash_id'],
    [TOPICS.prices.name]: ['price'],
    [TOPICS.betas.name]: ['beta'],
    [TOPICS.marginCalc.name]: ['status', 'equity', 'maintenance_req', 'excess', 'cause'],
    [TOPICS.stress.name]: ['scenario', 'delta_pnl', 'excess_stressed', 'underwater'],
    [TOPICS.marginCalls.name]: ['action', 'renotified', 'demand', 'deficiency', 'due_at', 'met_by'],
    [TOPICS.restrictions.name]: ['action', 'holder', 'reason'],
    [TOPICS.liquidations.name]: ['action', 'positions', 'deficiency', 'residual_deficiency'],
    [TOPICS.orders.name]: ['side', 'qty', 'symbol', 'price', 'strategy', 'order_id'],
    [TOPICS.gatedOrders.name]: [
      ...['decision', 'code', 'side', 'qty', 'symbol', 'price', 'cancel_order_id'],
      ...['observed', 'limit', 'process'],
    ],
    [TOPICS.riskSignals.name]: ['scope', 'breached', 'metrics'],
    [TOPICS.liquidationOrders.name]: ['side', 'qty', 'symbol', 'price', 'order_id'],
    [TOPICS.orderCancels.name]: ['symbol', 'reason', 'order_id'],
    [TOPICS.executions.name]: ['status', 'side', 'last_qty', 'symbol', 'last_price', 'leaves_qty'],
    [TOPICS.notices.name]: ['kind', 'channel', 'state', 'amount', 'due_at', 'reason'],
    [TOPICS.alerts.name]: ['severity', 'code', 'event', 'what', 'pages'],
    [TOPICS.enforcement.name]: ['change', 'by', 'reason', 'resume_asked_by'],
    [TOPICS.controlCommands.name]: ['action', 'mode', 'triggered_by', 'reason', 'metric', 'value'],
    [TOPICS.controlEvents.name]: ['status', 'version', 'updated_by', 'reason', 'cancels_pending'],
    [TOPICS.controlState.name]: ['status', 'version', 'updated_by', 'reason', 'cancels_pending'],
    [TOPICS.gateLeases.name]: ['kind', 'state', 'owned_partitions'],
    [TOPICS.audit.name]: ['event_type', 'scope', 'rung', 'actor', 'reason', 'note', 'amount'],
  }),
);
const DEAD_LETTER_FIELDS = ['code', 'reason', 'partition', 'offset'];

/** Said elsewhere on the line, or said to machines only. */
const UNSAID = new Set([
  ...['account_id', 'timestamp', 'ts', 'as_of', 'correlation_id', 'causation_id', 'corr_id'],
  ...['event_id', 'generation', 'sequence', 'figures_version', 'policy_version', 'value_base64'],
]);
const FIELDS_SHOWN_MAX = 8;
const TEXT_MAX = 160;

const MONEY =
  /^(amount|cash|demand|deficiency|residual_deficiency|equity|excess|price|maintenance_req|delta_pnl)$|_(price|demand|deficiency|mv|stressed)$/;

/** These words need no name before them. */
const BARE = new Set([
  ...['kind', 'status', 'action', 'side', 'event_type', 'symbol', 'code', 'reason', 'price'],
  ...['cause', 'qty', 'amount', 'last_qty', 'beta', 'type', 'severity', 'positions'],
  ...['what', 'state', 'event', 'channel', 'rung', 'note', 'scenario', 'decision'],
]);

const LABELS = new Map(
  Object.entries({
    maintenance_req: 'requirement',
    due_at: 'due',
    met_by: 'met by',
    residual_deficiency: 'still missing',
    leaves_qty: 'left',
    last_price: 'at',
    excess_stressed: 'excess',
    delta_pnl: 'moves',
    cancel_order_id: 'cancels',
    process: 'owner',
  }),
);

const WORD_STYLES: readonly [RegExp, Style][] = [
  [
    /^(MARGIN_CALL|PAST_DUE|CLOSE_ONLY|TRIGGERED|REJECT|REJECTED|DROP|KILLED|LIQUIDATION_TRIGGERED|UNSECURED_DEFICIT)$|REFUSED|STUCK|FAILED|UNDELIVERED|CRITICAL/,
    'red',
  ],
  [
    /^(ACTIVE|ALLOW|MET|LIFTED|COMPLETED|FILLED|DEPOSIT|LIQUIDATION_COMPLETED)$|ALLOWED|DELIVERED/,
    'green',
  ],
  [/WARNING|HELD|INDETERMINATE|EXPIRED|CANCELLED|WITHDRAWAL/, 'yellow'],
];
const TOPIC_STYLES: readonly [RegExp, Style][] = [
  [/\.dlq$/, 'red'],
  [/^(margin\.calls|restrictions|liquidation|alerts)/, 'magenta'],
  [/^(fills|cash|prices|betas|adjustments)/, 'blue'],
];

/** One line: time, topic, account or key, and what matters. `topicWidth` aligns the topics. */
export function recordLine(record: TailedRecord, topicWidth: number, paint: Paint): string {
  const { topic, key, timestamp, content } = record;
  const name = shortName(topic);
  const about = accountOf(record) ?? key ?? '-';
  const parts = [
    paint('dim', clock(timestamp)),
    paint(styleOf(name, TOPIC_STYLES) ?? 'cyan', name.padEnd(topicWidth)),
    paint('bold', safe(about).padEnd(14)),
    content === undefined ? paint('dim', 'no JSON') : fieldsText(record, content, paint),
  ];
  return `${parts.join('  ').trimEnd()}\n`;
}

/** The account that a record is about; null when it names none. */
export function accountOf({ content }: TailedRecord): string | null {
  return typeof content?.account_id === 'string' ? content.account_id : null;
}

function fieldsText({ topic, timestamp }: TailedRecord, content: Fields, paint: Paint): string {
  const { details, order } = content;
  const fields: Fields = { ...asFields(details), ...asFields(order), ...content };
  return namesOf(topic, content)
    .map((name) => ({ name, text: valueText(name, fields[name], timestamp) }))
    .filter(({ name, text }, index, all) => isNews(name, text, all[index - 1]?.text))
    .map(({ name, text }) => fieldText(name, text, paint))
    .join('  ');
}

/** A word without its name says nothing twice: an order is allowed with the code ALLOW. */
function isNews(name: string, text: string, before: string | undefined): boolean {
  return text !== '' && !(BARE.has(name) && text === before);
}

/** What a record says within a field of it. */
function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function namesOf(topic: string, content: Fields): readonly string[] {
  if (topic.endsWith('.dlq')) return DEAD_LETTER_FIELDS;
  const known = FIELDS.get(topic);
  if (known !== undefined) return known;
  const simple = Object.keys(content).filter((name) => {
    const value = content[name];
    return !UNSAID.has(name) && value !== null && typeof value !== 'object';
  });
  return simple.slice(0, FIELDS_SHOWN_MAX);
}

function fieldText(name: string, text: string, paint: Paint): string {
  const style = styleOf(text, WORD_STYLES);
  const painted = style === undefined ? text : paint(style, text);
  return BARE.has(name) || text === name
    ? painted
    : `${paint('dim', LABELS.get(name) ?? safe(name))} ${painted}`;
}

/** `at` is when the record was taken: instants of the same day need no day. */
function valueText(name: string, value: unknown, at: number): string {
  if (value === null || value === undefined || value === '') return '';
  if (typeof value === 'boolean') return value ? safe(name) : '';
  if (typeof value === 'number') return numberText(name, value, at);
  if (Array.isArray(value)) return value.map(itemText).join(', ').slice(0, TEXT_MAX);
  if (typeof value === 'object') return reasonText({ ...value });
  return typeof value === 'string' ? safe(value).slice(0, TEXT_MAX) : '';
}

/** Why something is held, refused or put off: its code, about what, and what was seen. */
function reasonText({ code, what, observed }: Fields): string {
  const said = [code, what, observed].filter((word) => typeof word === 'string');
  return safe(said.join(' ')).slice(0, TEXT_MAX);
}

function numberText(name: string, value: number, at: number): string {
  if (name.endsWith('_at') || name === 'valid_until') {
    return clockFrom(value, at);
  }
  if (name === 'scenario') return `SPY ${(100 * value).toFixed(0)} %`;
  return MONEY.test(name) ? moneyText(value) : number(value, 0);
}

/** A leg of a liquidation, or whatever else stands in a list. */
function itemText(item: unknown): string {
  if (typeof item !== 'object' || item === null) return safe(String(item));
  const { symbol, qty } = { symbol: undefined, qty: undefined, ...item };
  return typeof symbol === 'string' && typeof qty === 'number'
    ? `${number(qty, 0)} ${safe(symbol)}`
    : '…';
}

function styleOf(text: string, styles: readonly [RegExp, Style][]): Style | undefined {
  return styles.find(([pattern]) => pattern.test(text))?.[1];
}

/** What others wrote must not move the cursor. */
function safe(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '\u{fffd}');
}
