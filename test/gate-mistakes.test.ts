import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { TOPICS } from '#contracts/topics.ts';
import { createKafka } from '#platform/kafka/client.ts';
import { KafkaTroubleError } from '#platform/kafka/kafka-trouble.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { OutboundRecord } from '#ports/records.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import {
  audits,
  decided,
  decisions,
  lastLease,
  order,
  OrderPath,
  pausableReader,
  sendCommand,
  sendOrders,
  sendPrice,
  sendState,
  tellAccount,
  WAIT_MS,
} from './order-path-fixture.ts';

/** What the reference systems get wrong in front of orders (docs/known-mistakes.md), on the real broker. */

const PARTITIONS = 2;
/** An account of each partition. */
const ACCOUNTS = [0, 1].map(accountIn);
const [FIRST = '', SECOND = ''] = ACCOUNTS;
const SYMBOL = { kind: 'SYMBOL', id: 'NVDA' } as const;
const BLOCKED = {
  name: 'operator',
  mode: { kind: 'BLOCK' },
  reason: 'halted',
  actor: 'ann',
  commandId: 'C9',
  since: 1,
  epoch: 0,
} as const;
/** Longer than a lease: whatever was proved before is too old. */
const BEYOND_A_LEASE_MS = 2_000;

jest.setTimeout(180_000);

let kafka: KafkaFixture;
let path: OrderPath;

beforeEach(async () => {
  kafka = await openKafka('mistakes', PARTITIONS);
  path = new OrderPath(kafka);
  await sendPrice(kafka, 'NVDA', 400);
  for (const accountId of ACCOUNTS) await tellAccount(kafka, accountId);
});

afterEach(async () => {
  await path.stop();
  await kafka.close();
  expect(path.defects).toEqual([]);
});

function accountIn(partition: number): string {
  const names = Array.from({ length: 100 }, (_, index) => `ACC_${String(index)}`);
  return names.find((name) => partitionOf(name, PARTITIONS) === partition) ?? '';
}

async function codeOf(changes: Parameters<typeof order>[0] = {}): Promise<string> {
  const one = order({ account_id: FIRST, ...changes });
  await sendOrders(kafka, one);
  return (await decided(kafka, one.order_id)).code;
}

/** The first order of each partition that the gates have not finished, as they have committed it. */
async function committedOrders(): Promise<readonly number[]> {
  const admin = createKafka(kafka.surroundings).admin();
  await admin.connect();
  try {
    const topic = kafka.topicPrefix + TOPICS.orders.name;
    const groupId = `${kafka.topicPrefix}order-gate`;
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
    return Array.from({ length: PARTITIONS }, (_, partition) =>
      Number(found?.partitions.find((one) => one.partition === partition)?.offset ?? -1),
    );
  } finally {
    await admin.disconnect();
  }
}

describe('a second gate', () => {
  test('sees every kill that the first one sees: nobody reads a share of them', async () => {
    const gates = [await path.gate(), await path.gate()];
    for (const { process } of gates) {
      await eventually('a partition for each', WAIT_MS, async () => {
        return (await lastLease(kafka, process))?.owned_partitions.length === 1;
      });
    }
    expect(await Promise.all(ACCOUNTS.map((account_id) => codeOf({ account_id })))).toEqual([
      'ALLOW',
      'ALLOW',
    ]);
    const scopes = ['SYMBOL:NVDA', 'GLOBAL', 'STRATEGY:alpha'];
    for (const scope of scopes) {
      const offset = await sendCommand(kafka, { scope, action: 'KILL' });
      const partition = partitionOf(scope, PARTITIONS);
      for (const { process } of gates) {
        await eventually(`${scope} on both`, WAIT_MS, async () => {
          const lease = await lastLease(kafka, process);
          return (lease?.applied['killswitch.commands.v1'][partition] ?? -1) > offset;
        });
      }
    }
    expect(await Promise.all(ACCOUNTS.map((account_id) => codeOf({ account_id })))).toEqual([
      'KILLED',
      'KILLED',
    ]);
  });
});

describe('a gate that cannot read its controls', () => {
  test('lets nothing pass, though it knew them a moment before', async () => {
    const reader = pausableReader();
    const { gate } = await path.gate({ controls: reader.wrap });
    expect(await codeOf()).toBe('ALLOW');
    reader.pause();
    await sendCommand(kafka, { scope: 'SYMBOL:OTHER', action: 'KILL' });
    await eventually('a gate that is not open', WAIT_MS, () => Promise.resolve(!gate.isOpen()));
    expect(await codeOf()).toBe('CONTROL_STALE');
    reader.resume();
    await eventually('an open gate', WAIT_MS, () => Promise.resolve(gate.isOpen()));
    expect(await codeOf()).toBe('ALLOW');
  });

  test('at its start lets nothing pass that they forbid, however long they take', async () => {
    await sendState(kafka, SYMBOL, { version: 1, holders: [BLOCKED] });
    const early = order({ account_id: FIRST });
    await sendOrders(kafka, early);
    const reader = pausableReader();
    reader.pause();
    const starting = path.gate({ controls: reader.wrap });
    await eventually('the controls at its door', WAIT_MS, () =>
      Promise.resolve(reader.heldCount() > 0),
    );
    // Time in which a gate that did without them would decide.
    await new Promise((resolve) => setTimeout(resolve, BEYOND_A_LEASE_MS));
    reader.resume();
    await starting;
    expect((await decided(kafka, early.order_id)).decision).not.toBe('ALLOW');
    expect(await codeOf()).toBe('KILLED');
  });

  test('keeps what stood when a record of them makes no sense', async () => {
    await sendState(kafka, SYMBOL, { version: 1, holders: [BLOCKED] });
    await path.gate();
    expect(await codeOf()).toBe('KILLED');
    const { name: topic } = TOPICS.controlState;
    await kafka.publish([{ topic, key: 'SYMBOL:NVDA', value: '{"status":"ACTIVE"}' }]);
    await sendState(kafka, { kind: 'SYMBOL', id: 'AMD' }, { version: 1, holders: [BLOCKED] });
    await sendPrice(kafka, 'AMD', 100);
    await eventually('what comes after it', WAIT_MS, async () => {
      return (await codeOf({ symbol: 'AMD', price: 100 })) === 'KILLED';
    });
    expect(await codeOf()).toBe('KILLED');
  });
});

describe('an old UNKILL', () => {
  test('on the command topic opens nothing at a gate that starts', async () => {
    await sendCommand(kafka, { scope: 'SYMBOL:NVDA', action: 'KILL' });
    await sendCommand(kafka, { scope: 'SYMBOL:NVDA', action: 'UNKILL' });
    await path.gate();
    expect(await codeOf()).toBe('KILLED');
  });

  test('as a state that is written again opens nothing, neither now nor at the next start', async () => {
    const first = await sendCommand(kafka, { scope: 'SYMBOL:NVDA', action: 'KILL' });
    const lifted = { version: 2, coversOffset: first };
    await sendState(kafka, SYMBOL, lifted);
    const { process } = await path.gate();
    expect(await codeOf()).toBe('ALLOW');
    await sendCommand(kafka, { scope: 'SYMBOL:NVDA', action: 'KILL' });
    await eventually('the kill', WAIT_MS, async () => (await codeOf()) === 'KILLED');
    await sendState(kafka, SYMBOL, lifted);
    await eventually('the old state', WAIT_MS, async () => {
      const applied = (await lastLease(kafka, process))?.applied['killswitch.state.v1'];
      return (applied?.[partitionOf('SYMBOL:NVDA', PARTITIONS)] ?? 0) >= 2;
    });
    expect(await codeOf()).toBe('KILLED');
    await path.stop();
    await path.gate();
    expect(await codeOf()).toBe('KILLED');
  });
});

describe('an audit', () => {
  test('that the broker refuses is not lost: the order is not finished before it is there', async () => {
    let refusals = 2;
    const refusing = (publisher: Publisher): Publisher => ({
      publish: (records) => {
        if (!records.some(({ topic }) => topic === TOPICS.audit.name) || refusals === 0) {
          return publisher.publish(records);
        }
        refusals -= 1;
        return Promise.reject(new KafkaTroubleError('the broker takes no audit'));
      },
    });
    await path.gate({ evidence: refusing });
    const one = order({ account_id: FIRST });
    await sendOrders(kafka, one);
    const [told] = await eventually('its audit', WAIT_MS, async () => {
      const found = await audits(kafka);
      return found.length > 0 && found;
    });
    expect(refusals).toBe(0);
    expect(told?.details).toMatchObject({ decision: 'ALLOW', order_id: one.order_id });
    const all = await decisions(kafka);
    expect(all.map(({ event_id }) => event_id)).toEqual([told?.event_id]);
    expect(await audits(kafka)).toHaveLength(1);
  });
});

describe('an order that was read', () => {
  test('is committed when its decision and audit are acknowledged, not by the clock', async () => {
    const [held, other] = [order({ account_id: FIRST }), order({ account_id: SECOND })];
    const names = (records: readonly OutboundRecord[]): boolean =>
      records.some(({ value }) => value?.includes(held.order_id) === true);
    await path.gate({
      evidence: (publisher) => ({
        publish: (records) =>
          names(records) ? new Promise(() => undefined) : publisher.publish(records),
      }),
    });
    await sendOrders(kafka, held, other);
    await decided(kafka, held.order_id);
    await eventually('the commit of the other', WAIT_MS, async () => {
      return (await committedOrders())[1] === 1;
    });
    expect((await committedOrders())[0]).toBeLessThanOrEqual(0);
    await path.stop();
    expect((await committedOrders())[0]).toBeLessThanOrEqual(0);
    await path.gate();
    await eventually('both audits', WAIT_MS, async () => (await audits(kafka)).length === 2);
    expect(await decisions(kafka)).toHaveLength(2);
  });
});
