import type { InboundRecord } from '#ports/records.ts';

/** Records that wait behind the batch that is processed; with more than that nothing further is fetched. */
const WAITING_RECORDS_MAX = 3_000;
/** Batches of a topic that wait are processed together, up to so many records. */
const TOGETHER_RECORDS_MAX = 3_000;

/** Consecutive records of one input; none when only transaction markers were passed. */
export interface QueuedBatch {
  /** Without its prefix. */
  readonly topic: string;
  readonly records: readonly InboundRecord[];
  /** The first offset after the batch. */
  readonly nextPosition: number;
}

interface Waiting extends QueuedBatch {
  /** Its sender may go on. */
  readonly onRoom: () => void;
}

/**
 * The batches of one partition number, processed one after another in the order in which they came. A
 * consumer that waited for each would fetch for no partition until the slowest had committed; here it
 * waits only for room, and what has come meanwhile is one batch, and one transaction, of a topic.
 */
export class BatchQueue {
  readonly #process: (batch: QueuedBatch) => Promise<void>;
  readonly #onFailure: (error: unknown) => void;
  #waiting: Waiting[] = [];
  #waitingRecords = 0;
  #working = false;
  #closed = false;

  /** `process` is called for one batch at a time; after a failure nothing more is processed. */
  constructor(process: (batch: QueuedBatch) => Promise<void>, onFailure: (error: unknown) => void) {
    this.#process = process;
    this.#onFailure = onFailure;
  }

  /** Resolves when there is room for another batch, or when the queue was closed. */
  add(batch: QueuedBatch): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ ...batch, onRoom: resolve });
      this.#waitingRecords += batch.records.length;
      if (!this.#working) void this.#work();
      this.#tellRoom();
    });
  }

  /** What waits is dropped; a batch under way ends as it may. */
  close(): void {
    this.#closed = true;
    for (const { onRoom } of this.#waiting) onRoom();
    this.#waiting = [];
    this.#waitingRecords = 0;
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      for (let next = this.#takeNext(); next !== null; next = this.#takeNext()) {
        await this.#process(next);
      }
    } catch (error) {
      this.close();
      this.#onFailure(error);
    } finally {
      this.#working = false;
    }
  }

  /** The batch that waits longest, with those of its topic that follow it. */
  #takeNext(): QueuedBatch | null {
    const [first] = this.#waiting;
    if (first === undefined) return null;
    let count = 0;
    let records = 0;
    for (const waiting of this.#waiting) {
      if (waiting.topic !== first.topic) break;
      if (count > 0 && records + waiting.records.length > TOGETHER_RECORDS_MAX) break;
      count += 1;
      records += waiting.records.length;
    }
    const taken = this.#waiting.splice(0, count);
    this.#waitingRecords -= records;
    for (const { onRoom } of taken) onRoom();
    this.#tellRoom();
    return {
      topic: first.topic,
      records: count === 1 ? first.records : taken.flatMap((batch) => batch.records),
      nextPosition: taken.at(-1)?.nextPosition ?? first.nextPosition,
    };
  }

  #tellRoom(): void {
    if (this.#waitingRecords > WAITING_RECORDS_MAX) return;
    for (const { onRoom } of this.#waiting) onRoom();
  }
}
