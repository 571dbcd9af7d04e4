import type { OutboundRecord, RecordPosition } from './records.ts';

/** Writes records; resolves when every one is acknowledged by all in-sync replicas. */
export interface Publisher {
  /** The positions, in the order of the records. Rejects when the broker cannot be reached in time. */
  publish(records: readonly OutboundRecord[]): Promise<RecordPosition[]>;
}
