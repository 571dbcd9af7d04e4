import type { Consumer, ConsumerConfig, EachBatchPayload, Kafka } from 'kafkajs';
import type { InboundRecord } from '#ports/records.ts';
import { FETCH_WAIT_MAX_MS, HEARTBEAT_INTERVAL_MS, PATIENT_RETRY } from './client.ts';
import type { KafkaSurroundings } from './client.ts';
import { inboundRecord } from './inbound.ts';
import { asError, isPassingTrouble, KafkaTroubleError } from './kafka-trouble.ts';
import { settledWithin } from './settled-within.ts';

/**
 * Of one partition in one fetch, bytes; a larger record comes all the same. kafkajs makes an object of
 * half a kilobyte of each record: with its default of 1 MB a backlog on 8 partitions takes 60 MB of them.
 */
const FETCH_BYTES_MAX = 256 * 1024;
/** Between the end of a consumer and the next one. */
const REJOIN_PAUSE_MS = 500;
/** A batch that is handled for longer than this keeps the membership by heartbeats meanwhile. */
const HANDLER_HEARTBEAT_MS = 1_000;
/** A consumer that has not let go of its connections after this long is left to itself: it reads no more. */
const DISCONNECT_MS_MAX = 10_000;
/** `stop` waits this long for batches under way and for leaving the group. */
const STOP_MS_MAX = 3_000;

/** One joining of the group, until the group forms anew or the member leaves. */
export interface Membership {
  /** For pausing, resuming, seeking and committing what is assigned. Topics have their prefix. */
  readonly consumer: Consumer;
  readonly assignment: Readonly<Record<string, readonly number[]>>;
  /** Goes on at a position: what lies before it counts as finished. The topic has its prefix. */
  readonly seek: (topic: string, partition: number, position: number) => void;
  /**
   * For a handler that finishes later: everything before `position` is finished; `at` is the broker's
   * timestamp of the last record, ms. The topic is without its prefix.
   */
  readonly finished: (
    topic: string,
    partition: number,
    position: number,
    at: number | null,
  ) => void;
}

/** Records of one partition, in order. */
export interface ConsumedBatch {
  /** Without its prefix. */
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly InboundRecord[];
  /** The first offset after the batch; transaction markers behind the last record are passed. */
  readonly nextPosition: number;
}

export interface ConsumerHandlers {
  /** The group has formed anew; the membership before has been lost. Called before anything is fetched. */
  readonly onJoined?: (membership: Membership) => void;
  readonly onLost?: () => void;
  /** Resolves with whether the batch is done with, or taken; if not, it comes again. Rejects for a defect. */
  readonly onBatch: (batch: ConsumedBatch, membership: Membership) => Promise<boolean>;
  /** Transaction markers and aborted records were passed, and no record. */
  readonly onPassed?: (topic: string, partition: number, position: number) => void;
  /** A batch that is taken is not finished yet: the handler tells (`Membership.finished`). */
  readonly finishesLater?: true;
  /** A handler failed, or Kafka refuses for good: the process should end. */
  readonly onFatal: (error: Error) => void;
}

export interface SteadyConsumerOptions {
  readonly kafka: Kafka;
  readonly surroundings: KafkaSurroundings;
  readonly group: Pick<ConsumerConfig, 'groupId' | 'sessionTimeout' | 'partitionAssigners'>;
  /** The name under which the process' watch knows it; not watched without. */
  readonly watchedAs?: string;
  /** Without their prefix. */
  readonly topics: readonly string[];
  readonly partitionsConcurrentMax: number;
  readonly handlers: ConsumerHandlers;
}

/**
 * A member of a group that does not die silently. kafkajs ends a consumer for good on errors that pass
 * (a coordinator not found while a broker restarts), and one that restarts itself can come back after
 * it was disconnected, as a second member that nobody hears. So its own restart is off, and whatever
 * ends a consumer, a new one takes its place; what an earlier one still says is ignored.
 *
 * A batch counts as read only when its handler said so *in the membership that fetched it*: kafkajs
 * alone would move the position of the next membership.
 */
export class SteadyConsumer {
  readonly #options: SteadyConsumerOptions;
  #consumer: Consumer | undefined;
  #membership: Membership | undefined;
  #endCurrent: () => void = () => undefined;
  #life: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: SteadyConsumerOptions) {
    this.#options = options;
  }

  /** Resolves when the consumer runs, as a rule joined; rejects when it cannot begin. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#life = this.#live(resolve, reject);
    });
  }

  /** Leaves the group and joins it anew, as after a crash. */
  rejoin(): void {
    this.#endCurrent();
  }

  /** Leaves the group after the batches under way, or after three seconds without them. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#endCurrent();
    if (await settledWithin(STOP_MS_MAX, this.#life)) return;
    this.#log('warn', 'the consumer was left before its work under way had ended');
  }

  async #live(onStarted: () => void, onNotStarted: (error: Error) => void): Promise<void> {
    let begun = false;
    while (!this.#stopped) {
      const consumer = this.#create();
      const ended = this.#makeCurrent(consumer);
      try {
        await this.#open(consumer);
        begun = true;
        onStarted();
      } catch (error) {
        this.#endCurrent();
        if (!begun) {
          this.#stopped = true;
          onNotStarted(asError(error));
        } else this.#log('warn', 'could not join the group yet', error);
      }
      await ended;
      await this.#disconnect(consumer);
      if (!this.#isStopped()) {
        await new Promise((resolve) => setTimeout(resolve, REJOIN_PAUSE_MS));
      }
    }
    onNotStarted(new KafkaTroubleError('the consumer was stopped before it had begun'));
  }

  #create(): Consumer {
    const { kafka, group } = this.#options;
    return kafka.consumer({
      ...group,
      heartbeatInterval: HEARTBEAT_INTERVAL_MS,
      maxWaitTimeInMs: FETCH_WAIT_MAX_MS,
      maxBytesPerPartition: FETCH_BYTES_MAX,
      allowAutoTopicCreation: false,
      retry: { ...PATIENT_RETRY, restartOnFailure: () => Promise.resolve(false) },
    });
  }

  /** Resolves when the consumer has come to its end, for whatever reason. */
  #makeCurrent(consumer: Consumer): Promise<void> {
    this.#consumer = consumer;
    const ended = new Promise<void>((resolve) => {
      this.#endCurrent = () => {
        if (this.#consumer === consumer) {
          this.#consumer = undefined;
          this.#lose();
        }
        resolve();
      };
    });
    if (this.#stopped) this.#endCurrent();
    return ended;
  }

  async #open(consumer: Consumer): Promise<void> {
    const { surroundings, topics, partitionsConcurrentMax } = this.#options;
    const { GROUP_JOIN, END_BATCH_PROCESS, CRASH } = consumer.events;
    consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#join(consumer, payload.memberAssignment);
    });
    consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      const { topic, partition, lastOffset, batchSize } = payload;
      if (batchSize > 0 || consumer !== this.#consumer || this.#membership === undefined) return;
      const { onPassed, finishesLater } = this.#options.handlers;
      const position = Number(lastOffset) + 1;
      if (finishesLater !== true) {
        this.#watchFinished(this.#unprefixed(topic), partition, position, null);
      }
      this.#guard(() => onPassed?.(this.#unprefixed(topic), partition, position));
    });
    consumer.on(CRASH, ({ payload }) => {
      this.#crash(consumer, payload.error);
    });
    await consumer.connect();
    await consumer.subscribe({
      topics: topics.map((topic) => surroundings.topicPrefix + topic),
      fromBeginning: true,
    });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: partitionsConcurrentMax,
      eachBatch: (payload) => this.#handle(consumer, payload),
    });
  }

  #join(consumer: Consumer, assignment: Membership['assignment']): void {
    if (consumer !== this.#consumer) return;
    this.#lose();
    const membership: Membership = {
      consumer,
      assignment,
      seek: (topic, partition, position) => {
        consumer.seek({ topic, partition, offset: String(position) });
        this.#watchFinished(this.#unprefixed(topic), partition, position, null);
      },
      finished: (topic, partition, position, at) => {
        if (membership === this.#membership) this.#watchFinished(topic, partition, position, at);
      },
    };
    this.#membership = membership;
    this.#watchJoined(assignment);
    this.#guard(() => this.#options.handlers.onJoined?.(membership));
  }

  #lose(): void {
    if (this.#membership === undefined) return;
    this.#membership = undefined;
    const { watchedAs, surroundings } = this.#options;
    if (watchedAs !== undefined) surroundings.watch?.lost(watchedAs);
    this.#guard(() => this.#options.handlers.onLost?.());
  }

  #crash(consumer: Consumer, error: Error): void {
    if (consumer !== this.#consumer) return;
    if (isPassingTrouble(error)) this.#log('warn', 'the consumer ended: joining again', error);
    else {
      this.#stopped = true;
      this.#options.handlers.onFatal(error);
    }
    this.#endCurrent();
  }

  async #handle(consumer: Consumer, payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const membership = this.#membership;
    if (consumer !== this.#consumer || membership === undefined) return;
    const beating = setInterval(() => {
      payload.heartbeat().catch((error: unknown) => {
        this.#log('debug', 'no heartbeat while a batch is handled', error);
      });
    }, HANDLER_HEARTBEAT_MS);
    try {
      const consumed = this.#consumed(payload);
      const done = await this.#options.handlers.onBatch(consumed, membership);
      if (done && membership === this.#membership) {
        payload.resolveOffset(batch.lastOffset());
        if (this.#options.handlers.finishesLater !== true) this.#watchBatch(consumed);
      }
    } catch (error) {
      // What failed must not come again and again while the process ends.
      if (membership === this.#membership) {
        consumer.pause([{ topic: batch.topic, partitions: [batch.partition] }]);
      }
      this.#options.handlers.onFatal(asError(error));
    } finally {
      clearInterval(beating);
    }
  }

  #watchJoined(assignment: Membership['assignment']): void {
    const { watchedAs, surroundings, group } = this.#options;
    if (watchedAs === undefined) return;
    const lanes = Object.entries(assignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic: this.#unprefixed(topic), partition })),
    );
    surroundings.watch?.joined(watchedAs, group.groupId, lanes);
  }

  #watchBatch({ topic, partition, records, nextPosition }: ConsumedBatch): void {
    this.#watchFinished(topic, partition, nextPosition, records.at(-1)?.timestamp ?? null);
  }

  /** The topic is without its prefix. */
  #watchFinished(topic: string, partition: number, position: number, at: number | null): void {
    const { watchedAs, surroundings } = this.#options;
    if (watchedAs === undefined) return;
    surroundings.watch?.finished(watchedAs, { topic, partition }, position, at);
  }

  #consumed({ batch }: EachBatchPayload): ConsumedBatch {
    const topic = this.#unprefixed(batch.topic);
    return {
      topic,
      partition: batch.partition,
      records: batch.messages.map((message) => inboundRecord(topic, batch.partition, message)),
      nextPosition: Number(batch.lastOffset()) + 1,
    };
  }

  async #disconnect(consumer: Consumer): Promise<void> {
    const gone = consumer.disconnect().catch((error: unknown) => {
      this.#log('debug', 'the consumer did not disconnect cleanly', error);
    });
    if (await settledWithin(DISCONNECT_MS_MAX, gone)) return;
    this.#log('warn', 'the consumer did not disconnect: it is left to its session time-out');
  }

  /** Handlers run inside kafkajs' events: what they throw would end up as its own trouble. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#options.handlers.onFatal(asError(error));
    }
  }

  #isStopped(): boolean {
    return this.#stopped;
  }

  #unprefixed(topic: string): string {
    return topic.slice(this.#options.surroundings.topicPrefix.length);
  }

  #log(level: 'debug' | 'warn', message: string, error?: unknown): void {
    const { surroundings, group } = this.#options;
    const reason = error === undefined ? undefined : asError(error).message;
    surroundings.logger[level]({ group: group.groupId, error: reason }, message);
  }
}
