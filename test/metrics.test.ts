import { RUNG_NAMES } from '#contracts/case-events.ts';
import { marginCalcSchema } from '#contracts/margin-figures.ts';
import { METRICS } from '#contracts/metric-catalogue.ts';
import { PROCESS_NAMES } from '#contracts/metric-definition.ts';
import type { MetricDefinition, ProcessName } from '#contracts/metric-definition.ts';
import { NODE_METRICS } from '#contracts/node-metrics.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { OutboundRecord } from '#ports/records.ts';
import { PRODUCT_PROCESSES } from '#stack/product-processes.ts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { startPart } from './part-fixture.ts';
import type { PartProcess } from './part-fixture.ts';

/** Every process of the product, on the real servers: what it measures is what the catalogue says. */

const PARTITIONS = 2;
const WAIT_MS = 60_000;
/** Several censuses. */
const COUNTED_MS_MAX = 90_000;
const parts = new Map<string, PartProcess>();
let kafka: KafkaFixture;
let quotes: NodeJS.Timeout | undefined;

beforeAll(async () => {
  kafka = await openKafka('metrics', PARTITIONS);
  const environment = {
    ...stackVariables(),
    SENTINEL_TOPIC_PREFIX: kafka.topicPrefix,
    SENTINEL_PARTITIONS: String(PARTITIONS),
    SENTINEL_API_PORT: '0',
    SENTINEL_METRICS_PORT: '0',
  };
  // One after another: a busy machine would start none of six in time.
  for (const { name, entry } of PRODUCT_PROCESSES) {
    parts.set(name, await startPart(entry, environment));
  }
}, 400_000);

afterAll(async () => {
  clearInterval(quotes);
  await Promise.all([...parts.values()].map((part) => part.stop()));
  await kafka.close();
});

describe('the catalogue of metrics', () => {
  test('knows every process of the product', () => {
    expect([...PROCESS_NAMES].sort()).toEqual(PRODUCT_PROCESSES.map(({ name }) => name).sort());
  });

  test.each(PROCESS_NAMES)('is all that %s exposes, and %s exposes all of it', async (name) => {
    const families = familiesIn(await page(name, '/metrics'));
    const own = [...families].filter(([family]) => !/^(process|nodejs)_/.test(family));
    expect(Object.fromEntries(own)).toEqual(catalogued(name));
    for (const family of Object.keys(NODE_METRICS)) expect(families.has(family)).toBe(true);
  });
});

describe('metrics of an account that falls below the line', () => {
  test('tell each step, from the bad record to the call', async () => {
    const now = Date.now();
    const fill = { account_id: 'ACC_1', symbol: 'NVDA', qty: 100, price: 1_000, timestamp: now };
    // Its quote is never repeated: its case holds, and it stays below the line for whoever looks late.
    const held = { ...fill, fill_id: 'F2', account_id: 'ACC_3', symbol: 'HELD' };
    const paid = { cash_id: 'C1', account_id: 'ACC_3', amount: 20_000, kind: 'DEPOSIT' };
    await kafka.publish([
      priceNow(),
      priceNow('HELD'),
      { topic: TOPICS.cash.name, key: 'ACC_3', value: JSON.stringify({ ...paid, timestamp: now }) },
      { topic: TOPICS.fills.name, key: 'ACC_3', value: JSON.stringify(held) },
      // Of another account: it would hold back the case of its own.
      { topic: TOPICS.fills.name, key: 'ACC_2', value: 'not JSON' },
      {
        topic: TOPICS.fills.name,
        key: 'ACC_1',
        value: JSON.stringify({ ...fill, fill_id: 'F1' }),
      },
    ]);
    // Without fresh quotes a case holds, and is never past due.
    quotes = setInterval(() => void kafka.publish([priceNow()]), 1_000);
    await shows('margin-engine', 'sentinel_dead_letters_total', ['fills.v1', 'MALFORMED'], 1);
    await shows('margin-engine', 'sentinel_engine_bookings_total', ['fills.v1', 'BOOKED'], 1);
    await shows('margin-engine', 'sentinel_partitions_owned', ['margin-engine'], PARTITIONS);
    await shows('case-signaller', 'sentinel_signaller_signals_total', ['delivered'], 1);
    await shows('worker', 'sentinel_case_actions_total', ['CALL'], 1);
    await eventually('the call of ACC_1', WAIT_MS, () => Promise.resolve(callOf('ACC_1')));
    await shows('worker', 'sentinel_fresh_reading_seconds_count', ['FRESH'], 1);
    await shows('worker', 'sentinel_case_reaction_seconds_count', ['CALL'], 1);
    await shows('worker', 'sentinel_activity_seconds_count', ['issueMarginCall', 'done'], 1);
    await shows('worker', 'sentinel_accounts', ['MARGIN_CALL'], 1);
    await shows('worker', 'sentinel_case_timer_lateness_seconds_count', ['due'], 1);
    await shows('state-index', 'sentinel_index_writes_total', ['case', 'written'], 1);
    clearInterval(quotes);
    await shows('margin-engine', 'sentinel_consumer_lag_records', ['fills.v1'], 0);
    expect(await valueOf('worker', 'sentinel_case_timer_early_total', ['due'])).toBe(0);
    await eventually('the worker adds up what the figures say', WAIT_MS, async () => {
      return (await valueOf('worker', 'sentinel_deficiency_dollars', [])) === (await deficiency());
    });
    // Of the called account, the held one and the blocked one, on whatever rungs: the first may have
    // been liquidated, and cured, by the time of the next census.
    await eventually('Temporal counts the three cases', COUNTED_MS_MAX, async () => {
      const counts = await Promise.all(
        RUNG_NAMES.map((rung) => valueOf('worker', 'sentinel_cases', [rung])),
      );
      return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0) === 3;
    });
  }, 600_000);

  test.each(PROCESS_NAMES.filter((name) => name !== 'api'))('%s is ready', async (name) => {
    await eventually(`${name} is ready`, WAIT_MS, async () => {
      return (await page(name, '/readyz')) === '{"ready":true}';
    });
  });

  test('a step is logged with the correlation id of the fill that caused it', () => {
    const line = callOf('ACC_1');
    expect(line).toMatchObject({ event: 'case_action' });
    expect(line?.correlation_id).toMatch(/^(fills|prices)\.v1:/);
    const refused = parts.get('margin-engine')?.lines.find(({ event }) => event === 'dead_letter');
    expect(refused).toMatchObject({ code: 'MALFORMED', correlation_id: refused?.origin });
  });
});

function priceNow(symbol = 'NVDA'): OutboundRecord {
  const price = { symbol, price: 1_000, timestamp: Date.now() };
  return { topic: TOPICS.prices.name, key: symbol, value: JSON.stringify(price) };
}

/** The worker's line about the call of an account. */
function callOf(accountId: string): Readonly<Record<string, unknown>> | undefined {
  const lines = parts.get('worker')?.lines ?? [];
  return lines.find(({ action, account_id }) => action === 'CALL' && account_id === accountId);
}

/** What this test's stack tells every process, with nothing of this one's own. */
function stackVariables(): Record<string, string> {
  const names = /^(TEMPORAL_|KAFKA_|DYNAMODB_|AWS_|SENTINEL_JWT_|HOME$)/;
  const given = Object.entries(process.env).filter(([name]) => names.test(name));
  return Object.fromEntries(given.map(([name, value]) => [name, value ?? '']));
}

async function page(name: string, path: string): Promise<string> {
  const ready = parts.get(name)?.lines.find(({ event }) => event === 'ready');
  const response = await fetch(`http://127.0.0.1:${String(ready?.metrics_port)}${path}`);
  return response.text();
}

function familiesIn(text: string): Map<string, string> {
  const lines = text.matchAll(/^# TYPE (\S+) (\S+)$/gm);
  return new Map([...lines].map(([, family = '', type = '']) => [family, type]));
}

function catalogued(name: ProcessName): Record<string, string> {
  const own = Object.entries<MetricDefinition>(METRICS).filter(([, { processes }]) =>
    processes.includes(name),
  );
  return Object.fromEntries(own.map(([metric, { type }]) => [metric, type]));
}

/** The sum over all series of a metric whose labels hold these values; null without one. */
async function valueOf(
  name: ProcessName,
  metric: string,
  values: readonly string[],
): Promise<number | null> {
  const lines = (await page(name, '/metrics'))
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`))
    .filter((line) => values.every((value) => line.includes(`"${value}"`)));
  if (lines.length === 0) return null;
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

async function shows(
  name: ProcessName,
  metric: string,
  labels: readonly string[],
  value: number,
): Promise<void> {
  await eventually(`${metric} ${labels.join(' ')} ${String(value)}`, WAIT_MS, async () => {
    const found = await valueOf(name, metric, labels);
    return found !== null && (value === 0 ? found === 0 : found >= value);
  });
}

/** What the last figures of all accounts say together. */
async function deficiency(): Promise<number> {
  const records = await kafka.readAll(TOPICS.marginCalc.name);
  const last = new Map(
    records.map(({ key, value }) => [key, marginCalcSchema.parse(JSON.parse(String(value)))]),
  );
  return [...last.values()].reduce((sum, figures) => sum + (figures.deficiency ?? 0), 0);
}
