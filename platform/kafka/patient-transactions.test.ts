import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TOPICS } from '#contracts/topics.ts';
import { openWriter } from '#test/writer-fixture.ts';
import type { Part, WriterFixture } from '#test/writer-fixture.ts';

const PARTITIONS = 4;
const TRANSACTIONS = 30;
const TEST_MS = 180_000;

let writer: WriterFixture;

beforeEach(async () => {
  writer = await openWriter('patient', PARTITIONS);
  await writer.producer.connect();
});

afterEach(() => writer.close(), TEST_MS);

test.each<{ parts: readonly Part[] }>([
  { parts: ['RECORDS'] },
  { parts: ['OFFSETS'] },
  { parts: ['OFFSETS', 'RECORDS'] },
])(
  'a transaction begins as soon as the one before is completed, and asks nothing else: $parts',
  async ({ parts }) => {
    const { producer, kafka } = writer;
    let refused = 0;
    const others: string[] = [];
    await writer.transact(0);
    producer.on(producer.events.REQUEST, ({ payload: { apiName } }) => {
      if (apiName === 'Metadata') others.push(apiName);
      if (apiName === 'AddPartitionsToTxn' || apiName === 'AddOffsetsToTxn') refused += 1;
    });
    for (let n = 1; n <= TRANSACTIONS; n += 1) await writer.transact(n, parts);
    // More of them than parts: some were refused, as they came while the one before was completed.
    expect(refused).toBeGreaterThanOrEqual(TRANSACTIONS * parts.length);
    expect(others).toEqual([]);
    const written = parts.includes('RECORDS') ? TRANSACTIONS + 1 : 1;
    expect(await kafka.readAll(TOPICS.marginCalc.name)).toHaveLength(written * PARTITIONS);
  },
  TEST_MS,
);
