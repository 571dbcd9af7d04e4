import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { LEASE_MS } from '#contracts/gate-leases.ts';
import { TOPICS } from '#contracts/topics.ts';
import { openApi } from './api-fixture.ts';
import type { ApiFixture } from './api-fixture.ts';
import { eventually } from './kafka-fixture.ts';
import {
  decided,
  executions,
  finished,
  lastLease,
  order,
  OrderPath,
  pausable,
  sendOrders,
  sendPrice,
  tellAccount,
  WAIT_MS,
} from './order-path-fixture.ts';
import type { GateChanges, TestGate } from './order-path-fixture.ts';

/** `POST /kill` with a real gate and a real venue adapter, and what its answer promises (DESIGN 21). */

jest.setTimeout(180_000);

const KILL = { scope: 'ACCOUNT:ACC_1', reason: 'runaway' } as const;

let api: ApiFixture;
let path: OrderPath;

beforeEach(async () => {
  api = await openApi('acknowledged');
  path = new OrderPath(api.kafka);
  await api.readControls();
  await sendPrice(api.kafka, 'NVDA', 400);
  for (const accountId of ['ACC_1', 'ACC_2']) await tellAccount(api.kafka, accountId);
});

afterEach(async () => {
  await path.stop();
  await api.close();
  expect(path.defects).toEqual([]);
});

async function startBoth(changes: GateChanges = {}): Promise<TestGate> {
  const gate = await path.gate(changes);
  await path.venue();
  return gate;
}

async function kill(): Promise<Record<string, unknown>> {
  const answer = await api.send('POST', '/kill', { as: ['operator'], body: KILL });
  expect(answer.status).toBe(200);
  return answer.body;
}

async function codeOf(accountId: string): Promise<string> {
  const one = order({ account_id: accountId });
  await sendOrders(api.kafka, one);
  return (await decided(api.kafka, one.order_id)).code;
}

describe('an acknowledged kill', () => {
  test('is applied on both leases: nothing of the scope passes or is executed after the answer', async () => {
    await startBoth();
    const before = order();
    await sendOrders(api.kafka, before);
    expect(await finished(api.kafka, before.order_id)).toMatchObject({ status: 'FILLED' });
    expect(await kill()).toMatchObject({ effect: 'EFFECTIVE', leases: 2, applied: 2, lapsed: [] });
    expect(await codeOf('ACC_1')).toBe('KILLED');
    expect(await codeOf('ACC_2')).toBe('ALLOW');
    const filled = (await executions(api.kafka)).filter(({ last_qty: qty }) => qty > 0);
    expect(filled.filter(({ account_id: of }) => of === 'ACC_1')).toHaveLength(1);
  });

  test('holds when a gate wakes up that was paused before it: what it sends then is not executed', async () => {
    const [gated, leases] = [pausable(), pausable()];
    const gate = await startBoth({ gated: gated.wrap, leases: leases.wrap });
    leases.pause();
    gated.pause();
    const late = order();
    await sendOrders(api.kafka, late);
    await eventually('a decision that is held', WAIT_MS, () =>
      Promise.resolve(gated.heldCount() > 0),
    );
    const last = await lastLease(api.kafka, gate.process);
    const answer = await kill();
    expect(answer).toMatchObject({
      ...{ effect: 'EFFECTIVE', leases: 2, applied: 1, lapsed: [gate.process] },
    });
    // No earlier than everything is over that the gate may have let pass on its last word.
    expect(Date.now()).toBeGreaterThanOrEqual(last?.valid_until_max ?? Infinity);
    expect((last?.valid_until_max ?? 0) - (last?.ts ?? 0)).toBeGreaterThanOrEqual(LEASE_MS);

    await gated.resume();
    await leases.resume();
    expect((await decided(api.kafka, late.order_id)).decision).toBe('ALLOW');
    expect(await finished(api.kafka, late.order_id)).toMatchObject({ cum_qty: 0 });
    expect(await api.kafka.readAll(TOPICS.fills.name)).toEqual([]);
    await eventually('an open gate', WAIT_MS, () => Promise.resolve(gate.gate.isOpen()));
    expect(await codeOf('ACC_1')).toBe('KILLED');
    expect(await codeOf('ACC_2')).toBe('ALLOW');
  });

  test('without a lease is recorded, and applied before any gate opens', async () => {
    expect(await kill()).toMatchObject({ effect: 'RECORDED', leases: 0 });
    await startBoth();
    expect(await codeOf('ACC_1')).toBe('KILLED');
    expect(await codeOf('ACC_2')).toBe('ALLOW');
  });
});
