import { decodePriceMark, encodePriceMark, priceMarkSchema } from '#contracts/price-marks.ts';
import type { KnownSymbol } from '#contracts/price-marks.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { InboundRecord, OutboundRecord } from '#ports/records.ts';
import { readOwnRecord } from './own-record.ts';

/** What is known of a symbol, for margin-engine.marks.v1. */
export function priceMarkRecord(known: KnownSymbol): OutboundRecord {
  const value = JSON.stringify(encodePriceMark(known));
  return { topic: TOPICS.priceMarks.name, key: known.symbol, value };
}

/** What was kept of a symbol. Throws an error that names the record when it is not the engine's own. */
export function knownSymbolOf(record: InboundRecord): KnownSymbol {
  return decodePriceMark(readOwnRecord(priceMarkSchema, record));
}
