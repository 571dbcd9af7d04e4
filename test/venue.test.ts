import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { executionSchema } from '#contracts/case-events.ts';
import type { ExecutionRecord, LiquidationOrderRecord } from '#contracts/case-events.ts';
import { gatedOrderSchema } from '#contracts/gated-orders.ts';
import type { GatedDecision } from '#contracts/gated-orders.ts';
import { deadLetterSchema } from '#contracts/dead-letter.ts';
import { fillSchema } from '#contracts/ingest.ts';
import type { FillRecord } from '#contracts/ingest.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Holder } from '#domain/controls/control-state.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import {
  heldBeforeCommit,
  ownPartitions,
  passed,
  sendCommand,
  sendState,
  startVenue as startOne,
} from './order-path-fixture.ts';

const PARTITIONS = 2;
const WAIT_MS = 60_000;

// Other tests share the two cores and the servers.
jest.setTimeout(240_000);

let kafka: KafkaFixture;
let venue: { stop(): Promise<void> } | null;
let defects: unknown[];

beforeEach(async () => {
  kafka = await openKafka('venue', PARTITIONS);
  await ownPartitions(kafka);
  venue = null;
  defects = [];
});

afterEach(async () => {
  await venue?.stop();
  await kafka.close();
  expect(defects).toEqual([]);
});

async function startVenue(quoteAgeMaxMs = 60_000): Promise<void> {
  venue = await startOne(kafka, defects, { quoteAgeMaxMs });
}

function order(orderId: string, changes: Partial<LiquidationOrderRecord> = {}) {
  const now = Date.now();
  return {
    order_id: orderId,
    ts: now,
    account_id: 'ACC_1',
    symbol: 'NVDA',
    side: 'SELL' as const,
    qty: 100,
    price: 400,
    strategy: 'liquidation',
    valid_until: now + 60_000,
    corr_id: `C-${orderId}`,
    ...changes,
  };
}

async function sendDecisions(...decisions: readonly GatedDecision[]): Promise<void> {
  await kafka.publish(
    decisions.map((one) => ({
      topic: TOPICS.gatedOrders.name,
      key: one.order?.account_id ?? '',
      value: JSON.stringify(gatedOrderSchema.parse(one)),
    })),
  );
}

async function sendOrders(...orders: readonly LiquidationOrderRecord[]): Promise<void> {
  await sendDecisions(...orders.map((one) => passed(one)));
}

async function sendPrice(symbol: string, price: number, timestamp = Date.now()): Promise<void> {
  const value = JSON.stringify({ symbol, price, timestamp });
  await kafka.publish([{ topic: TOPICS.prices.name, key: symbol, value }]);
}

/** An account of that partition number. */
function accountOf(partition: number): string {
  for (let number = 2; ; number += 1) {
    const accountId = `ACC_${String(number)}`;
    if (partitionOf(accountId, PARTITIONS) === partition) return accountId;
  }
}

async function sendCancel(orderId: string): Promise<void> {
  const value = JSON.stringify({
    cancel_id: `X-${orderId}`,
    order_id: orderId,
    account_id: 'ACC_1',
    symbol: 'NVDA',
    ts: Date.now(),
    reason: 'the call was met',
    corr_id: `C-${orderId}`,
  });
  await kafka.publish([{ topic: TOPICS.orderCancels.name, key: 'ACC_1', value }]);
}

async function executions(): Promise<ExecutionRecord[]> {
  const records = await kafka.readAll(TOPICS.executions.name);
  return records.map(({ value }) => executionSchema.parse(JSON.parse(String(value))));
}

/** What became of an order, beside that it was taken. */
function executed(orderId: string): Promise<ExecutionRecord> {
  return eventually(`an execution of ${orderId}`, WAIT_MS, async () =>
    (await done()).find((execution) => execution.order_id === orderId),
  );
}

async function done(): Promise<ExecutionRecord[]> {
  return (await executions()).filter(({ status }) => status !== 'ACCEPTED');
}

async function fills(): Promise<(FillRecord & { partition: number; offset: number })[]> {
  const records = await kafka.readAll(TOPICS.fills.name);
  return records.map(({ value, partition, offset }) => ({
    ...fillSchema.parse(JSON.parse(String(value))),
    partition,
    offset,
  }));
}

describe('a liquidation order at the paper venue, on a real broker', () => {
  test('is filled at the last price: the fill and the execution that names its place', async () => {
    await sendPrice('NVDA', 401);
    await sendPrice('NVDA', 402.5);
    await startVenue();
    await sendOrders(order('O1'), order('O2', { side: 'BUY', qty: 0.5, account_id: 'ACC_2' }));
    await executed('O1');
    const bought = await executed('O2');

    const booked = await fills();
    expect(
      booked.map(({ fill_id, account_id, qty, price }) => [fill_id, account_id, qty, price]),
    ).toEqual(
      expect.arrayContaining([
        ['paper:O1:1', 'ACC_1', -100, 402.5],
        ['paper:O2:1', 'ACC_2', 0.5, 402.5],
      ]),
    );
    expect(bought).toMatchObject({
      status: 'FILLED',
      last_qty: 0.5,
      last_price: 402.5,
      leaves_qty: 0,
      reason: 'paper venue: filled at the last price',
      corr_id: 'C-O2',
    });
    for (const execution of await executions()) {
      const fill = booked.find(({ fill_id }) => fill_id === execution.exec_id);
      expect([execution.fill_partition, execution.fill_offset]).toEqual([
        fill?.partition,
        fill?.offset,
      ]);
    }
  });

  test('works without a price and is filled when one comes', async () => {
    await startVenue();
    await sendOrders(order('O1'));
    await sendOrders(order('O2', { symbol: 'TSLA' }));
    await sendPrice('TSLA', 250);
    expect(await executed('O2')).toMatchObject({ status: 'FILLED', last_price: 250 });
    expect((await done()).map(({ order_id }) => order_id)).toEqual(['O2']);
    await sendPrice('NVDA', 390);
    expect(await executed('O1')).toMatchObject({ status: 'FILLED', last_price: 390 });
  });

  test('works on an old price until its valid_until and then expires', async () => {
    await sendPrice('NVDA', 400, Date.now() - 10_000);
    await startVenue(5_000);
    const validUntil = Date.now() + 1_500;
    await sendOrders(order('O1', { valid_until: validUntil }));
    const expired = await executed('O1');
    expect(expired).toMatchObject({
      status: 'EXPIRED',
      last_qty: 0,
      last_price: null,
      fill_partition: null,
      fill_offset: null,
      reason: 'paper venue: valid_until has passed',
    });
    expect(expired.timestamp).toBeGreaterThanOrEqual(validUntil);
    expect(await fills()).toEqual([]);
  });

  test('is cancelled while it works, and also when the cancel came first', async () => {
    await startVenue();
    await sendOrders(order('O1'));
    await sendCancel('O1');
    expect(await executed('O1')).toMatchObject({ status: 'CANCELLED', leaves_qty: 0 });
    await venue?.stop();
    await sendOrders(order('O2'));
    await sendCancel('O2');
    await sendPrice('NVDA', 400);
    await startVenue();
    expect(await executed('O2')).toMatchObject({ status: 'CANCELLED' });
    expect(await fills()).toEqual([]);
  });

  test('is executed once however often it is sent, also after a restart', async () => {
    await sendPrice('NVDA', 400);
    await startVenue();
    await sendOrders(order('O1'), order('O1'));
    await executed('O1');
    await sendOrders(order('O1'));
    await venue?.stop();
    await sendOrders(order('O1', { qty: 50 }));
    await startVenue();
    await sendOrders(order('O2'));
    await executed('O2');
    expect((await done()).map(({ order_id }) => order_id)).toEqual(['O1', 'O2']);
    expect((await fills()).map(({ fill_id }) => fill_id)).toEqual(['paper:O1:1', 'paper:O2:1']);
  });

  test('that works is taken up again by the next process', async () => {
    await startVenue();
    await sendOrders(order('O1'), order('O2', { symbol: 'TSLA' }));
    await sendPrice('TSLA', 250);
    await executed('O2');
    await venue?.stop();
    await sendPrice('NVDA', 390);
    await startVenue();
    expect(await executed('O1')).toMatchObject({ status: 'FILLED', last_price: 390 });
    expect(await done()).toHaveLength(2);
  });
});

describe('an execution that cannot be read', () => {
  test('stops no start; the order that it names is not executed', async () => {
    await sendPrice('NVDA', 400);
    const damaged = JSON.stringify({ exec_id: 'paper:O1:1', order_id: 'O1', status: 'FI' });
    await kafka.publish([
      { topic: TOPICS.executions.name, key: 'ACC_1', value: damaged },
      { topic: TOPICS.executions.name, key: 'ACC_1', value: 'nothing at all' },
    ]);
    await startVenue();
    await sendOrders(order('O1'), order('O2'));
    await eventually('the fill of O2', WAIT_MS, async () => (await fills()).length > 0);
    expect((await fills()).map(({ fill_id }) => fill_id)).toEqual(['paper:O2:1']);
  });
});

describe('a kill that comes while a fill is being written', () => {
  test('stops it: the order ends cancelled, nothing is filled, and the process goes on', async () => {
    const partition = partitionOf('ACC_1', PARTITIONS);
    const elsewhere = accountOf(1 - partition);
    await sendPrice('NVDA', 400);
    const held = heldBeforeCommit();
    venue = await startOne(kafka, defects, { owner: held.wrap });
    // TSLA has no price: what works there shows when the kill is known.
    await sendOrders(order('W1', { account_id: elsewhere, symbol: 'TSLA' }));
    await eventually('it works', WAIT_MS, async () => (await executions()).length > 0);
    // What is held keeps its partition of executions.v1 from being read to its end.
    const live = await kafka.follow(TOPICS.executions.name);
    held.hold(partition);
    await sendOrders(order('O1'), order('O2', { symbol: 'TSLA' }));
    await eventually('a fill before its commit', WAIT_MS, () =>
      Promise.resolve(held.heldCount() > 0),
    );
    await sendCommand(kafka, { scope: 'GLOBAL', action: 'KILL' });
    await eventually('the kill is known', WAIT_MS, () =>
      Promise.resolve(live.records.some(({ value }) => String(value).includes('CANCELLED'))),
    );
    held.letGo();
    await live.stop();
    for (const orderId of ['O1', 'O2']) {
      expect(await executed(orderId)).toMatchObject({
        ...{ status: 'CANCELLED', cum_qty: 0, leaves_qty: 0 },
        reason: 'paper venue: kill switch active for GLOBAL',
      });
    }
    expect(await fills()).toEqual([]);
    expect(defects).toEqual([]);
    expect(held.takenCount()).toBe(PARTITIONS);
  });
});

describe('a fill that waits so long that its price grows old', () => {
  test('is taken back: the order works on, and is filled at the price of then', async () => {
    await sendPrice('NVDA', 400, Date.now() - 500_000);
    let aheadMs = 0;
    const held = heldBeforeCommit();
    const changes = { owner: held.wrap, quoteAgeMaxMs: 600_000, now: () => Date.now() + aheadMs };
    venue = await startOne(kafka, defects, changes);
    held.hold(partitionOf('ACC_1', PARTITIONS));
    await sendOrders(order('O1', { valid_until: Date.now() + 3_600_000 }));
    await eventually('a fill before its last look', WAIT_MS, () =>
      Promise.resolve(held.heldCount() > 0),
    );
    aheadMs = 200_000;
    held.letGo();
    const [taken] = await eventually('that it was taken', WAIT_MS, async () => {
      const all = await executions();
      return all.length > 0 && all;
    });
    expect(taken).toMatchObject({ status: 'ACCEPTED', cum_qty: 0, leaves_qty: 100 });
    await sendPrice('NVDA', 500);
    expect(await executed('O1')).toMatchObject({
      ...{ exec_id: 'paper:O1:2', status: 'FILLED', last_price: 500, cum_qty: 100 },
    });
    expect((await fills()).map(({ qty, price }) => [qty, price])).toEqual([[-100, 500]]);
    expect(held.takenCount()).toBe(PARTITIONS);
  });
});

/** A customer's order that opens so many shares, as the gate let it pass before it knew. */
function customers(
  orderId: string,
  opens: number,
  side: 'BUY' | 'SELL' = opens > 0 ? 'BUY' : 'SELL',
): GatedDecision {
  const decision = passed(order(orderId, { side }), {
    accepted: { opens_qty: opens, adverse_price: 0 },
  });
  if (decision.order?.type !== 'NEW') throw new Error('a new order was asked for');
  return { ...decision, order: { ...decision.order, liquidation: false } };
}

describe('REDUCE_ONLY and close-only, without any gate', () => {
  const holder: Holder = {
    ...{ name: 'stale-call' as const, mode: { kind: 'REDUCE_ONLY' as const }, reason: 'past due' },
    ...{ actor: 'margin-sentinel', commandId: 'C1', since: 1, epoch: null },
  };
  const CONTROLS: [string, () => Promise<unknown>, string][] = [
    [
      'a reduce-only kill of the firm',
      () => sendCommand(kafka, { scope: 'GLOBAL', action: 'KILL', mode: 'REDUCE_ONLY' }),
      'kill switch of GLOBAL is reduce-only',
    ],
    [
      'close-only of the account',
      () => sendState(kafka, { kind: 'ACCOUNT', id: 'ACC_1' }, { version: 1, holders: [holder] }),
      'ACCOUNT:ACC_1 is close-only',
    ],
  ];
  test.each(CONTROLS)(
    '%s ends what opens, as it works and as it comes, and no more',
    async (_what, put, why) => {
      await startVenue();
      await sendDecisions(customers('W1', 1), customers('W2', 0));
      await eventually('both work', WAIT_MS, async () => (await executions()).length === 2);
      await put();
      const cancelled = { status: 'CANCELLED', cum_qty: 0, reason: `paper venue: ${why}` };
      expect(await executed('W1')).toMatchObject(cancelled);
      await sendPrice('NVDA', 400);
      expect(await executed('W2')).toMatchObject({ status: 'FILLED' });
      await sendDecisions(customers('N1', 100), customers('N2', 0));
      expect(await executed('N1')).toMatchObject(cancelled);
      expect(await executed('N2')).toMatchObject({ status: 'FILLED' });
      expect((await fills()).map(({ qty }) => qty)).toEqual([-100, -100]);
    },
  );
});

describe('a restriction to available cash', () => {
  const account = { kind: 'ACCOUNT', id: 'ACC_1' } as const;
  const holder: Holder = {
    ...{ name: 'operator', mode: { kind: 'NO_NEW_DEBIT_OR_SHORT' }, reason: 'a practice' },
    ...{ actor: 'ann', commandId: 'C1', since: 1, epoch: 0 },
  };

  test('lets no purchase through until all cancels of the gate are confirmed', async () => {
    await startVenue();
    const works = [customers('BUY', 100), customers('SALE', 0), customers('SHORT', 1, 'SELL')];
    await sendDecisions(...works);
    await eventually('all work', WAIT_MS, async () => (await executions()).length === works.length);
    const mode = 'NO_NEW_DEBIT_OR_SHORT';
    const offset = await sendCommand(kafka, { scope: 'ACCOUNT:ACC_1', action: 'KILL', mode });
    expect(await executed('SHORT')).toMatchObject({ status: 'CANCELLED' });
    await sendPrice('NVDA', 400);
    // One look at all that works.
    expect(await executed('SALE')).toMatchObject({ status: 'FILLED' });
    expect((await done()).map(({ order_id }) => order_id)).toEqual(['SHORT', 'SALE']);
    const restricted = { coversOffset: offset, holders: [holder] };
    await sendState(kafka, account, { ...restricted, version: 1, cancelsPendingSince: 1 });
    await sendState(kafka, account, { ...restricted, version: 2 });
    expect(await executed('BUY')).toMatchObject({ status: 'FILLED', cum_qty: 100 });
  });
});

describe('what the gate has not let pass', () => {
  const OTHERS: [string, Partial<GatedDecision>][] = [
    ['a gate that has lost the partition', { epoch: 7 }],
    ['a customer’s order that was refused', { decision: 'DROP', code: 'KILLED' }],
  ];
  test.each(OTHERS)('is not executed: %s', async (_what, changes) => {
    await sendPrice('NVDA', 400);
    await startVenue();
    const refused = passed(order('V1'), changes);
    const isRefusal = changes.decision !== undefined;
    const customers =
      refused.order?.type === 'NEW' ? { ...refused.order, liquidation: false } : null;
    await sendDecisions(isRefusal ? { ...refused, order: customers } : refused);
    await sendOrders(order('O1'));
    await executed('O1');
    expect((await executions()).map(({ order_id }) => order_id)).toEqual(['O1']);
  });

  test('a liquidation that was refused ends: its case waits for that', async () => {
    await sendPrice('NVDA', 400);
    await startVenue();
    await sendDecisions(
      passed(order('O1'), { decision: 'DROP', code: 'KILLED', observed: 'SYMBOL:NVDA' }),
    );
    expect(await executed('O1')).toMatchObject({
      status: 'REJECTED',
      cum_qty: 0,
      reason: 'paper venue: the gate refused it: KILLED SYMBOL:NVDA',
    });
    expect(await fills()).toEqual([]);
  });

  test('another owner’s marker makes the first one’s later decisions void', async () => {
    await sendPrice('NVDA', 400);
    await startVenue();
    const partition = partitionOf('ACC_1', PARTITIONS);
    const value = JSON.stringify({ kind: 'OWNER', partition, process: 'g2', ts: Date.now() });
    const [place] = await kafka.publish([
      { topic: TOPICS.gatedOrders.name, key: 'g2', partition, value },
    ]);
    await sendOrders(order('V1'));
    await sendDecisions(passed(order('O1'), { epoch: place?.offset ?? -1 }));
    await executed('O1');
    expect((await executions()).map(({ order_id }) => order_id)).toEqual(['O1']);
  });
});

describe('a bad record', () => {
  test('among the decisions is passed over; a bad cancel goes to the dead letters', async () => {
    await sendPrice('NVDA', 400);
    await startVenue();
    const partition = partitionOf('ACC_1', PARTITIONS);
    await kafka.publish([
      { topic: TOPICS.gatedOrders.name, key: 'ACC_1', partition, value: 'no json' },
      { topic: TOPICS.orderCancels.name, key: 'ACC_1', value: '{}' },
    ]);
    await sendOrders(order('O2'));
    expect(await executed('O2')).toMatchObject({ status: 'FILLED' });
    const letters = await eventually('the dead letter', WAIT_MS, async () => {
      const records = await kafka.readAll(`${TOPICS.orderCancels.name}.dlq`);
      return records.length > 0 && records;
    });
    const [letter] = letters.map(({ value }) => deadLetterSchema.parse(JSON.parse(String(value))));
    expect(letter).toMatchObject({ code: 'SCHEMA', refused_by: 'venue-adapter' });
  });

  test('a decision that comes days late expires: its case waits for that', async () => {
    await sendPrice('NVDA', 400);
    await startVenue();
    await sendOrders(order('O1', { valid_until: Date.now() - 86_500_000 }));
    expect(await executed('O1')).toMatchObject({ status: 'EXPIRED', cum_qty: 0 });
  });
});
