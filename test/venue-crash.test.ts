import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { executionSchema } from '#contracts/case-events.ts';
import { fillSchema } from '#contracts/ingest.ts';
import { TOPICS } from '#contracts/topics.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { ownPartitions, passed } from './order-path-fixture.ts';
import { startPart } from './part-fixture.ts';
import type { PartProcess } from './part-fixture.ts';

const PARTITIONS = 2;
const ACCOUNTS = 7;
const KILLS = 2;
const EXECUTIONS_PER_KILL = 40;
const ORDER_PAUSE_MS = 5;
const ORDERS_PER_PRICE = 50;
const WAIT_MS = 60_000;
/** Three starts, and what comes between. */
const TEST_MS = 400_000;

let kafka: KafkaFixture;
let venue: PartProcess;

beforeEach(async () => {
  kafka = await openKafka('venue-crash', PARTITIONS);
  await ownPartitions(kafka);
});

afterEach(async () => {
  await venue.stop();
  await kafka.close();
});

function startVenue(): Promise<PartProcess> {
  return startPart('consumers/venue-adapter/main.ts', {
    SENTINEL_TOPIC_PREFIX: kafka.topicPrefix,
    SENTINEL_PARTITIONS: String(PARTITIONS),
    SENTINEL_PRESET: 'house',
  });
}

async function sendPrice(): Promise<void> {
  const value = JSON.stringify({ symbol: 'NVDA', price: 400, timestamp: Date.now() });
  await kafka.publish([{ topic: TOPICS.prices.name, key: 'NVDA', value }]);
}

async function sendOrder(n: number): Promise<void> {
  const accountId = `ACC_${String(n % ACCOUNTS)}`;
  const now = Date.now();
  const order = {
    order_id: `O${String(n)}`,
    ts: now,
    account_id: accountId,
    symbol: 'NVDA',
    side: 'SELL' as const,
    qty: n + 1,
    price: 400,
    strategy: 'liquidation',
    valid_until: now + TEST_MS,
    corr_id: `C${String(n)}`,
  };
  const value = JSON.stringify(passed(order));
  await kafka.publish([{ topic: TOPICS.gatedOrders.name, key: accountId, value }]);
}

test(
  'a venue that is killed among the orders executes each exactly once',
  async () => {
    await sendPrice();
    venue = await startVenue();
    const live = await kafka.follow(TOPICS.executions.name);
    let sent = 0;
    const over = new AbortController();
    const sender = (async () => {
      while (!over.signal.aborted) {
        // A venue that takes long to start must not find prices too old to trade at.
        if (sent % ORDERS_PER_PRICE === 0) await sendPrice();
        await sendOrder(sent);
        sent += 1;
        await new Promise((resolve) => setTimeout(resolve, ORDER_PAUSE_MS));
      }
    })();
    for (let kill = 0; kill < KILLS; kill += 1) {
      // Orders come all the time: the kill lies inside a transaction or between two.
      const before = live.records.length;
      await eventually('orders are being executed', WAIT_MS, () =>
        Promise.resolve(live.records.length > before + EXECUTIONS_PER_KILL),
      );
      await venue.kill();
      await sendPrice();
      venue = await startVenue();
    }
    over.abort();
    await sender;
    await live.stop();

    const executed = await eventually('an execution of each order', 2 * WAIT_MS, async () => {
      await sendPrice();
      const records = await kafka.readAll(TOPICS.executions.name);
      const told = records.map(({ value }) => executionSchema.parse(JSON.parse(String(value))));
      const ended = told.filter(({ status }) => status !== 'ACCEPTED');
      return ended.length >= sent && ended;
    });
    expect(new Set(executed.map(({ order_id }) => order_id)).size).toBe(sent);
    expect(executed).toHaveLength(sent);

    const fills = (await kafka.readAll(TOPICS.fills.name)).map(({ value, partition, offset }) => ({
      place: [partition, offset],
      fill: fillSchema.parse(JSON.parse(String(value))),
    }));
    expect(fills).toHaveLength(sent);
    expect(fills.reduce((sum, { fill }) => sum + fill.qty, 0)).toBe(-(sent * (sent + 1)) / 2);
    for (const execution of executed) {
      const booked = fills.find(({ fill }) => fill.fill_id === execution.exec_id);
      expect(booked?.place).toEqual([execution.fill_partition, execution.fill_offset]);
      expect(booked?.fill.account_id).toBe(execution.account_id);
    }
  },
  TEST_MS,
);

test('a venue stops cleanly and says that it is only paper', async () => {
  venue = await startVenue();
  expect(await venue.stop()).toBe(0);
  const said = venue.lines.find(({ event }) => event === 'paper_venue');
  expect(said?.msg).toMatch(/paper venue.*local use only/);
});
