import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { marginCallSchema } from '#contracts/case-events.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { TemporalConnection } from '#platform/temporal/connection.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { startPart, stopInOrder } from './part-fixture.ts';
import type { PartProcess } from './part-fixture.ts';
import {
  committedPositions,
  executionRecord,
  openTemporal,
  testTemporalAddress,
  toldOf,
} from './signaller-fixture.ts';

const PARTITIONS = 2;
const EXECUTIONS = 40;
const EXECUTIONS_BEFORE_KILL = 30;
const EXECUTION_PAUSE_MS = 50;
const TICK_PAUSE_MS = 100;
/** The server may still take what was under way when the signaller died. */
const SERVER_SETTLES_MS = 2_000;
const WAIT_MS = 60_000;
/** Three processes, one of them twice. */
const TEST_MS = 400_000;
/** Longer than a sweep at start, a signal and the case's answer to it. */
const QUIET_MS = 3_000;

let server: TemporalConnection;
let kafka: KafkaFixture;
let parts: PartProcess[] = [];

beforeEach(async () => {
  server = openTemporal('');
  kafka = await openKafka('signaller-crash', PARTITIONS);
  parts = [];
});

afterEach(async () => {
  await Promise.all(parts.map((part) => part.stop()));
  await kafka.close();
  await server.close();
});

async function start(main: string): Promise<PartProcess> {
  const part = await startPart(main, {
    SENTINEL_TOPIC_PREFIX: kafka.topicPrefix,
    SENTINEL_PARTITIONS: String(PARTITIONS),
    TEMPORAL_ADDRESS: testTemporalAddress(),
    SENTINEL_PRESET: 'house',
  });
  parts.push(part);
  return part;
}

function told(accountId: string): Promise<string[]> {
  return toldOf(server.client, kafka.topicPrefix, accountId);
}

async function calls(): Promise<string[]> {
  const records = await kafka.readAll(TOPICS.marginCalls.name);
  return records.map(({ value }) => marginCallSchema.parse(JSON.parse(String(value))).action);
}

function isExecution(signal: string): boolean {
  return signal.startsWith('X-');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function tick(price: number): Promise<void> {
  const value = JSON.stringify({ symbol: 'NVDA', price, timestamp: Date.now() });
  await kafka.publish([{ topic: TOPICS.prices.name, key: 'NVDA', value }]);
}

/** New figures all the time that are no news to anybody: a dollar of equity up and down. */
async function tickUntil(over: AbortSignal): Promise<void> {
  for (let n = 0; !over.aborted; n += 1) {
    await tick(1_000 + (n % 2) / 1_000);
    await pause(TICK_PAUSE_MS);
  }
}

/** $310,000 and 1,000 shares at $1,000: an excess of $10,000, which the preset `house` warns of. */
async function thinAccount(accountId: string): Promise<void> {
  const timestamp = Date.now();
  const cash = {
    cash_id: 'D1',
    account_id: accountId,
    amount: 310_000,
    kind: 'DEPOSIT',
    timestamp,
  };
  const fill = {
    fill_id: 'F1',
    account_id: accountId,
    symbol: 'NVDA',
    qty: 1_000,
    price: 1_000,
    timestamp,
  };
  await tick(1_000);
  await kafka.publish([
    { topic: TOPICS.cash.name, key: accountId, value: JSON.stringify(cash) },
    { topic: TOPICS.fills.name, key: accountId, value: JSON.stringify(fill) },
  ]);
}

test(
  'a signaller killed between signal and commit signals again, and the case counts it once',
  async () => {
    await start('consumers/margin-engine/main.ts');
    await start('workers/main.ts');
    let signaller = await start('consumers/case-signaller/main.ts');
    await thinAccount('A');
    await eventually('the warning', WAIT_MS, async () => (await calls()).length === 1);
    for (let n = 0; n < EXECUTIONS_BEFORE_KILL; n += 1) {
      await kafka.publish([executionRecord('A', n)]);
      await pause(EXECUTION_PAUSE_MS);
    }
    await signaller.kill();
    for (let n = EXECUTIONS_BEFORE_KILL; n < EXECUTIONS; n += 1) {
      await kafka.publish([executionRecord('A', n)]);
    }
    await pause(SERVER_SETTLES_MS);
    const before = await told('A');
    const position = Math.max(
      ...(await committedPositions(kafka.topicPrefix, TOPICS.executions.name)),
    );

    const over = new AbortController();
    const ticking = tickUntil(over.signal);
    signaller = await start('consumers/case-signaller/main.ts');
    await eventually('every execution is told', WAIT_MS, async () =>
      (await told('A')).includes(`X-A-${String(EXECUTIONS - 1)}`),
    );
    await pause(QUIET_MS);
    over.abort();
    await ticking;
    // Told but not committed: told again. Committed: told before. None is lost.
    const all = await told('A');
    const executions = Array.from({ length: EXECUTIONS }, (_, n) => `X-A-${String(n)}`);
    const notCommitted = executions.slice(position);
    const toldOnes = all.filter(isExecution);
    const first = toldOnes.slice(0, toldOnes.length - notCommitted.length);
    expect(toldOnes.slice(first.length)).toEqual(notCommitted);
    expect(first).toEqual(executions.slice(0, first.length));
    expect(first.length).toBeGreaterThanOrEqual(position);
    // The case said itself what figures it had seen: no second warning, no second signal.
    const isFigures = (signal: string): boolean => !isExecution(signal);
    expect(all.filter(isFigures)).toEqual(before.filter(isFigures));
    expect(await calls()).toEqual(['WARNING']);
    await stopInOrder(signaller);
  },
  TEST_MS,
);
