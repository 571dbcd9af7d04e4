/** Records as they come from and go to a log. Topic names are those of contracts/topics.ts. */

export interface InboundRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  /** The raw bytes; null is a tombstone. */
  readonly value: Uint8Array | null;
  /** The broker's timestamp, ms. */
  readonly timestamp: number;
}

export interface OutboundRecord {
  readonly topic: string;
  readonly key: string;
  /** null writes a tombstone. */
  readonly value: string | null;
  /** Without it the key's hash decides, as for every other producer. */
  readonly partition?: number;
}

/** Where a record lies after the broker has acknowledged it. */
export interface RecordPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}
