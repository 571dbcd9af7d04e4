import type { Producer } from 'kafkajs';
import { TOPICS } from '#contracts/topics.ts';
import { createKafka, TRANSACTION_RETRY } from '#platform/kafka/client.ts';
import { sendAll } from '#platform/kafka/send-all.ts';
import { openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';

/** A transactional producer with the product's settings, and what it writes. */

/** What a transaction has: a record in each partition, and how far was read. */
export type Part = 'RECORDS' | 'OFFSETS';

export interface WriterFixture {
  readonly kafka: KafkaFixture;
  /** Not connected. */
  readonly producer: Producer;
  /** The `n`th transaction, its parts in that order. */
  transact(n: number, parts?: readonly Part[]): Promise<void>;
  close(): Promise<void>;
}

export async function openWriter(name: string, partitions: number): Promise<WriterFixture> {
  const kafka = await openKafka(name, partitions);
  const { topicPrefix } = kafka;
  // A broker that has just started makes its own topics with the first group.
  await kafka.readAll(TOPICS.fills.name);
  const producer = createKafka(kafka.surroundings).producer({
    transactionalId: `${topicPrefix}writer`,
    idempotent: true,
    maxInFlightRequests: 1,
    retry: TRANSACTION_RETRY,
  });
  return {
    kafka,
    producer,
    transact: async (n, parts = ['RECORDS', 'OFFSETS']) => {
      const transaction = await producer.transaction();
      for (const part of parts) {
        if (part === 'RECORDS') {
          const records = Array.from({ length: partitions }, (_, partition) => ({
            ...{ topic: TOPICS.marginCalc.name, key: 'k', value: String(n), partition },
          }));
          await sendAll(transaction, records, topicPrefix, partitions);
        } else {
          const read = [{ partition: 0, offset: String(n) }];
          const topics = [{ topic: topicPrefix + TOPICS.fills.name, partitions: read }];
          await transaction.sendOffsets({ consumerGroupId: `${topicPrefix}readers`, topics });
        }
      }
      await transaction.commit();
    },
    close: async () => {
      await producer.disconnect();
      await kafka.close();
    },
  };
}
