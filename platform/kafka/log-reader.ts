import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import type { EndOffsets, LogReader, LogStart } from '#ports/log-reader.ts';
import type { InboundRecord } from '#ports/records.ts';
import { createKafka } from './client.ts';
import type { KafkaSurroundings } from './client.ts';
import { asError, KafkaTroubleError } from './kafka-trouble.ts';
import { settledWithin } from './settled-within.ts';
import { SteadyConsumer } from './steady-consumer.ts';
import type { ConsumedBatch, Membership } from './steady-consumer.ts';
import { TopicBounds } from './topic-bounds.ts';
import type { PartitionBounds } from './topic-bounds.ts';

/** A reader's group is its own: nobody waits for it to die. Be patient with a busy process. */
const READER_SESSION_TIMEOUT_MS = 30_000;
const CAUGHT_UP_POLL_MS = 10;
/** A broker that was killed recovers its partitions one by one: a process may start meanwhile. */
const START_PATIENCE_MS = 60_000;
/** Taking the group away again is a courtesy to the broker. */
const CLEAN_UP_MS_MAX = 2_000;

type OnRecords = (records: readonly InboundRecord[]) => void | Promise<void>;

interface Lane {
  /** The first offset not yet handed over; transaction markers count as read. */
  position: number;
}

interface Goal {
  readonly lane: Lane;
  readonly topic: string;
  readonly partition: number;
  readonly end: number;
}

export interface LogReaderOptions {
  /** What it reads, for the process' watch: `<process>.<name>`. Each reader of a process has its own. */
  readonly name?: string;
  /** Only this partition number of each topic; all when absent. */
  readonly partition?: number;
  /** Where to begin: at the beginning when absent. */
  readonly from?: 'END' | LogStart;
  /**
   * Nobody waits for what it reads within so many ms: it lets records come together for as long after it
   * has taken some. A fetch costs the broker as much for one record as for a hundred.
   */
  readonly fetchPauseMs?: number;
  /** Called when the reader can no longer read, or `onRecords` failed: the process should end. */
  readonly onFatal: (error: Error) => void;
}

/** Reads whole topics, from their beginning unless told otherwise, committed records only (ports/log-reader.ts). */
export function createLogReader(
  surroundings: KafkaSurroundings,
  options: LogReaderOptions,
): LogReader {
  return new KafkaLogReader(surroundings, options);
}

/** Where partitions end, asked of the broker each time. */
export async function createEndOffsets(
  surroundings: KafkaSurroundings,
): Promise<EndOffsets & { close(): Promise<void> }> {
  const topicBounds = new TopicBounds(createKafka(surroundings));
  await topicBounds.connect();
  return {
    endOffsets: (topic) => topicBounds.endsOf(surroundings.topicPrefix + topic),
    close: () => topicBounds.disconnect(),
  };
}

class KafkaLogReader implements LogReader {
  readonly #kafka: Kafka;
  readonly #surroundings: KafkaSurroundings;
  readonly #options: LogReaderOptions;
  readonly #groupId: string;
  readonly #topicBounds: TopicBounds;
  readonly #lanes = new Map<string, Lane[]>();
  #consumer: SteadyConsumer | undefined;
  #onRecords: OnRecords = () => undefined;
  #starting: Promise<void> = Promise.resolve();
  #failure: Error | undefined;
  #stopped = false;

  constructor(surroundings: KafkaSurroundings, options: LogReaderOptions) {
    this.#surroundings = surroundings;
    this.#options = options;
    this.#kafka = createKafka(surroundings);
    this.#topicBounds = new TopicBounds(this.#kafka);
    this.#groupId = `${surroundings.topicPrefix}${surroundings.clientId}.reader.${randomUUID()}`;
  }

  start(topics: readonly string[], onRecords: OnRecords): Promise<void> {
    const starting = this.#start(topics, onRecords);
    this.#starting = starting.catch(() => undefined);
    return starting;
  }

  async #start(topics: readonly string[], onRecords: OnRecords): Promise<void> {
    this.#onRecords = onRecords;
    await this.#topicBounds.connect();
    for (const topic of topics) {
      const bounds = await this.#topicBounds.of(this.#surroundings.topicPrefix + topic, {
        patienceMs: START_PATIENCE_MS,
      });
      const begins = await this.#begins(topic, bounds);
      this.#lanes.set(
        topic,
        begins.map((position) => ({ position })),
      );
    }
    if (this.#isStopped()) throw stoppedError();
    this.#consumer = new SteadyConsumer({
      kafka: this.#kafka,
      surroundings: this.#surroundings,
      // One that reads a partition to its end is over before anybody asks.
      ...(this.#options.partition === undefined
        ? { watchedAs: `${this.#surroundings.clientId}.${this.#options.name ?? 'reader'}` }
        : {}),
      group: { groupId: this.#groupId, sessionTimeout: READER_SESSION_TIMEOUT_MS },
      topics,
      // Partitions that pause do so side by side.
      partitionsConcurrentMax: this.#pauses ? this.#laneCount : 1,
      handlers: {
        onJoined: (membership) => this.#takeUp(membership),
        onBatch: (batch) => this.#take(batch),
        onPassed: (topic, partition, position) => this.#passed(topic, partition, position),
        onFatal: (error) => this.#fail(error),
      },
    });
    await this.#consumer.start();
  }

  /** The first offset of each partition that is read. */
  async #begins(topic: string, bounds: readonly PartitionBounds[]): Promise<number[]> {
    const { from } = this.#options;
    if (from === undefined) return bounds.map(({ low }) => low);
    if (from === 'END') return bounds.map(({ high }) => high);
    if ('offset' in from) {
      return bounds.map(({ low, high }) => Math.min(Math.max(from.offset, low), high));
    }
    const admin = this.#kafka.admin();
    try {
      await admin.connect();
      const prefixed = this.#surroundings.topicPrefix + topic;
      const found = await admin.fetchTopicOffsetsByTimestamp(prefixed, from.sinceMs);
      const offsets = new Map(found.map(({ partition, offset }) => [partition, Number(offset)]));
      // A partition without so late a record is told as its end.
      return bounds.map(({ partition, low, high }) =>
        Math.min(Math.max(offsets.get(partition) ?? low, low), high),
      );
    } finally {
      await admin.disconnect();
    }
  }

  positions(topic: string): readonly number[] {
    return (this.#lanes.get(topic) ?? []).map(({ position }) => position);
  }

  caughtUp(timeoutMs: number): Promise<void> {
    return this.#caughtUp(timeoutMs, () => 0);
  }

  caughtUpAdvancing(stillMs: number): Promise<void> {
    const lanes = (): Lane[] => [...this.#lanes.values()].flat();
    return this.#caughtUp(stillMs, () => lanes().reduce((sum, { position }) => sum + position, 0));
  }

  /** Gives up when `progress` has stayed the same for `patienceMs`. */
  async #caughtUp(patienceMs: number, progress: () => number): Promise<void> {
    let since = Date.now();
    let before = progress();
    for (const goal of await this.#goals()) {
      while (goal.lane.position < goal.end) {
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#isStopped()) throw stoppedError();
        const reached = progress();
        if (reached !== before) since = Date.now();
        before = reached;
        if (Date.now() > since + patienceMs) throw lateError(goal, patienceMs);
        await new Promise((resolve) => setTimeout(resolve, CAUGHT_UP_POLL_MS));
      }
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#consumer?.stop();
    await settledWithin(CLEAN_UP_MS_MAX, this.#cleanUp());
  }

  async #goals(): Promise<Goal[]> {
    if (this.#lanes.size === 0) throw new Error('the reader has not been started');
    const goals: Goal[] = [];
    for (const topic of this.#lanes.keys()) {
      const bounds = await this.#topicBounds.of(this.#surroundings.topicPrefix + topic);
      for (const { partition, low, high } of bounds) {
        const lane = this.#lane(topic, partition);
        if (lane !== undefined && low !== high) goals.push({ lane, topic, partition, end: high });
      }
    }
    return goals;
  }

  /** Goes on where it was: a new membership begins at the beginning otherwise. */
  #takeUp({ consumer, assignment, seek }: Membership): void {
    for (const [prefixed, partitions] of Object.entries(assignment)) {
      const topic = prefixed.slice(this.#surroundings.topicPrefix.length);
      for (const partition of partitions) {
        const lane = this.#lane(topic, partition);
        if (lane === undefined) consumer.pause([{ topic: prefixed, partitions: [partition] }]);
        else seek(prefixed, partition, lane.position);
      }
    }
  }

  async #take(batch: ConsumedBatch): Promise<boolean> {
    const taken = await this.#handOver(batch);
    if (this.#pauses && !this.#stopped) await pause(this.#options.fetchPauseMs);
    return taken;
  }

  async #handOver({ topic, partition, records, nextPosition }: ConsumedBatch): Promise<boolean> {
    const lane = this.#lane(topic, partition);
    if (lane === undefined) return true;
    const fresh = records.filter(({ offset }) => offset >= lane.position);
    if (fresh.length > 0) await this.#onRecords(fresh);
    this.#passed(topic, partition, nextPosition);
    return true;
  }

  #passed(topic: string, partition: number, position: number): void {
    const lane = this.#lane(topic, partition);
    if (lane !== undefined) lane.position = Math.max(lane.position, position);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#options.onFatal(error);
  }

  /** The lane of a partition that is read; undefined for one that is not asked for. */
  #lane(topic: string, partition: number): Lane | undefined {
    const { partition: asked } = this.#options;
    if (asked !== undefined && asked !== partition) return undefined;
    return this.#lanes.get(topic)?.[partition];
  }

  /** An empty group would stay on the broker for a while: one for each start of a process. */
  async #cleanUp(): Promise<void> {
    await this.#starting;
    const admin = this.#kafka.admin();
    try {
      await this.#topicBounds.disconnect();
      if (this.#consumer === undefined) return;
      await admin.connect();
      await admin.deleteGroups([this.#groupId]);
    } catch (error) {
      const reason = asError(error).message;
      this.#surroundings.logger.debug({ error: reason }, 'the reader left its group behind');
    } finally {
      await admin.disconnect();
    }
  }

  get #pauses(): boolean {
    return this.#options.fetchPauseMs !== undefined;
  }

  get #laneCount(): number {
    return [...this.#lanes.values()].flat().length;
  }

  #isStopped(): boolean {
    return this.#stopped;
  }
}

function stoppedError(): KafkaTroubleError {
  return new KafkaTroubleError('the reader was stopped before it had read to the end');
}

function lateError({ lane, topic, partition, end }: Goal, timeoutMs: number): KafkaTroubleError {
  return new KafkaTroubleError(
    `${topic}/${partition} was read to ${lane.position} of ${end} in ${timeoutMs} ms: ` +
      'is a transaction left open by a writer that died?',
  );
}
