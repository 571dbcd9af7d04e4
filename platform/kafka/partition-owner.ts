import { setTimeout as pause } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import type { PartitionOwner, TakeOver } from '#ports/partition-owner.ts';
import { createKafka, SESSION_TIMEOUT_MS } from './client.ts';
import type { KafkaSurroundings } from './client.ts';
import type { OwnershipWatch } from './consumer-watch.ts';
import { coPartitionedAssigner } from './co-partitioned-assigner.ts';
import { asError, isPassingTrouble, KafkaTroubleError } from './kafka-trouble.ts';
import { OwnedPartition } from './owned-partition.ts';
import { settledWithin } from './settled-within.ts';
import { SteadyConsumer } from './steady-consumer.ts';
import type { ConsumedBatch, Membership } from './steady-consumer.ts';
import { TopicBounds } from './topic-bounds.ts';

/** A take-over that is not answered is tried again as a whole, by joining the group anew. */
const ADMIN_RETRIES = 5;
/** Between two fetches: each is as dear for one record as for a hundred. */
const FETCH_PAUSE_MS = 10;
/** `stop` waits this long for the transactions under way; a successor fences what is left. */
const CLOSE_MS_MAX = 3_000;

export interface PartitionOwnerOptions {
  /** Also the root of the transactional ids: `<group>-<partition number>`. */
  readonly groupId: string;
  readonly partitions: number;
  /** A processor failed for a reason that is not Kafka's, or Kafka refuses for good: the process should end. */
  readonly onFatal: (error: Error) => void;
}

/**
 * Exactly-once processing by partition number (ports/partition-owner.ts, PLATFORM's rule of
 * hand-over): after every joining of the group each number is taken over anew — fence, restore, then
 * seek to the offsets committed meanwhile. After any failed transaction the member forgets everything
 * and joins again: whoever takes a partition without a fresh assignment could fence its rightful owner.
 */
export function createPartitionOwner(
  surroundings: KafkaSurroundings,
  options: PartitionOwnerOptions,
): PartitionOwner {
  return new KafkaPartitionOwner(surroundings, options);
}

class KafkaPartitionOwner implements PartitionOwner {
  readonly #surroundings: KafkaSurroundings;
  readonly #options: PartitionOwnerOptions;
  readonly #kafka: Kafka;
  readonly #groupId: string;
  readonly #admin: Admin;
  readonly #topicBounds: TopicBounds;
  readonly #closing = new Set<Promise<void>>();
  /** Per number, the last fencing that this process has begun. */
  readonly #fencing = new Map<number, Promise<unknown>>();
  readonly #watch: OwnershipWatch | undefined;
  #inputs: readonly string[] = [];
  #consumer: SteadyConsumer | undefined;
  #owned = new Map<number, OwnedPartition>();
  #onTakenOver: () => void = () => undefined;
  #onStopped: (error: Error) => void = () => undefined;

  constructor(surroundings: KafkaSurroundings, options: PartitionOwnerOptions) {
    this.#surroundings = surroundings;
    this.#options = options;
    this.#kafka = createKafka(surroundings);
    this.#admin = this.#kafka.admin({ retry: { retries: ADMIN_RETRIES } });
    this.#topicBounds = new TopicBounds(this.#kafka);
    this.#groupId = surroundings.topicPrefix + options.groupId;
    this.#watch = surroundings.watch?.ownership(options.groupId);
  }

  async run(inputs: readonly string[], takeOver: TakeOver): Promise<void> {
    this.#inputs = inputs;
    await Promise.all([this.#admin.connect(), this.#topicBounds.connect()]);
    const takenOver = new Promise<void>((resolve, reject) => {
      this.#onTakenOver = resolve;
      this.#onStopped = reject;
    });
    this.#consumer = new SteadyConsumer({
      kafka: this.#kafka,
      surroundings: this.#surroundings,
      watchedAs: this.#options.groupId,
      group: {
        groupId: this.#groupId,
        partitionAssigners: [coPartitionedAssigner],
        sessionTimeout: SESSION_TIMEOUT_MS,
      },
      topics: inputs,
      partitionsConcurrentMax: inputs.length * this.#options.partitions,
      handlers: {
        onJoined: (membership) => this.#takeOverAll(membership, takeOver),
        onLost: () => this.#releaseAll(),
        onBatch: (batch) => this.#take(batch),
        onPassed: (topic, partition, position) => {
          void this.#owned.get(partition)?.take({ topic, records: [], nextPosition: position });
        },
        finishesLater: true,
        onFatal: this.#options.onFatal,
      },
    });
    await Promise.all([this.#consumer.start(), takenOver]);
  }

  async stop(): Promise<void> {
    this.#onStopped(new KafkaTroubleError('stopped before the first take-over'));
    this.#releaseAll();
    await this.#consumer?.stop();
    await settledWithin(CLOSE_MS_MAX, Promise.all(this.#closing));
    const disconnecting = [this.#admin.disconnect(), this.#topicBounds.disconnect()];
    await settledWithin(CLOSE_MS_MAX, Promise.all(disconnecting));
  }

  /** The group has formed: every assigned number is taken over anew. */
  #takeOverAll(membership: Membership, takeOver: TakeOver): void {
    const numbers = [...new Set(Object.values(membership.assignment).flat())];
    const owned = numbers.map((partition) => this.#create(partition, membership));
    this.#owned = new Map(owned.map((one) => [one.partition, one]));
    this.#watch?.owned(this.#owned.size);
    const openings = owned.map((one) => this.#takeOverOne(membership, one, takeOver));
    Promise.all(openings).then(
      () => this.#onTakenOver(),
      // Each has been dealt with on its own; the joining that follows takes over again.
      () => undefined,
    );
  }

  #create(partition: number, membership: Membership): OwnedPartition {
    const owned: OwnedPartition = new OwnedPartition({
      kafka: this.#kafka,
      admin: this.#admin,
      topicBounds: this.#topicBounds,
      surroundings: this.#surroundings,
      groupId: this.#groupId,
      partition,
      partitions: this.#options.partitions,
      inputs: this.#inputs,
      onFinished: (topic, position, at) => membership.finished(topic, partition, position, at),
      onFailure: (error) => this.#onFailure(owned, error),
    });
    return owned;
  }

  async #takeOverOne(
    { consumer, seek }: Membership,
    owned: OwnedPartition,
    takeOver: TakeOver,
  ): Promise<void> {
    const { partition } = owned;
    const inputs = this.#inputs.map((topic) => this.#surroundings.topicPrefix + topic);
    const everything = inputs.map((topic) => ({ topic, partitions: [partition] }));
    consumer.pause(everything);
    const startedAt = performance.now();
    const opening = owned.open(takeOver, this.#fencing.get(partition) ?? Promise.resolve());
    this.#fencing.set(partition, owned.fencing);
    try {
      await opening;
      if (this.#owned.get(partition) !== owned) throw new KafkaTroubleError('lost meanwhile');
      for (const topic of this.#inputs) {
        seek(this.#surroundings.topicPrefix + topic, partition, owned.committedPosition(topic));
      }
      consumer.resume(everything);
      this.#watch?.tookOver((performance.now() - startedAt) / 1_000);
    } catch (error) {
      this.#onFailure(owned, error);
      throw error;
    }
  }

  /**
   * A batch is taken before it is processed, and the consumer goes on behind it: whatever fails, this
   * member joins anew and begins at the committed positions.
   */
  async #take({ topic, partition, records, nextPosition }: ConsumedBatch): Promise<boolean> {
    const owned = this.#owned.get(partition);
    if (owned === undefined) return false;
    await Promise.all([owned.take({ topic, records, nextPosition }), pause(FETCH_PAUSE_MS)]);
    return true;
  }

  /** Whatever fails, this member gives all of its numbers up. What was given up already may fail. */
  #onFailure(owned: OwnedPartition, error: unknown): void {
    if (this.#owned.get(owned.partition) !== owned) return;
    if (isPassingTrouble(error)) {
      this.#watch?.gaveUp();
      this.#surroundings.logger.warn(
        { event: 'given_up', partition: owned.partition, error: asError(error).message },
        'a partition could not be written: joining the group again',
      );
      this.#consumer?.rejoin();
    } else {
      this.#releaseAll();
      this.#options.onFatal(asError(error));
    }
  }

  #releaseAll(): void {
    const released = [...this.#owned.values()];
    this.#owned = new Map();
    this.#watch?.owned(0);
    for (const owned of released) {
      owned.release();
      const closing = owned.closed().catch((error: unknown) => {
        const reason = asError(error).message;
        this.#surroundings.logger.debug({ error: reason }, 'a producer did not close cleanly');
      });
      this.#closing.add(closing);
      void closing.finally(() => this.#closing.delete(closing));
    }
  }
}
