import { Partitioners } from 'kafkajs';
import type { Kafka, Producer } from 'kafkajs';
import type { WriterFence } from '#ports/writer-fence.ts';
import { createKafka, TRANSACTION_RETRY } from './client.ts';
import type { KafkaSurroundings } from './client.ts';
import { KafkaTroubleError } from './kafka-trouble.ts';
import { settledWithin } from './settled-within.ts';

/** The broker aborts a dead writer's transaction after this long, if nobody fenced it before. */
const TRANSACTION_TIMEOUT_MS = 30_000;
const FENCE_MS_MAX = 5_000;

/** The one writer of a partition number: each that is fenced with its id fences those before it. */
export function transactionalProducer(
  kafka: Kafka,
  { groupId, partition }: { readonly groupId: string; readonly partition: number },
): Producer {
  return kafka.producer({
    transactionalId: `${groupId}-${String(partition)}`,
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: TRANSACTION_RETRY,
  });
}

/** kafkajs asks for the producer id, and so fences, only when a first transaction is begun. */
export async function fenceEarlier(producer: Producer): Promise<void> {
  await (await producer.transaction()).abort();
}

/** Fences the owners of a group's partitions from outside (ports/writer-fence.ts). */
export function createWriterFence(surroundings: KafkaSurroundings, group: string): WriterFence {
  const kafka = createKafka(surroundings);
  const groupId = surroundings.topicPrefix + group;
  const fenceOne = async (partition: number): Promise<void> => {
    const producer = transactionalProducer(kafka, { groupId, partition });
    try {
      await producer.connect();
      await fenceEarlier(producer);
    } finally {
      await producer.disconnect();
    }
  };
  return {
    fence: async (partitions) => {
      const fencing = Promise.all(partitions.map(fenceOne));
      if (await settledWithin(FENCE_MS_MAX, fencing)) await fencing;
      else throw new KafkaTroubleError(`${group} was not fenced within ${String(FENCE_MS_MAX)} ms`);
    },
  };
}
