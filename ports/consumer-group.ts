import type { InboundRecord } from './records.ts';

/**
 * A member of a consumer group, at least once: a batch's offsets are committed only after its
 * handler has resolved. A handler that rejects stops the process: a supervisor restarts it from the
 * committed offsets.
 */
export interface ConsumerGroup {
  /** Batches of one partition come one after another, those of different partitions concurrently. */
  run(
    topics: readonly string[],
    onBatch: (records: readonly InboundRecord[]) => Promise<void>,
    heldBackAt?: HeldBackAt,
  ): Promise<void>;
  stop(): Promise<void>;
}

/**
 * For handlers that put work off: the first offset of a partition whose record is not finished
 * although its batch was handled, or null. Nothing from it on is committed.
 */
export type HeldBackAt = (topic: string, partition: number) => number | null;
