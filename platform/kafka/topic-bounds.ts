import { PartitionAssigners } from 'kafkajs';
import type { Cluster, Consumer, Kafka } from 'kafkajs';
import { isAnswer, isPassingTrouble, KafkaTroubleError } from './kafka-trouble.ts';
import { settledWithin } from './settled-within.ts';

const PATIENCE_MS = 4_000;
/** Every broker knows a new topic by then. */
const MISSING_MS = 3_000;
const PAUSE_MS = 100;

/** Where a partition begins and ends. */
export interface PartitionBounds {
  readonly partition: number;
  /** The first offset still kept. */
  readonly low: number;
  /** The offset that the next record will get; what a transaction has not committed yet counts. */
  readonly high: number;
}

export interface Patience {
  /** How long passing trouble is tried again, ms. */
  readonly patienceMs?: number;
  /** How long a topic may be unknown, ms. */
  readonly missingMs?: number;
}

/** A topic that is not there; the message says what makes it. */
export class MissingTopicError extends Error {
  override readonly name = 'MissingTopicError';
}

/**
 * Asks brokers for the bounds of partitions. kafkajs' administrator tells only the end of what is
 * committed: behind a transaction that hangs it would hide records that are there. A consumer that reads
 * uncommitted records asks for the true end; this one never reads, it lends its connection.
 */
export class TopicBounds {
  readonly #consumer: Consumer;
  #cluster: Cluster | undefined;

  constructor(kafka: Kafka) {
    this.#consumer = kafka.consumer({
      groupId: 'no-group',
      readUncommitted: true,
      allowAutoTopicCreation: false,
      partitionAssigners: [
        (config) => {
          this.#cluster = config.cluster;
          return PartitionAssigners.roundRobin(config);
        },
      ],
    });
  }

  async connect(): Promise<void> {
    await this.#consumer.connect();
  }

  async disconnect(): Promise<void> {
    await this.#consumer.disconnect();
  }

  /**
   * The bounds of a topic's partitions, in their order. For a moment after a topic's creation or a
   * broker's return a partition has no leader: tries again for `patienceMs`. Throws MissingTopicError
   * when no broker knows the topic after `missingMs`, KafkaTroubleError when there is no answer in time.
   */
  of(topic: string, patience: Patience = {}): Promise<PartitionBounds[]> {
    return patiently(topic, patience, async () => {
      const ends = await this.#ask(topic, 'END');
      const lows = await this.#ask(topic, 'BEGINNING');
      const lowOf = new Map(lows.map(({ partition, offset }) => [partition, offset]));
      return ends.map(({ partition, offset: high }) => ({
        ...{ partition, low: lowOf.get(partition) ?? 0, high },
      }));
    });
  }

  /** Only where they end, for half the price: whoever asks ten times a second. As `of` otherwise. */
  async endsOf(topic: string): Promise<number[]> {
    const ends = await patiently(topic, {}, () => this.#ask(topic, 'END'));
    return ends.map(({ offset }) => offset);
  }

  /** The first or the next offset of each partition, in their order. */
  async #ask(topic: string, which: 'BEGINNING' | 'END'): Promise<PlacedOffset[]> {
    const cluster = this.#cluster;
    if (cluster === undefined) throw new Error('kafkajs has not made its connection');
    await cluster.addTargetTopic(topic);
    await cluster.refreshMetadataIfNecessary();
    const partitions = cluster
      .findTopicPartitionMetadata(topic)
      .map(({ partitionId }) => ({ partition: partitionId }));
    const fromBeginning = which === 'BEGINNING';
    const [asked] = await cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning }]);
    return (asked?.partitions ?? [])
      .map(({ partition, offset }) => ({ partition, offset: Number(offset) }))
      .sort((a, b) => a.partition - b.partition);
  }
}

interface PlacedOffset {
  readonly partition: number;
  readonly offset: number;
}

async function patiently<T>(topic: string, patience: Patience, ask: () => Promise<T>): Promise<T> {
  const { patienceMs = PATIENCE_MS, missingMs = MISSING_MS } = patience;
  const startedAt = Date.now();
  for (;;) {
    try {
      const asking = ask();
      const leftMs = startedAt + patienceMs - Date.now();
      if (await settledWithin(Math.max(leftMs, PAUSE_MS), asking)) return await asking;
      throw new KafkaTroubleError(`no broker told the bounds of ${topic} in ${patienceMs} ms`);
    } catch (error) {
      const waitedMs = Date.now() - startedAt;
      if (isAnswer(error, 'UNKNOWN_TOPIC_OR_PARTITION') && waitedMs > missingMs) {
        throw new MissingTopicError(
          `topic ${topic} does not exist: \`sentinel up\` makes the product's topics`,
        );
      }
      if (waitedMs > patienceMs || !isPassingTrouble(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
