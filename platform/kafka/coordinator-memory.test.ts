import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Producer } from 'kafkajs';
import { TOPICS } from '#contracts/topics.ts';
import { openKafka } from '#test/kafka-fixture.ts';
import type { KafkaFixture } from '#test/kafka-fixture.ts';
import { createKafka, TRANSACTION_RETRY } from './client.ts';
import { sendAll } from './send-all.ts';

const PARTITIONS = 1;
const TRANSACTIONS = 20;
const TEST_MS = 180_000;

let kafka: KafkaFixture;
let producer: Producer;

beforeEach(async () => {
  kafka = await openKafka('coordinator', PARTITIONS);
  // A broker that has just started makes its own topics with the first group.
  await kafka.readAll(TOPICS.fills.name);
  producer = createKafka(kafka.surroundings).producer({
    transactionalId: `${kafka.topicPrefix}writer`,
    idempotent: true,
    maxInFlightRequests: 1,
    retry: TRANSACTION_RETRY,
  });
});

afterEach(async () => {
  await producer.disconnect();
  await kafka.close();
}, TEST_MS);

test(
  'transactions one after another do not ask each time who coordinates them',
  async () => {
    let asked = 0;
    producer.on(producer.events.REQUEST, ({ payload }) => {
      if (payload.apiName === 'GroupCoordinator') asked += 1;
    });
    await producer.connect();
    await transact(0);
    asked = 0;
    const startedAt = performance.now();
    for (let n = 1; n <= TRANSACTIONS; n += 1) await transact(n);
    const seconds = Math.ceil((performance.now() - startedAt) / 1_000);
    // Of the transaction and of the group, once a second; without a memory four times a transaction.
    expect(asked).toBeLessThanOrEqual(2 * (seconds + 1));
    expect(await kafka.readAll(TOPICS.marginCalc.name)).toHaveLength(TRANSACTIONS + 1);
  },
  TEST_MS,
);

async function transact(n: number): Promise<void> {
  const { topicPrefix } = kafka.surroundings;
  const transaction = await producer.transaction();
  const record = { topic: TOPICS.marginCalc.name, key: 'k', value: String(n), partition: 0 };
  await sendAll(transaction, [record], topicPrefix, PARTITIONS);
  const partitions = [{ partition: 0, offset: String(n) }];
  await transaction.sendOffsets({
    consumerGroupId: `${topicPrefix}readers`,
    topics: [{ topic: topicPrefix + TOPICS.fills.name, partitions }],
  });
  await transaction.commit();
}
