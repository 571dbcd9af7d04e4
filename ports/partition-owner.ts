import type { LogStart } from './log-reader.ts';
import type { InboundRecord, OutboundRecord, RecordPosition } from './records.ts';

/**
 * Exactly-once processing by partition number: one member owns partition n of all co-partitioned
 * inputs and writes through one transactional producer that fences every earlier owner (DESIGN 6).
 */
export interface PartitionOwner {
  /** Resolves when the numbers of the first assignment are taken over; there may be none. */
  run(inputs: readonly string[], takeOver: TakeOver): Promise<void>;
  /** Ends after the transactions under way; the partitions go to other members. */
  stop(): Promise<void>;
}

/** Called once per partition number taken, with the earlier owner already fenced, before any record. */
export type TakeOver = (partition: number, writer: FencedWriter) => Promise<PartitionProcessor>;

export interface PartitionProcessor {
  /** Records of one input, in order. Calls for one partition number never overlap. */
  onBatch(records: readonly InboundRecord[]): Promise<void>;
  /**
   * How far an input has been read; also called when only transaction markers were passed.
   * `position` is the first offset not yet given to `onBatch`.
   */
  onPosition(topic: string, position: number): void;
  /** The partition was lost or given up: no more writes will succeed. */
  onRelease(): void;
}

export interface FencedWriter {
  readonly partition: number;
  /**
   * Runs one transaction: what `write` sends and the consumed positions become visible together.
   * Transactions of one writer are run one after another.
   */
  transact<T>(
    write: (send: SendInTransaction) => Promise<T>,
    consumed: readonly ConsumedPosition[],
  ): Promise<T>;
  /**
   * One transaction that may still be thought better of: `mayCommit` is asked when everything is
   * written, immediately before it becomes visible. On false nothing of it ever does, and the writer
   * writes on. Resolves with what `mayCommit` said.
   */
  transactIf(
    write: (send: SendInTransaction) => Promise<unknown>,
    consumed: readonly ConsumedPosition[],
    mayCommit: () => boolean | Promise<boolean>,
  ): Promise<boolean>;
  /**
   * Reads this partition number of a topic, committed records only, to its end now; from the beginning
   * unless told otherwise.
   */
  readToEnd(
    topic: string,
    onRecords: (records: readonly InboundRecord[]) => void,
    from?: LogStart,
  ): Promise<void>;
  /** The first offset of an input that no earlier owner has committed. */
  committedPosition(topic: string): number;
}

export type SendInTransaction = (records: readonly OutboundRecord[]) => Promise<RecordPosition[]>;

export interface ConsumedPosition {
  readonly topic: string;
  /** The first offset not consumed. */
  readonly position: number;
}
