import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { startOrderMonitor } from '#consumers/order-monitor/order-monitor.ts';
import { monitorMetrics } from '#consumers/order-monitor/monitor-metrics.ts';
import { controlCommandSchema } from '#contracts/control-commands.ts';
import type { ControlCommandRecord } from '#contracts/control-commands.ts';
import { decodeMonitorPolicy } from '#contracts/order-monitor-policy.ts';
import { riskSignalSchema } from '#contracts/risk-signals.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Holder } from '#domain/controls/control-state.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { createPartitionOwner } from '#platform/kafka/partition-owner.ts';
import { createMetrics } from '#platform/metrics.ts';
import { loadMonitorPolicy } from '#platform/monitor-policy.ts';
import { eventually, openKafka, testLogger } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import {
  order,
  sendOrders,
  sendPrice,
  sendState,
  startGate,
  tellAccount,
  WAIT_MS,
} from './order-path-fixture.ts';

jest.setTimeout(180_000);

const PARTITIONS = 2;
const ACC_1 = { kind: 'ACCOUNT', id: 'ACC_1' } as const;

let kafka: KafkaFixture;
let started: { stop(): Promise<void> }[];
let defects: unknown[];

beforeEach(async () => {
  defects = [];
  kafka = await openKafka('monitor', PARTITIONS);
  await sendPrice(kafka, 'NVDA', 400);
  for (const accountId of ['ACC_1', 'ACC_2']) await tellAccount(kafka, accountId);
  started = [await startGate(kafka, defects)];
});

afterEach(async () => {
  await Promise.all(started.map((one) => one.stop()));
  await kafka.close();
  expect(defects).toEqual([]);
});

async function startMonitor(): Promise<{ stop(): Promise<void> }> {
  const onFatal = (error: unknown): void => {
    defects.push(error);
  };
  const monitor = await startOrderMonitor(
    {
      owner: createPartitionOwner(kafka.surroundings, {
        groupId: 'order-monitor',
        partitions: PARTITIONS,
        onFatal,
      }),
      createReader: (name) =>
        createLogReader(kafka.surroundings, {
          name,
          from: { sinceMs: Date.now() - 1_800_000 },
          onFatal,
        }),
    },
    {
      ...decodeMonitorPolicy(loadMonitorPolicy()),
      clock: { now: Date.now },
      logger: testLogger,
      metrics: monitorMetrics(createMetrics('order-monitor')),
      onFatal,
    },
  );
  started.push(monitor);
  return monitor;
}

async function commands(): Promise<ControlCommandRecord[]> {
  const records = await kafka.readAll(TOPICS.controlCommands.name);
  return records.map(({ value }) => controlCommandSchema.parse(JSON.parse(String(value))));
}

async function signals(scope: string) {
  const records = await kafka.readAll(TOPICS.riskSignals.name);
  return records
    .filter(({ key }) => key === scope)
    .map(({ value }) => riskSignalSchema.parse(JSON.parse(String(value))));
}

function burst(count: number, accountId = 'ACC_1') {
  return Array.from({ length: count }, () => order({ account_id: accountId, qty: 1 }));
}

test('an account that orders too fast is killed once, and the gate drops what comes then', async () => {
  await startMonitor();
  await sendOrders(kafka, ...burst(100), ...burst(50, 'ACC_2'));
  await eventually('the signals', WAIT_MS, async () =>
    (await signals('ACCOUNT:ACC_1')).some(({ metrics }) =>
      metrics.some(({ metric, value }) => metric === 'order_rate_60s' && value === 100),
    ),
  );
  expect(await commands()).toEqual([]);
  await sendOrders(kafka, ...burst(20));
  const [kill] = await eventually('the kill', WAIT_MS, async () => {
    const found = await commands();
    return found.length > 0 && found;
  });
  expect(kill).toMatchObject({
    scope: 'ACCOUNT:ACC_1',
    action: 'KILL',
    metric: 'order_rate_60s',
    value: 101,
    triggered_by: 'order-monitor',
  });
  // All in one symbol is a breach of its own, and only an alert.
  const rates = (await signals('ACCOUNT:ACC_1')).flatMap(({ metrics }) =>
    metrics.filter(({ metric, breached }) => metric === 'order_rate_60s' && breached),
  );
  expect(rates[0]?.threshold).toBe(100);
  expect(rates[0]?.value).toBeGreaterThan(100);
  await eventually('a dropped order', WAIT_MS, async () => {
    await sendOrders(kafka, ...burst(1));
    const gated = await kafka.readAll(TOPICS.gatedOrders.name);
    return gated.some(({ value }) => String(value).includes('KILLED'));
  });
  expect(await commands()).toHaveLength(1);
});

test('the next monitor knows the windows, and says what was said before no second time', async () => {
  const first = await startMonitor();
  await sendOrders(kafka, ...burst(101));
  await eventually('the kill', WAIT_MS, async () => (await commands()).length === 1);
  await first.stop();
  started = started.filter((one) => one !== first);
  // 60 of the other account while nobody watches, and then as many again.
  await sendOrders(kafka, ...burst(60, 'ACC_2'));
  await startMonitor();
  await sendOrders(kafka, ...burst(60, 'ACC_2'));
  const found = await eventually('the second kill', WAIT_MS, async () => {
    const all = await commands();
    return all.length > 1 && all;
  });
  expect(found.map(({ scope }) => scope).sort()).toEqual(['ACCOUNT:ACC_1', 'ACCOUNT:ACC_2']);
});

test('the next monitor counts from a resumption to a rate, though the kill before it is compacted away', async () => {
  const first = await startMonitor();
  await sendOrders(kafka, ...burst(101));
  await eventually('the kill', WAIT_MS, async () => (await commands()).length === 1);
  await first.stop();
  started = started.filter((one) => one !== first);
  const throttled: Holder = {
    ...{ name: 'operator', mode: { kind: 'THROTTLE', maxRatePerSecond: 1_000 }, reason: 'mended' },
    ...{ actor: 'ann', commandId: 'C2', since: Date.now(), epoch: 1 },
  };
  const loosened = { version: 3, coversOffset: 10, loosenedAt: Date.now() };
  await sendState(kafka, ACC_1, { ...loosened, holders: [throttled] });
  await startMonitor();
  await sendOrders(kafka, ...burst(101));
  await eventually('the next kill', WAIT_MS, async () => (await commands()).length === 2);
});

test('after a resumption the account’s windows start anew', async () => {
  await startMonitor();
  await sendOrders(kafka, ...burst(101));
  await eventually('the kill', WAIT_MS, async () => (await commands()).length === 1);
  await sendState(kafka, ACC_1, { version: 2, coversOffset: 10, loosenedAt: Date.now() });
  await eventually('an empty window', WAIT_MS, async () => {
    await sendOrders(kafka, ...burst(1));
    const last = (await signals('ACCOUNT:ACC_1')).at(-1);
    const rate = last?.metrics.find(({ metric }) => metric === 'order_rate_60s');
    return rate !== undefined && rate.value < 100;
  });
  await sendOrders(kafka, ...burst(101));
  await eventually('the next kill', WAIT_MS, async () => (await commands()).length === 2);
});
