import { decodePriceMark, encodePriceMark, priceMarkSchema } from '#contracts/price-marks.ts';
import type { KnownSymbol } from '#contracts/price-marks.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { InboundRecord, OutboundRecord } from '#ports/records.ts';

const UTF8 = new TextDecoder();

/** What is known of a symbol, for margin-engine.marks.v1. */
export function priceMarkRecord(known: KnownSymbol): OutboundRecord {
  const value = JSON.stringify(encodePriceMark(known));
  return { topic: TOPICS.priceMarks.name, key: known.symbol, value };
}

/** What was kept of a symbol. The topic is the engine's own: a record of another shape is a defect. */
export function knownSymbolOf(record: InboundRecord): KnownSymbol {
  const content: unknown = JSON.parse(UTF8.decode(record.value ?? undefined));
  return decodePriceMark(priceMarkSchema.parse(content));
}
