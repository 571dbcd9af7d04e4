import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import type { LogReader } from '#ports/log-reader.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { LEDGER_TOPICS, OrderLedger } from './order-ledger.ts';
import {
  order,
  sendOrders,
  sendPrice,
  startVenue,
  tellAccount,
  WAIT_MS,
} from './order-path-fixture.ts';
import { startPart } from './part-fixture.ts';
import type { PartProcess } from './part-fixture.ts';

/** Three gates as processes of their own, one killed and one paused in the middle of the flow. */

jest.setTimeout(300_000);

const PARTITIONS = 6;
const ORDERS = 5_000;
/** As many as are on their way at once. */
const BATCH = 100;
const ACCOUNTS = Array.from({ length: 50 }, (_, index) => `ACC_${String(index)}`);
/** Below the session's 6 s: the paused gate keeps its partitions, and wakes up with them. */
const PAUSE_MS = 3_000;

let kafka: KafkaFixture;
let gates: PartProcess[];
let venue: { stop(): Promise<void> };
let reader: LogReader;
let ledger: OrderLedger;
const defects: unknown[] = [];

beforeEach(async () => {
  kafka = await openKafka('faults', PARTITIONS);
  await sendPrice(kafka, 'NVDA', 400);
  const environment = {
    SENTINEL_TOPIC_PREFIX: kafka.topicPrefix,
    SENTINEL_PARTITIONS: String(PARTITIONS),
  };
  gates = await Promise.all(
    [1, 2, 3].map(() => startPart('consumers/order-gate/main.ts', environment)),
  );
  // Not before: a gate looks for the engine's life from its own start on.
  for (const accountId of ACCOUNTS) await tellAccount(kafka, accountId);
  venue = await startVenue(kafka, defects);
  ledger = new OrderLedger();
  reader = createLogReader(kafka.surroundings, {
    onFatal: (error) => {
      defects.push(error);
    },
  });
  await reader.start(LEDGER_TOPICS, (records) => {
    for (const record of records) ledger.take(record);
  });
}, 240_000);

afterEach(async () => {
  await Promise.all(gates.map((gate) => gate.kill()));
  await Promise.all([venue.stop(), reader.stop()]);
  await kafka.close();
  expect(defects).toEqual([]);
}, 60_000);

/** The gates know the accounts and the engine; returns how many orders that took to see. */
async function untilOpen(): Promise<number> {
  let sent = 0;
  await eventually('open gates', WAIT_MS, async () => {
    const orders = ACCOUNTS.map((accountId) => order({ account_id: accountId, qty: 1 }));
    await sendOrders(kafka, ...orders);
    sent += orders.length;
    await eventually('their decisions', WAIT_MS, () => Promise.resolve(ledger.settled() === sent));
    const last = ledger.decisions().slice(-orders.length);
    return last.every(({ decision }) => decision.decision === 'ALLOW');
  });
  return sent;
}

/** The orders `from` and after it, of all accounts in turn. */
async function send(from: number, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += BATCH) {
    const orders = Array.from({ length: Math.min(BATCH, count - sent) }, (_, index) =>
      order({
        order_id: `O-${String(from + sent + index)}`,
        account_id: ACCOUNTS[(from + sent + index) % ACCOUNTS.length] ?? '',
        qty: 1,
      }),
    );
    await sendOrders(kafka, ...orders);
  }
}

test('each order has one decision and one audit, and nothing is executed that was not allowed', async () => {
  const before = await untilOpen();
  const [killed, paused] = gates;
  const third = Math.floor(ORDERS / 3);
  await send(0, third);
  await killed?.kill();
  await send(third, third);
  process.kill(paused?.pid ?? 0, 'SIGSTOP');
  try {
    await send(2 * third, ORDERS - 2 * third);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  } finally {
    process.kill(paused?.pid ?? 0, 'SIGCONT');
  }
  // The first once more: whoever owns its partition by now knows it.
  await send(0, 1);
  await eventually('the decision and audit of every order', 4 * WAIT_MS, () =>
    Promise.resolve(ledger.settled() === before + ORDERS + 1),
  );
  const { orders, decided, wrong } = ledger.reconcile();
  const { ALLOW, DROP, THROTTLE, DUPLICATE, REJECT } = decided;
  expect(wrong).toEqual([]);
  expect(orders).toBe(before + ORDERS + 1);
  expect(ALLOW + DROP + THROTTLE + DUPLICATE + REJECT).toBe(orders);
  expect(DUPLICATE).toBe(1);
  expect(ALLOW).toBeGreaterThan(before);
});
