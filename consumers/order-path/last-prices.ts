import { decodeRecord } from '#contracts/decode-record.ts';
import { priceSchema } from '#contracts/ingest.ts';
import { toE4 } from '#contracts/wire.ts';
import { isFromTheFuture, replacesQuote } from '#domain/quotes.ts';
import type { InboundRecord } from '#ports/records.ts';
import type { LastPrice } from '#domain/gate/last-price.ts';

/** The last price of each symbol, from prices.v1. One entry per symbol that ever had a price. */
export class LastPrices {
  readonly #prices = new Map<string, LastPrice>();
  readonly #listeners = new Set<(symbol: string) => void>();

  get(symbol: string): LastPrice | null {
    return this.#prices.get(symbol) ?? null;
  }

  all(): Iterable<readonly [symbol: string, last: LastPrice]> {
    return this.#prices;
  }

  /** `listener` is called with each symbol whose last price has changed. Returns how to end that. */
  subscribe(listener: (symbol: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes records of one partition in order: the latest quote counts, ties break by offset. */
  take(records: readonly InboundRecord[]): void {
    for (const record of records) this.#takeOne(record);
  }

  /** A bad price is skipped: the engine sends it to the dead letters, once is enough. */
  #takeOne(record: InboundRecord): void {
    const decoded = decodeRecord(priceSchema, record.value, null);
    if (!decoded.ok || decoded.record.symbol !== record.key) return;
    const { symbol, price, timestamp } = decoded.record;
    if (isFromTheFuture(timestamp, record.timestamp)) return;
    if (!replacesQuote(this.#prices.get(symbol)?.at, timestamp)) return;
    this.#prices.set(symbol, { priceE4: toE4(price), at: timestamp });
    for (const listener of this.#listeners) listener(symbol);
  }
}
