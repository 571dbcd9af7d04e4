import type { Admin, Kafka, Producer, Transaction } from 'kafkajs';
import type {
  ConsumedPosition,
  FencedWriter,
  PartitionProcessor,
  SendInTransaction,
  TakeOver,
} from '#ports/partition-owner.ts';
import type { LogStart } from '#ports/log-reader.ts';
import type { InboundRecord } from '#ports/records.ts';
import type { KafkaSurroundings } from './client.ts';
import { committedPositions } from './committed-positions.ts';
import { asError, KafkaTroubleError } from './kafka-trouble.ts';
import { createLogReader } from './log-reader.ts';
import { sendAll } from './send-all.ts';
import { BatchQueue } from './batch-queue.ts';
import type { QueuedBatch } from './batch-queue.ts';
import type { TopicBounds } from './topic-bounds.ts';
import { fenceEarlier, transactionalProducer } from './writer-fence.ts';

/** A log of which nothing more comes for so long is not read to its end: the take-over is tried again. */
const RESTORE_STILL_MS_MAX = 60_000;

export interface OwnedPartitionSetting {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly topicBounds: TopicBounds;
  readonly surroundings: KafkaSurroundings;
  readonly groupId: string;
  readonly partition: number;
  readonly partitions: number;
  readonly inputs: readonly string[];
  /** Everything of an input before `position` is finished; `at` is the broker's timestamp of the last record, ms. */
  readonly onFinished: (topic: string, position: number, at: number | null) => void;
  /** Called with whatever fails: the partition can no longer be written. */
  readonly onFailure: (error: unknown) => void;
}

/** What is written, what was consumed for it, and whether that may become visible. */
type TransactionParts<T> = [
  write: (send: SendInTransaction) => Promise<T>,
  consumed: readonly ConsumedPosition[],
  mayCommit: () => boolean | Promise<boolean>,
];

interface Transacted<T> {
  readonly result: T;
  readonly committed: boolean;
}

/**
 * One partition number between its take-over and its release: one producer, one processor, one queue
 * of batches and one of transactions.
 */
export class OwnedPartition implements FencedWriter {
  readonly #setting: OwnedPartitionSetting;
  readonly #producer: Producer;
  readonly #release: () => void;
  readonly #whenReleased: Promise<void>;
  #committed: ReadonlyMap<string, number> = new Map();
  readonly #expected = new Map<string, number>();
  #processor: PartitionProcessor | undefined;
  #opening: Promise<unknown> = Promise.resolve();
  #fencing: Promise<unknown> = Promise.resolve();
  readonly #batches: BatchQueue;
  #transactions: Promise<unknown> = Promise.resolve();
  #released = false;

  constructor(setting: OwnedPartitionSetting) {
    this.#setting = setting;
    this.#producer = transactionalProducer(setting.kafka, setting);
    let release: () => void = () => undefined;
    this.#whenReleased = new Promise((resolve) => {
      release = resolve;
    });
    this.#release = release;
    this.#batches = new BatchQueue((batch) => this.#process(batch), setting.onFailure);
  }

  get partition(): number {
    return this.#setting.partition;
  }

  /** Settles when this one fences nobody any more: a successor in this process fences after it. */
  get fencing(): Promise<unknown> {
    return this.#fencing;
  }

  /**
   * Fences the earlier owner, learns what it has committed, then restores (PLATFORM, kafkajs). Fencing
   * waits for `earlier`: a slow take-over that was lost must not fence the one that came after it.
   */
  open(takeOver: TakeOver, earlier: Promise<unknown>): Promise<void> {
    const fencing = this.#fence(earlier);
    this.#fencing = fencing.catch(() => undefined);
    const opening = fencing.then(() => this.#takeOver(takeOver));
    this.#opening = opening.catch(() => undefined);
    return opening;
  }

  async #fence(earlier: Promise<unknown>): Promise<void> {
    await earlier;
    this.#refuseIfReleased();
    await this.#producer.connect();
    this.#refuseIfReleased();
    await fenceEarlier(this.#producer);
  }

  async #takeOver(takeOver: TakeOver): Promise<void> {
    this.#refuseIfReleased();
    this.#committed = await committedPositions(this.#setting);
    for (const [topic, position] of this.#committed) this.#expected.set(topic, position);
    this.#refuseIfReleased();
    const processor = await takeOver(this.partition, this);
    this.#processor = processor;
    if (this.#released) processor.onRelease();
    this.#refuseIfReleased();
  }

  committedPosition(topic: string): number {
    return this.#committed.get(topic) ?? 0;
  }

  /**
   * Takes records of an input, in order, to process them after those before; none when only transaction
   * markers were passed up to `nextPosition`. Resolves when there is room for more.
   */
  take(batch: QueuedBatch): Promise<void> {
    return this.#batches.add(batch);
  }

  async #process({ topic, records, nextPosition }: QueuedBatch): Promise<void> {
    await this.#processFresh(topic, records);
    if (this.#released) return;
    const expected = Math.max(nextPosition, this.#expected.get(topic) ?? 0);
    this.#expected.set(topic, expected);
    this.#processor?.onPosition(topic, expected);
    this.#setting.onFinished(topic, expected, records.at(-1)?.timestamp ?? null);
  }

  /** What was fetched before the take-over's seek is dropped. */
  async #processFresh(topic: string, records: readonly InboundRecord[]): Promise<void> {
    this.#refuseIfReleased();
    const expected = this.#expected.get(topic) ?? 0;
    const fresh = records.filter(({ offset }) => offset >= expected);
    if (fresh.length === 0) return;
    if (this.#processor === undefined) throw new Error('records came before the take-over');
    await this.#processor.onBatch(fresh);
    this.#refuseIfReleased();
  }

  async transact<T>(
    write: (send: SendInTransaction) => Promise<T>,
    consumed: readonly ConsumedPosition[],
  ): Promise<T> {
    const { result } = await this.#inTurn(write, consumed, () => true);
    return result;
  }

  async transactIf(
    write: (send: SendInTransaction) => Promise<unknown>,
    consumed: readonly ConsumedPosition[],
    mayCommit: () => boolean | Promise<boolean>,
  ): Promise<boolean> {
    const { committed } = await this.#inTurn(write, consumed, mayCommit);
    return committed;
  }

  #inTurn<T>(...transaction: TransactionParts<T>): Promise<Transacted<T>> {
    const run = this.#transactions.then(() => this.#transaction(...transaction));
    // The owner hears of a failure before the caller does: what is lost is released by then.
    this.#transactions = run.catch((error: unknown) => this.#setting.onFailure(error));
    return run;
  }

  async readToEnd(
    topic: string,
    onRecords: (records: readonly InboundRecord[]) => void,
    from?: LogStart,
  ): Promise<void> {
    const { topicBounds, surroundings, partition } = this.#setting;
    const bounds = await topicBounds.of(surroundings.topicPrefix + topic);
    const own = bounds.find((entry) => entry.partition === partition);
    if (own === undefined || own.low === own.high) return;
    // What its records do wrong is thrown by `caughtUp` too, and fails the take-over.
    const reader = createLogReader(surroundings, {
      partition,
      ...(from === undefined ? {} : { from }),
      onFatal: () => undefined,
    });
    const read = async (): Promise<void> => {
      await reader.start([topic], onRecords);
      await reader.caughtUpAdvancing(RESTORE_STILL_MS_MAX);
    };
    const reading = read();
    try {
      await Promise.race([reading, this.#whenReleased]);
      this.#refuseIfReleased();
    } finally {
      await reader.stop();
      await reading.catch(() => undefined);
    }
  }

  /** The partition is lost: nothing more is begun; a transaction under way ends as it may. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#batches.close();
    this.#release();
    this.#processor?.onRelease();
  }

  /** Resolves when everything under way has ended and the producer is gone. */
  async closed(): Promise<void> {
    await this.#opening;
    await this.#transactions;
    await this.#producer.disconnect();
  }

  async #transaction<T>(
    ...[write, consumed, mayCommit]: TransactionParts<T>
  ): Promise<Transacted<T>> {
    this.#refuseIfReleased();
    const { surroundings, partitions } = this.#setting;
    const transaction = await this.#producer.transaction();
    try {
      const result = await write((records) =>
        sendAll(transaction, records, surroundings.topicPrefix, partitions),
      );
      if (consumed.length > 0) await this.#sendOffsets(transaction, consumed);
      const committed = await mayCommit();
      if (committed) await transaction.commit();
      else await transaction.abort();
      return { result, committed };
    } catch (error) {
      // The failure that matters is the first; a fenced producer cannot abort either.
      await transaction.abort().catch((abortError: unknown) => {
        const reason = asError(abortError).message;
        surroundings.logger.debug({ error: reason }, 'the transaction was not aborted');
      });
      throw error;
    }
  }

  #sendOffsets(transaction: Transaction, consumed: readonly ConsumedPosition[]): Promise<void> {
    const { surroundings, groupId } = this.#setting;
    const topics = consumed.map(({ topic, position }) => ({
      topic: surroundings.topicPrefix + topic,
      partitions: [{ partition: this.partition, offset: String(position) }],
    }));
    return transaction.sendOffsets({ consumerGroupId: groupId, topics });
  }

  #refuseIfReleased(): void {
    if (this.#released) throw new PartitionReleasedError(this.partition);
  }
}

/** A write for a partition that is no longer ours: nothing was written. */
export class PartitionReleasedError extends KafkaTroubleError {
  override readonly name = 'PartitionReleasedError';

  constructor(partition: number) {
    super(`partition ${partition} was given up: its new owner goes on`);
  }
}
