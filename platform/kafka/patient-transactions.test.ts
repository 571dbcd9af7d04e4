import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Producer } from 'kafkajs';
import { TOPICS } from '#contracts/topics.ts';
import { openKafka } from '#test/kafka-fixture.ts';
import type { KafkaFixture } from '#test/kafka-fixture.ts';
import { createKafka, TRANSACTION_RETRY } from './client.ts';
import { sendAll } from './send-all.ts';

const PARTITIONS = 4;
const TRANSACTIONS = 30;
const TEST_MS = 180_000;
const { name: OUT } = TOPICS.marginCalc;
const { name: IN } = TOPICS.fills;

let kafka: KafkaFixture;
let producer: Producer;

beforeEach(async () => {
  kafka = await openKafka('patient', PARTITIONS);
  // A broker that has just started makes its own topics with the first group.
  await kafka.readAll(TOPICS.fills.name);
  producer = createKafka(kafka.surroundings).producer({
    transactionalId: `${kafka.topicPrefix}writer`,
    idempotent: true,
    maxInFlightRequests: 1,
    retry: TRANSACTION_RETRY,
  });
  await producer.connect();
});

afterEach(async () => {
  await producer.disconnect();
  await kafka.close();
}, TEST_MS);

type Part = 'RECORDS' | 'OFFSETS';

/** A transaction of which both kinds of part may come first. */
async function transact(n: number, parts: readonly Part[]): Promise<void> {
  const { topicPrefix } = kafka.surroundings;
  const transaction = await producer.transaction();
  for (const part of parts) {
    if (part === 'RECORDS') {
      const records = Array.from({ length: PARTITIONS }, (_, partition) => ({
        ...{ topic: OUT, key: 'k', value: String(n), partition },
      }));
      await sendAll(transaction, records, topicPrefix, PARTITIONS);
    } else {
      const partitions = [{ partition: 0, offset: String(n) }];
      const topics = [{ topic: topicPrefix + IN, partitions }];
      await transaction.sendOffsets({ consumerGroupId: `${topicPrefix}readers`, topics });
    }
  }
  await transaction.commit();
}

test.each<{ parts: readonly Part[] }>([
  { parts: ['RECORDS'] },
  { parts: ['OFFSETS'] },
  { parts: ['OFFSETS', 'RECORDS'] },
])(
  'a transaction begins as soon as the one before is completed, and asks nothing else: $parts',
  async ({ parts }) => {
    let refused = 0;
    const others: string[] = [];
    await transact(0, ['RECORDS', 'OFFSETS']);
    producer.on(producer.events.REQUEST, ({ payload: { apiName } }) => {
      if (apiName === 'Metadata') others.push(apiName);
      if (apiName === 'AddPartitionsToTxn' || apiName === 'AddOffsetsToTxn') refused += 1;
    });
    for (let n = 1; n <= TRANSACTIONS; n += 1) await transact(n, parts);
    // More of them than parts: some were refused, as they came while the one before was completed.
    expect(refused).toBeGreaterThanOrEqual(TRANSACTIONS * parts.length);
    expect(others).toEqual([]);
    const written = parts.includes('RECORDS') ? TRANSACTIONS + 1 : 1;
    expect(await kafka.readAll(OUT)).toHaveLength(written * PARTITIONS);
  },
  TEST_MS,
);
