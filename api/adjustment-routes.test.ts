import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { adjustmentSchema } from '#contracts/adjustments.ts';
import type { AdjustmentRecord } from '#contracts/adjustments.ts';
import { TOPICS } from '#contracts/topics.ts';
import { marginCalc } from '#test/account-records.ts';
import { openApi } from '#test/api-fixture.ts';
import type { ApiFixture } from '#test/api-fixture.ts';

let api: ApiFixture;

beforeAll(async () => {
  api = await openApi('api-adjustments');
});
afterAll(async () => {
  await api.close();
});

const NOW = Date.now();
const TRANSFER = {
  kind: 'TRANSFER_IN',
  adjustment_id: 'A1',
  account_id: 'ACC_1',
  positions: [{ symbol: 'NVDA', qty: 100 }],
  reason: 'ACATS 4711',
  timestamp: NOW,
};

const post = (
  path: string,
  body: unknown,
  as: 'operator' | 'feed' | 'viewer' = 'operator',
  subject = 'ann',
) => api.send('POST', path, { as: [as], subject, body });

async function written(adjustmentId: RegExp): Promise<AdjustmentRecord[]> {
  const records = await api.kafka.readAll(TOPICS.adjustments.name);
  return records
    .map(({ value }) => adjustmentSchema.parse(JSON.parse(String(value))))
    .filter(({ adjustment_id }) => adjustmentId.test(adjustment_id));
}

describe('an adjustment is written with the person of the token', () => {
  test('a transfer', async () => {
    const answer = await post('/adjustments', TRANSFER);
    expect(answer).toMatchObject({ status: 202, body: { accepted: [{ id: 'A1' }] } });
    const [record, ...others] = await written(/^A1$/);
    expect(record).toMatchObject({ ...TRANSFER, actor: 'ann' });
    expect(others).toEqual([]);
  });

  test('a journal as two legs, each keyed by its account', async () => {
    const journal = {
      kind: 'JOURNAL',
      adjustment_id: 'J1',
      account_id: 'ACC_1',
      to_account_id: 'ACC_2',
      positions: [{ symbol: 'NVDA', qty: 5 }],
      cash: 250.5,
      reason: 'same owner',
      timestamp: NOW,
    };
    await post('/adjustments', journal);
    const answer = await post('/adjustments', journal, 'operator', 'ben');
    expect(answer).toMatchObject({
      status: 202,
      body: { accepted: [{ id: 'J1.from' }, { id: 'J1.to' }], awaiting_second_person: [] },
    });
    const legs = await written(/^J1/);
    expect(legs).toHaveLength(2);
    expect(legs.find(({ account_id }) => account_id === 'ACC_1')).toMatchObject({
      adjustment_id: 'J1.from',
      counter_account_id: 'ACC_2',
      positions: [{ symbol: 'NVDA', qty: -5 }],
      cash: -250.5,
    });
    expect(legs.find(({ account_id }) => account_id === 'ACC_2')).toMatchObject({
      adjustment_id: 'J1.to',
      counter_account_id: 'ACC_1',
      positions: [{ symbol: 'NVDA', qty: 5 }],
      cash: 250.5,
    });
  });

  const bad: [string, object, string][] = [
    ['an actor in the body', { actor: 'mallory' }, 'actor'],
    ['no reason', { reason: '' }, '#/reason'],
    ['an unknown kind', { kind: 'GIFT' }, '#/kind'],
    ['a clearing, which has its own path', { kind: 'CLEAR' }, '#/kind'],
    ['nothing to move', { positions: undefined }, '#/positions'],
    ['a date of 1970', { timestamp: 0 }, '#/timestamp must be at or after'],
  ];
  test.each(bad)('%s is refused', async (_what, changes, detail) => {
    const answer = await post('/adjustments', { ...TRANSFER, adjustment_id: 'BAD', ...changes });
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toContain(detail);
    expect(await written(/^BAD/)).toEqual([]);
  });

  test('a feed or a viewer may not', async () => {
    expect((await post('/adjustments', TRANSFER, 'feed')).status).toBe(403);
    expect((await post('/accounts/ACC_1/clear', { reason: 'x' }, 'viewer')).status).toBe(403);
  });
});

describe('what takes something out of an account takes two persons', () => {
  const out = { ...TRANSFER, kind: 'TRANSFER_OUT' };
  const leaving: [string, object][] = [
    ['cash that is transferred', { ...out, positions: undefined, cash: 100 }],
    ['shares that are transferred', out],
    ['a debt that comes with shares', { ...TRANSFER, cash: -15_000 }],
    ['a short position that comes', { ...TRANSFER, positions: [{ symbol: 'NVDA', qty: -1 }] }],
    ['a journal', { ...TRANSFER, kind: 'JOURNAL', to_account_id: 'ACC_2' }],
  ];
  test.each(leaving)('%s', async (what, body) => {
    const adjustment_id = `L-${what.replaceAll(' ', '-')}`;
    const asked = { ...body, adjustment_id };
    const waits = { status: 202, body: { accepted: [], awaiting_second_person: [adjustment_id] } };
    expect(await post('/adjustments', asked)).toMatchObject(waits);
    expect(await post('/adjustments', asked)).toMatchObject(waits);
    const other = { ...asked, reason: 'another' };
    expect(await post('/adjustments', other, 'operator', 'ben')).toMatchObject(waits);
    const own = new RegExp(`^${adjustment_id}(.from|.to)?$`);
    expect(await written(own)).toEqual([]);
    const done = await post('/adjustments', asked, 'operator', 'ben');
    expect(done).toMatchObject({ status: 202, body: { awaiting_second_person: [] } });
    const records = await written(own);
    expect(records.length).toBeGreaterThan(0);
    for (const record of records) {
      expect(record).toMatchObject({ actor: 'ben', requested_by: 'ann', reason: TRANSFER.reason });
    }
  });

  test('the whole batch that it comes with waits', async () => {
    const batch = [
      { ...TRANSFER, adjustment_id: 'B1' },
      { ...out, adjustment_id: 'B2' },
    ];
    const { body } = await post('/adjustments', batch);
    expect(body).toEqual({ accepted: [], awaiting_second_person: ['B1', 'B2'] });
    await post('/adjustments', batch, 'operator', 'ben');
    expect(await written(/^B[12]$/)).toHaveLength(2);
  });
});

describe('a blocked account is cleared', () => {
  const block = { code: 'SCHEMA', what: 'fills.v1:3:17', since: NOW } as const;

  test('of what it shows', async () => {
    const shown = marginCalc({ account_id: 'ACC_B', blocked_by: [block] });
    await api.stateIndex.writer.writeFigures(shown);
    const answer = await post('/accounts/ACC_B/clear', { reason: 'the fill was a test' });
    expect(answer).toMatchObject({
      status: 202,
      body: { account_id: 'ACC_B', cleared: [block.what], cleared_by: 'ann' },
    });
    const [record] = await written(/^clear:/);
    expect(record).toMatchObject({
      kind: 'CLEAR',
      account_id: 'ACC_B',
      clears: [block.what],
      reason: 'the fill was a test',
      actor: 'ann',
    });
  });

  test('of what is named, without asking anybody', async () => {
    const answer = await post('/accounts/ACC_C/clear', { reason: 'x', blocks: ['cash.v1:1:2'] });
    expect(answer).toMatchObject({ status: 202, body: { cleared: ['cash.v1:1:2'] } });
  });

  test('not when nothing blocks it', async () => {
    const answer = await post('/accounts/ACC_D/clear', { reason: 'x' });
    expect(answer).toMatchObject({
      status: 404,
      body: { detail: 'Nothing blocks account ACC_D.' },
    });
  });
});
