import type { Admin, Kafka } from 'kafkajs';
import type { LogStart } from '#ports/log-reader.ts';
import type { Lane, LaneProcessor, PartitionGroup, TakeLane } from '#ports/partition-group.ts';
import type { InboundRecord } from '#ports/records.ts';
import { createKafka, SESSION_TIMEOUT_MS } from './client.ts';
import type { KafkaSurroundings } from './client.ts';
import { committedPositions } from './committed-positions.ts';
import type { OwnershipWatch } from './consumer-watch.ts';
import { coPartitionedAssigner } from './co-partitioned-assigner.ts';
import { asError, isPassingTrouble, KafkaTroubleError } from './kafka-trouble.ts';
import { createLogReader } from './log-reader.ts';
import { settledWithin } from './settled-within.ts';
import { SteadyConsumer } from './steady-consumer.ts';
import type { Membership } from './steady-consumer.ts';
import { TopicBounds } from './topic-bounds.ts';

const ADMIN_RETRIES = 5;
const COMMIT_INTERVAL_MS = 1_000;
/** The last commit of a stop waits this long for the broker: what it misses comes once more. */
const LAST_COMMIT_MS_MAX = 1_000;
const CLOSE_MS_MAX = 2_000;
/** A log of which nothing more comes for so long is not read to its end: the take-over is tried again. */
const RESTORE_STILL_MS_MAX = 60_000;

export interface PartitionGroupOptions {
  readonly groupId: string;
  readonly partitions: number;
  /** A processor failed for a reason that is not Kafka's, or Kafka refuses for good: the process should end. */
  readonly onFatal: (error: Error) => void;
}

/** At-least-once processing by partition number, without transactions (ports/partition-group.ts). */
export function createPartitionGroup(
  surroundings: KafkaSurroundings,
  options: PartitionGroupOptions,
): PartitionGroup {
  return new KafkaPartitionGroup(surroundings, options);
}

class KafkaPartitionGroup implements PartitionGroup {
  readonly #surroundings: KafkaSurroundings;
  readonly #options: PartitionGroupOptions;
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  readonly #topicBounds: TopicBounds;
  readonly #watch: OwnershipWatch | undefined;
  #inputs: readonly string[] = [];
  #consumer: SteadyConsumer | undefined;
  #membership: Membership | undefined;
  #lanes = new Map<number, HeldLane>();
  /** Per `topic/partition` what was committed in this membership. */
  readonly #committed = new Map<string, number>();
  #committing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #onTaken: () => void = () => undefined;
  #onStopped: (error: Error) => void = () => undefined;

  constructor(surroundings: KafkaSurroundings, options: PartitionGroupOptions) {
    this.#surroundings = surroundings;
    this.#options = options;
    this.#kafka = createKafka(surroundings);
    this.#admin = this.#kafka.admin({ retry: { retries: ADMIN_RETRIES } });
    this.#topicBounds = new TopicBounds(this.#kafka);
    this.#watch = surroundings.watch?.ownership(options.groupId);
  }

  async run(inputs: readonly string[], takeOver: TakeLane): Promise<void> {
    this.#inputs = inputs;
    await Promise.all([this.#admin.connect(), this.#topicBounds.connect()]);
    const taken = new Promise<void>((resolve, reject) => {
      this.#onTaken = resolve;
      this.#onStopped = reject;
    });
    this.#consumer = new SteadyConsumer({
      kafka: this.#kafka,
      surroundings: this.#surroundings,
      watchedAs: this.#options.groupId,
      group: {
        groupId: this.#surroundings.topicPrefix + this.#options.groupId,
        partitionAssigners: [coPartitionedAssigner],
        sessionTimeout: SESSION_TIMEOUT_MS,
      },
      topics: inputs,
      partitionsConcurrentMax: inputs.length * this.#options.partitions,
      handlers: {
        onJoined: (membership) => this.#takeAll(membership, takeOver),
        onLost: () => this.#releaseAll(),
        onBatch: async ({ topic, partition, records }) => {
          const lane = this.#lanes.get(partition);
          if (lane === undefined) return false;
          return lane.process(topic, records);
        },
        onFatal: this.#options.onFatal,
      },
    });
    this.#timer = setInterval(() => this.#commitOnce(), COMMIT_INTERVAL_MS);
    await Promise.all([this.#consumer.start(), taken]);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#onStopped(new KafkaTroubleError('stopped before the first take-over'));
    await settledWithin(LAST_COMMIT_MS_MAX, this.#committing ?? Promise.resolve());
    this.#commitOnce();
    await settledWithin(LAST_COMMIT_MS_MAX, this.#committing ?? Promise.resolve());
    this.#releaseAll();
    await this.#consumer?.stop();
    const disconnecting = [this.#admin.disconnect(), this.#topicBounds.disconnect()];
    await settledWithin(CLOSE_MS_MAX, Promise.all(disconnecting));
  }

  #takeAll(membership: Membership, takeOver: TakeLane): void {
    this.#membership = membership;
    this.#committed.clear();
    const numbers = [...new Set(Object.values(membership.assignment).flat())];
    const lanes = numbers.map((partition) => this.#create(partition));
    this.#lanes = new Map(lanes.map((lane) => [lane.partition, lane]));
    this.#watch?.owned(lanes.length);
    Promise.all(lanes.map((lane) => this.#takeOne(membership, lane, takeOver))).then(
      () => this.#onTaken(),
      // Each has been dealt with on its own; the joining that follows takes over again.
      () => undefined,
    );
  }

  #create(partition: number): HeldLane {
    const { topicPrefix } = this.#surroundings;
    const groupId = topicPrefix + this.#options.groupId;
    const lane: HeldLane = new HeldLane({
      partition,
      surroundings: this.#surroundings,
      committed: () =>
        committedPositions({
          admin: this.#admin,
          topicBounds: this.#topicBounds,
          surroundings: this.#surroundings,
          groupId,
          partition,
          inputs: this.#inputs,
        }),
      endOf: async (topic) => {
        const bounds = await this.#topicBounds.of(topicPrefix + topic);
        return bounds.find((entry) => entry.partition === partition) ?? { low: 0, high: 0 };
      },
      onFailure: (error) => this.#onFailure(lane, error),
    });
    return lane;
  }

  async #takeOne(membership: Membership, lane: HeldLane, takeOver: TakeLane): Promise<void> {
    const { consumer } = membership;
    const { partition } = lane;
    const topics = this.#inputs.map((topic) => this.#surroundings.topicPrefix + topic);
    const everything = topics.map((topic) => ({ topic, partitions: [partition] }));
    consumer.pause(everything);
    const startedAt = performance.now();
    try {
      await lane.open(takeOver);
      for (const [topic, position] of lane.expected) {
        membership.seek(this.#surroundings.topicPrefix + topic, partition, position);
      }
      consumer.resume(everything);
      this.#watch?.tookOver((performance.now() - startedAt) / 1_000);
    } catch (error) {
      this.#onFailure(lane, error);
      throw error;
    }
  }

  /** Whatever fails, this member gives all of its numbers up. What was given up already may fail. */
  #onFailure(lane: HeldLane, error: unknown): void {
    if (this.#lanes.get(lane.partition) !== lane) return;
    if (!isPassingTrouble(error)) {
      this.#releaseAll();
      this.#options.onFatal(asError(error));
      return;
    }
    this.#watch?.gaveUp();
    this.#surroundings.logger.warn(
      { event: 'given_up', partition: lane.partition, error: asError(error).message },
      'a partition could not be written: joining the group again',
    );
    this.#consumer?.rejoin();
  }

  #releaseAll(): void {
    const released = [...this.#lanes.values()];
    this.#membership = undefined;
    this.#lanes = new Map();
    this.#watch?.owned(0);
    for (const lane of released) lane.release();
  }

  /** One commit at a time: one that hangs must not put an old position over a later one's. */
  #commitOnce(): void {
    this.#committing ??= this.#commit()
      .catch((error: unknown) => {
        this.#surroundings.logger.warn({ error: asError(error).message }, 'offsets not committed');
      })
      .finally(() => {
        this.#committing = undefined;
      });
  }

  async #commit(): Promise<void> {
    const membership = this.#membership;
    const offsets = [...this.#lanes.values()]
      .flatMap((lane) =>
        [...lane.finished()].map(([topic, position]) => ({
          topic: this.#surroundings.topicPrefix + topic,
          partition: lane.partition,
          offset: String(position),
        })),
      )
      .filter(({ topic, partition, offset }) => {
        return this.#committed.get(`${topic}/${partition}`) !== Number(offset);
      });
    if (membership === undefined || offsets.length === 0) return;
    await membership.consumer.commitOffsets(offsets);
    if (membership !== this.#membership) return;
    for (const { topic, partition, offset } of offsets) {
      this.#committed.set(`${topic}/${partition}`, Number(offset));
    }
  }
}

interface LaneSetting {
  readonly partition: number;
  readonly surroundings: KafkaSurroundings;
  readonly committed: () => Promise<ReadonlyMap<string, number>>;
  readonly endOf: (topic: string) => Promise<{ readonly low: number; readonly high: number }>;
  readonly onFailure: (error: unknown) => void;
}

const NOTHING: ReadonlyMap<string, number> = new Map();

class HeldLane implements Lane {
  readonly #setting: LaneSetting;
  /** Per input the next offset that may come: what was fetched before the seek is dropped. */
  readonly expected = new Map<string, number>();
  #processor: LaneProcessor | undefined;
  #released = false;
  readonly #whenReleased: Promise<void>;
  #release: () => void = () => undefined;

  constructor(setting: LaneSetting) {
    this.#setting = setting;
    this.#whenReleased = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  get partition(): number {
    return this.#setting.partition;
  }

  isHeld(): boolean {
    return !this.#released;
  }

  async open(takeOver: TakeLane): Promise<void> {
    const processor = await takeOver(this);
    this.#processor = processor;
    if (this.#released) processor.onRelease();
    this.#refuseIfReleased();
    for (const [topic, position] of await this.committedPositions()) {
      this.expected.set(topic, processor.startAt.get(topic) ?? position);
    }
    this.#refuseIfReleased();
  }

  committedPositions(): Promise<ReadonlyMap<string, number>> {
    this.#refuseIfReleased();
    return this.#setting.committed();
  }

  async readToEnd(
    topic: string,
    onRecords: (records: readonly InboundRecord[]) => void,
    from?: LogStart,
  ): Promise<number> {
    this.#refuseIfReleased();
    const { surroundings, partition, endOf } = this.#setting;
    const { low, high } = await endOf(topic);
    if (low === high) return high;
    const reader = createLogReader(surroundings, {
      partition,
      ...(from === undefined ? {} : { from }),
      onFatal: () => undefined,
    });
    const reading = reader
      .start([topic], onRecords)
      .then(() => reader.caughtUpAdvancing(RESTORE_STILL_MS_MAX));
    try {
      await Promise.race([reading, this.#whenReleased]);
      this.#refuseIfReleased();
      return reader.positions(topic)[partition] ?? high;
    } finally {
      await reader.stop();
      await reading.catch(() => undefined);
    }
  }

  fail(error: unknown): void {
    this.#setting.onFailure(error);
  }

  giveUp(why: string): void {
    this.#setting.onFailure(new KafkaTroubleError(why));
  }

  async process(topic: string, records: readonly InboundRecord[]): Promise<boolean> {
    if (this.#released || this.#processor === undefined) return false;
    const expected = this.expected.get(topic) ?? 0;
    const fresh = records.filter(({ offset }) => offset >= expected);
    const last = fresh.at(-1);
    if (last === undefined) return true;
    this.expected.set(topic, last.offset + 1);
    await this.#processor.onBatch(fresh);
    return !this.#released;
  }

  finished(): ReadonlyMap<string, number> {
    return this.#processor?.finished() ?? NOTHING;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#release();
    this.#processor?.onRelease();
  }

  #refuseIfReleased(): void {
    if (this.#released) throw new KafkaTroubleError(`partition ${this.partition} was given up`);
  }
}
