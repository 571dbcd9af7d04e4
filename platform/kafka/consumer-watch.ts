import type { Readiness } from '#ports/readiness.ts';
import type { LaneKey } from './consumer-lanes.ts';

/** What the consumers of a process tell of themselves: for metrics and `/readyz`. */
export interface ConsumerWatch {
  /** A consumer is in its group, with these partitions. `groupId` tells what it has committed. */
  joined(consumer: string, groupId: string, lanes: readonly LaneKey[]): void;
  /** A consumer is not in its group any more. */
  lost(consumer: string): void;
  /** Everything before `position` is finished; `at` is the broker's timestamp of the last record, ms. */
  finished(consumer: string, lane: LaneKey, position: number, at: number | null): void;
  /** For a consumer that owns partition numbers. */
  ownership(consumer: string): OwnershipWatch;
  /** Not ready while Kafka is silent or a consumer is out of its group. */
  ready(): Readiness;
  stop(): Promise<void>;
}

/** What an owner of partition numbers tells. */
export interface OwnershipWatch {
  /** So many numbers are this process's own now. */
  owned(count: number): void;
  tookOver(seconds: number): void;
  gaveUp(): void;
}
