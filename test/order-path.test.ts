import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { marginCalcSchema } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import { deposit, startEngine } from './engine-fixture.ts';
import type { TestEngine } from './engine-fixture.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import {
  audits,
  decided,
  finished,
  order,
  sendOrders,
  sendPrice,
  startGate,
  startVenue,
  WAIT_MS,
} from './order-path-fixture.ts';
import type { TestGate } from './order-path-fixture.ts';

jest.setTimeout(120_000);

let kafka: KafkaFixture;
let engine: TestEngine;
let gate: TestGate;
let venue: { stop(): Promise<void> };
let defects: unknown[];

beforeEach(async () => {
  defects = [];
  kafka = await openKafka('path', 2);
  engine = await startEngine(kafka, defects);
  gate = await startGate(kafka, defects);
  venue = await startVenue(kafka, defects);
});

afterEach(async () => {
  await Promise.all([gate.stop(), venue.stop(), engine.stop()]);
  await kafka.close();
  expect(defects).toEqual([]);
});

async function holds(accountId: string, symbol: string, qty: number): Promise<void> {
  await eventually(`${accountId} with ${String(qty)} ${symbol}`, WAIT_MS, async () => {
    const records = await kafka.readAll(TOPICS.marginCalc.name);
    const last = records.filter(({ key }) => key === accountId).at(-1);
    if (last === undefined) return false;
    const { positions } = marginCalcSchema.parse(JSON.parse(String(last.value)));
    return (positions.find((one) => one.symbol === symbol)?.qty ?? 0) === qty;
  });
}

test('an order passes the gate, is executed at the venue and moves the margin of its account', async () => {
  await sendPrice(kafka, 'NVDA', 400);
  await kafka.publish([
    {
      topic: TOPICS.cash.name,
      key: 'ACC_1',
      value: JSON.stringify(deposit('D1', 'ACC_1', 10_000)),
    },
  ]);
  await holds('ACC_1', 'NVDA', 0);
  const buy = order({ qty: 10 });
  await sendOrders(kafka, buy);
  expect(await decided(kafka, buy.order_id)).toMatchObject({ decision: 'ALLOW' });
  expect(await finished(kafka, buy.order_id)).toMatchObject({
    status: 'FILLED',
    last_qty: 10,
    last_price: 400,
  });
  await holds('ACC_1', 'NVDA', 10);
  const told = await audits(kafka);
  expect(told.map(({ event_type, details }) => [event_type, details.order_id])).toEqual([
    ['ORDER_DECISION', buy.order_id],
  ]);

  // What was bought is in the figures: more than the excess buys is refused.
  const tooMuch = order({ qty: 50 });
  await sendOrders(kafka, tooMuch);
  expect(await decided(kafka, tooMuch.order_id)).toMatchObject({
    decision: 'REJECT',
    code: 'CREDIT',
    observed: 10_000,
    limit: 9_000,
  });
});
