import type { LogStart } from './log-reader.ts';
import type { InboundRecord } from './records.ts';

/**
 * At-least-once processing by partition number, without transactions (DESIGN 19): one member has
 * partition n of all co-partitioned inputs. Nobody is fenced: who takes a partition says so in its own
 * output, and commits follow what was acknowledged there.
 */
export interface PartitionGroup {
  /** Resolves when the numbers of the first assignment are taken over; there may be none. */
  run(inputs: readonly string[], takeOver: TakeLane): Promise<void>;
  /** Leaves after the last commit; the partitions go to other members. */
  stop(): Promise<void>;
}

/** Called once per partition number taken, before any record of it. */
export type TakeLane = (lane: Lane) => Promise<LaneProcessor>;

/** A partition number between its take-over and its loss. */
export interface Lane {
  readonly partition: number;
  /** False once it is lost: another member may have it. */
  isHeld(): boolean;
  /** Per input the first offset that nobody has committed. Ask after the take-over is in the output. */
  committedPositions(): Promise<ReadonlyMap<string, number>>;
  /**
   * Reads this partition number of a topic, committed records only, to its end now, and resolves with
   * the first offset not read; from the beginning unless told otherwise.
   */
  readToEnd(
    topic: string,
    onRecords: (records: readonly InboundRecord[]) => void,
    from?: LogStart,
  ): Promise<number>;
  /** What was to be written could not be: the member forgets all and joins anew; a defect ends the process. */
  fail(error: unknown): void;
  /** Another says that it has the partition: the member forgets all and joins anew. */
  giveUp(why: string): void;
}

export interface LaneProcessor {
  /** Per input where to begin; an input that is not named begins where it was committed. */
  readonly startAt: ReadonlyMap<string, number>;
  /** Records of one input, in order. Resolves when more may come, not when they are finished. */
  onBatch(records: readonly InboundRecord[]): Promise<void>;
  /** Per input the first offset that is not finished, for the next commit. */
  finished(): ReadonlyMap<string, number>;
  /** The partition was lost or given up. */
  onRelease(): void;
}
