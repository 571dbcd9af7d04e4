import type { InboundRecord } from './records.ts';

/** Reads whole topics, all partitions from the beginning, committed records only, without a group's share. */
export interface LogReader {
  /** Starts to read; `onRecords` gets the records of one partition in order. Resolves when reading runs. */
  start(
    topics: readonly string[],
    onRecords: (records: readonly InboundRecord[]) => void | Promise<void>,
  ): Promise<void>;
  /** Per partition the first offset not yet handed to `onRecords`; transaction markers count as read. */
  positions(topic: string): readonly number[];
  /** Resolves when every partition is read to the end that it has now; rejects after `timeoutMs`. */
  caughtUp(timeoutMs: number): Promise<void>;
  /** The same however much there is to read: rejects when nothing more is read for `stillMs`. */
  caughtUpAdvancing(stillMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** Where in a partition to begin: at an offset, or at an instant of the broker, Unix ms. */
export type LogStart = { readonly offset: number } | { readonly sinceMs: number };

/** Where the partitions of a topic end now. */
export interface EndOffsets {
  /** Per partition the offset that the next record will get. */
  endOffsets(topic: string): Promise<readonly number[]>;
}
