import type { ConsumerGroup, HeldBackAt } from '#ports/consumer-group.ts';
import type { InboundRecord } from '#ports/records.ts';
import { createKafka, SESSION_TIMEOUT_MS } from './client.ts';
import type { KafkaSurroundings } from './client.ts';
import { coPartitionedAssigner } from './co-partitioned-assigner.ts';
import { asError } from './kafka-trouble.ts';
import { settledWithin } from './settled-within.ts';
import { SteadyConsumer } from './steady-consumer.ts';
import type { ConsumedBatch, Membership } from './steady-consumer.ts';

const COMMIT_INTERVAL_MS = 1_000;
/** The last commit of a stop waits this long for the broker: what it misses comes once more. */
const LAST_COMMIT_MS_MAX = 1_000;

export interface ConsumerGroupOptions {
  readonly groupId: string;
  /** What has been fed up to the committed positions: for another the group begins anew. */
  readonly feeds?: string;
  readonly partitionsConcurrentMax: number;
  /** The handler rejected or the group is lost: the process should end and be restarted. */
  readonly onFatal: (error: Error) => void;
}

/** A group member that commits what its handler has finished, about once a second (PLATFORM, kafkajs 1). */
export function createConsumerGroup(
  surroundings: KafkaSurroundings,
  options: ConsumerGroupOptions,
): ConsumerGroup {
  return new KafkaConsumerGroup(surroundings, options);
}

/** `position` is the first offset of the partition not handled. */
interface Finished {
  readonly topic: string;
  readonly partition: number;
  readonly position: number;
}

class KafkaConsumerGroup implements ConsumerGroup {
  readonly #surroundings: KafkaSurroundings;
  readonly #options: ConsumerGroupOptions;
  /** Per `topic/partition` what can be committed; cleared whenever the group forms anew. */
  readonly #finished = new Map<string, Finished>();
  #consumer: SteadyConsumer | undefined;
  #membership: Membership | undefined;
  #heldBackAt: HeldBackAt = () => null;
  #committing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(surroundings: KafkaSurroundings, options: ConsumerGroupOptions) {
    this.#surroundings = surroundings;
    this.#options = options;
  }

  async run(
    topics: readonly string[],
    onBatch: (records: readonly InboundRecord[]) => Promise<void>,
    heldBackAt: HeldBackAt = () => null,
  ): Promise<void> {
    const { groupId, feeds } = this.#options;
    this.#heldBackAt = heldBackAt;
    this.#consumer = new SteadyConsumer({
      kafka: createKafka(this.#surroundings),
      surroundings: this.#surroundings,
      watchedAs: groupId,
      group: {
        groupId: [
          this.#surroundings.topicPrefix + groupId,
          ...(feeds === undefined ? [] : [feeds]),
        ].join('.'),
        partitionAssigners: [coPartitionedAssigner],
        sessionTimeout: SESSION_TIMEOUT_MS,
      },
      topics,
      partitionsConcurrentMax: this.#options.partitionsConcurrentMax,
      handlers: {
        onJoined: (membership) => {
          this.#membership = membership;
        },
        onLost: () => {
          this.#membership = undefined;
          this.#finished.clear();
        },
        onBatch: async (batch, membership) => {
          await onBatch(batch.records);
          this.#finish(batch, membership);
          return true;
        },
        onFatal: this.#options.onFatal,
      },
    });
    await this.#consumer.start();
    this.#timer = setInterval(() => {
      this.#commitOnce('offsets were not committed');
    }, COMMIT_INTERVAL_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    // After the group is left nothing can be committed; what is finished meanwhile comes once more.
    await settledWithin(LAST_COMMIT_MS_MAX, this.#committing ?? Promise.resolve());
    this.#commitOnce('the last offsets were not committed');
    await settledWithin(LAST_COMMIT_MS_MAX, this.#committing ?? Promise.resolve());
    await this.#consumer?.stop();
  }

  #finish({ topic, partition, nextPosition }: ConsumedBatch, membership: Membership): void {
    if (membership !== this.#membership) return;
    this.#finished.set(laneOf(topic, partition), { topic, partition, position: nextPosition });
  }

  /** One commit at a time: one that hangs must not put an old position over a later one's. */
  #commitOnce(ifNot: string): void {
    this.#committing ??= this.#commit()
      .catch((error: unknown) => {
        this.#surroundings.logger.warn({ error: asError(error).message }, ifNot);
      })
      .finally(() => {
        this.#committing = undefined;
      });
  }

  async #commit(): Promise<void> {
    const membership = this.#membership;
    const finished = [...this.#finished.values()];
    if (membership === undefined || finished.length === 0) return;
    this.#finished.clear();
    const offsets = finished.map((lane) => ({ lane, position: this.#committable(lane) }));
    this.#keep(
      offsets.filter(({ lane, position }) => position < lane.position).map(({ lane }) => lane),
      membership,
    );
    try {
      await membership.consumer.commitOffsets(
        offsets.map(({ lane, position }) => ({
          topic: this.#surroundings.topicPrefix + lane.topic,
          partition: lane.partition,
          offset: String(position),
        })),
      );
    } catch (error) {
      this.#keep(finished, membership);
      throw error;
    }
  }

  #committable({ topic, partition, position }: Finished): number {
    const held = this.#heldBackAt(topic, partition);
    return held === null ? position : Math.min(held, position);
  }

  /** Puts positions back whose commit failed or is held back, unless later ones came or the group re-formed. */
  #keep(lanes: readonly Finished[], membership: Membership): void {
    if (membership !== this.#membership) return;
    for (const lane of lanes) {
      const key = laneOf(lane.topic, lane.partition);
      if (!this.#finished.has(key)) this.#finished.set(key, lane);
    }
  }
}

function laneOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
