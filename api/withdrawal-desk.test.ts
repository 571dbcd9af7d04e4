import { describe, expect, test } from '@jest/globals';
import { cashSchema } from '#contracts/ingest.ts';
import type { CashEntry, CashRecord } from '#contracts/ingest.ts';
import { TOPICS } from '#contracts/topics.ts';
import { loadPolicy } from '#platform/policies.ts';
import type { OutboundRecord } from '#ports/records.ts';
import { testLogger } from '../test/kafka-fixture.ts';
import { WithdrawalDesk } from './withdrawal-desk.ts';

/** What the desk counts and what it writes; with a real engine and broker: test/withdrawals.test.ts. */

const NOW = 1_795_000_000_000;
const HOUR_MS = 3_600_000;

/** A desk over an account that has 10,000 dollars and nothing else, and what it has written. */
function open() {
  const written: OutboundRecord[] = [];
  let now = NOW;
  const desk = new WithdrawalDesk({
    figures: {
      read: () =>
        Promise.resolve({
          outcome: 'FRESH',
          readAt: now,
          figures: {
            version: { generation: 1, sequence: 1 },
            status: 'ACTIVE',
            equityE4: 100_000_000,
            maintenanceReqE4: 0,
            grossMvE4: 0,
            excessE4: 100_000_000,
            deficiencyE4: 0,
            creditedTotalE4: 100_000_000,
            fillsPosition: 0,
            correlationId: 'corr',
            asOf: now,
          },
          cashE4: 100_000_000,
          positions: [],
        }),
    },
    publisher: {
      publish: (records) => {
        const from = written.length;
        written.push(...records);
        return Promise.resolve(
          records.map(({ topic }, index) => ({ topic, partition: 0, offset: from + index })),
        );
      },
    },
    policy: loadPolicy('demo'),
    clock: { now: () => now },
    logger: testLogger,
  });
  return {
    post: (...records: CashEntry[]) =>
      desk.post(
        records,
        records.map((cash) => ({
          topic: TOPICS.cash.name,
          key: cash.account_id,
          value: JSON.stringify(cash),
        })),
        'corr',
      ),
    /** The ids on cash.v1. */
    booked: () =>
      written.flatMap(({ topic, value }) =>
        topic === TOPICS.cash.name ? [cashSchema.parse(JSON.parse(String(value))).cash_id] : [],
      ),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

function cash(cash_id: string, amount: number): CashRecord {
  const kind = amount > 0 ? 'DEPOSIT' : 'WITHDRAWAL';
  return { cash_id, account_id: 'ANN', amount, kind, timestamp: NOW };
}

const REFUSED = { kind: 'withdrawal-refused', refusal: { code: 'LEAVES_DEFICIENCY' } };

describe('what counts', () => {
  test('a deposit of the same request does not: the engine may know its id, or refuse it', async () => {
    const { post, booked } = open();
    expect(await post(cash('D1', 10_000), cash('W1', -20_000))).toMatchObject(REFUSED);
    expect(booked()).toEqual([]);
    await post(cash('D1', 10_000), cash('W2', -10_000));
    expect(booked()).toEqual(['D1', 'W2']);
  });

  test('a withdrawal before it in the same request does', async () => {
    const { post, booked } = open();
    expect(await post(cash('W1', -6_000), cash('W2', -6_000))).toMatchObject(REFUSED);
    expect(booked()).toEqual([]);
  });
});

describe('a withdrawal that passed', () => {
  test('is answered with its place when it is repeated, and is not written again', async () => {
    const { post, booked } = open();
    const first = await post(cash('W1', -8_000));
    expect(await post(cash('W1', -8_000))).toEqual(first);
    expect(booked()).toEqual(['W1']);
    const both = await post(cash('W2', -1_000), cash('W1', -8_000), cash('D1', 5));
    expect(both).toHaveLength(3);
    expect(both).toMatchObject({ 1: Array.isArray(first) ? first[0] : {} });
    expect(booked()).toEqual(['W1', 'W2', 'D1']);
  });

  test('at the same time as its repetition is written once', async () => {
    const { post, booked } = open();
    const [first, second] = await Promise.all([post(cash('W1', -8_000)), post(cash('W1', -8_000))]);
    expect(second).toEqual(first);
    expect(booked()).toEqual(['W1']);
  });

  test('is looked at anew with another amount, and after a day', async () => {
    const { post, booked, pass } = open();
    await post(cash('W1', -8_000));
    expect(await post(cash('W1', -10_000.01))).toMatchObject(REFUSED);
    pass(23 * HOUR_MS);
    await post(cash('W1', -8_000));
    expect(booked()).toEqual(['W1']);
    pass(HOUR_MS);
    await post(cash('W1', -8_000));
    expect(booked()).toEqual(['W1', 'W1']);
  });
});
