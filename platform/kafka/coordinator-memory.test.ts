import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TOPICS } from '#contracts/topics.ts';
import { openWriter } from '#test/writer-fixture.ts';
import type { WriterFixture } from '#test/writer-fixture.ts';

const TRANSACTIONS = 20;
const TEST_MS = 180_000;

let writer: WriterFixture;

beforeEach(async () => {
  writer = await openWriter('coordinator', 1);
});

afterEach(() => writer.close(), TEST_MS);

test(
  'transactions one after another do not ask each time who coordinates them',
  async () => {
    const { producer, kafka } = writer;
    let asked = 0;
    producer.on(producer.events.REQUEST, ({ payload }) => {
      if (payload.apiName === 'GroupCoordinator') asked += 1;
    });
    await producer.connect();
    await writer.transact(0);
    asked = 0;
    const startedAt = performance.now();
    for (let n = 1; n <= TRANSACTIONS; n += 1) await writer.transact(n);
    const seconds = Math.ceil((performance.now() - startedAt) / 1_000);
    // Of the transaction and of the group, once a second; without a memory four times a transaction.
    expect(asked).toBeLessThanOrEqual(2 * (seconds + 1));
    expect(await kafka.readAll(TOPICS.marginCalc.name)).toHaveLength(TRANSACTIONS + 1);
  },
  TEST_MS,
);
