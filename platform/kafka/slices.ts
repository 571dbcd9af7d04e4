import type { OutboundRecord } from '#ports/records.ts';

/**
 * One send holds at most this much (PLATFORM, kafkajs 3). kafkajs copies a partition's records anew for
 * each further record of a send: short sends cost a round trip each, long ones the square of their length.
 */
const RECORDS_MAX = 500;
const BYTES_MAX = 500_000;

export interface PlacedRecord {
  readonly record: OutboundRecord;
  readonly partition: number;
}

/** Cuts records, in order, into runs that fit one send. A record larger than a run stands alone. */
export function* slices(records: readonly PlacedRecord[]): Generator<PlacedRecord[]> {
  let slice: PlacedRecord[] = [];
  let bytes = 0;
  for (const placed of records) {
    const { key, value } = placed.record;
    const size = Buffer.byteLength(key) + (value === null ? 0 : Buffer.byteLength(value));
    if (slice.length > 0 && (slice.length >= RECORDS_MAX || bytes + size > BYTES_MAX)) {
      yield slice;
      slice = [];
      bytes = 0;
    }
    slice.push(placed);
    bytes += size;
  }
  if (slice.length > 0) yield slice;
}
