import { decodeRecord } from '#contracts/decode-record.ts';
import { positionsOf } from '#contracts/case-messages.ts';
import { priceSchema } from '#contracts/ingest.ts';
import { heartbeatSchema, marginCalcSchema } from '#contracts/margin-figures.ts';
import type { HeartbeatRecord, MarginCalcRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import { toE4 } from '#contracts/wire.ts';
import { isLater } from '#domain/figures-version.ts';
import type { SeenQuote } from '#domain/quote-freshness.ts';
import { isFromTheFuture, replacesQuote } from '#domain/quotes.ts';
import type { Held, Holdings } from '#ports/holdings.ts';
import type { Logger } from '#ports/logger.ts';
import type { Counter } from '#ports/metrics.ts';
import type { InboundRecord } from '#ports/records.ts';
import { MoneyAtRisk } from './money-at-risk.ts';

/** The topics that a margin view is made from. */
export const MARGIN_VIEW_TOPICS = [
  TOPICS.marginCalc.name,
  TOPICS.heartbeats.name,
  TOPICS.prices.name,
] as const;

/**
 * What a worker knows of every account: the last margin.calc.v1, the last heartbeat of each
 * partition of the engine, the time of each symbol's last quote (DESIGN 8). Grows with the accounts
 * and symbols that there are, as the compacted topics do.
 */
export class MarginView implements Holdings {
  readonly moneyAtRisk = new MoneyAtRisk();
  readonly #logger: Logger;
  readonly #unreadable: Counter<{ topic: string; code: string }>;
  readonly #figures = new Map<string, MarginCalcRecord>();
  readonly #heartbeats = new Map<number, HeartbeatRecord>();
  readonly #quotes = new Map<string, SeenQuote>();

  constructor(logger: Logger, unreadable: Counter<{ topic: string; code: string }>) {
    this.#logger = logger;
    this.#unreadable = unreadable;
  }

  /** The last figures of an account; null when there are none that can be read. */
  figures(accountId: string): MarginCalcRecord | null {
    return this.#figures.get(accountId) ?? null;
  }

  /** What an account holds by these figures; null when they are not known. */
  of(accountId: string): Held | null {
    const record = this.figures(accountId);
    if (record === null) return null;
    const { generation, sequence, as_of: asOf } = record;
    const positions = positionsOf(record);
    return { version: { generation, sequence }, asOf, cashE4: toE4(record.cash), positions };
  }

  heartbeat(partition: number): HeartbeatRecord | null {
    return this.#heartbeats.get(partition) ?? null;
  }

  /** The last heartbeat of each partition's engine. */
  heartbeats(): Iterable<HeartbeatRecord> {
    return this.#heartbeats.values();
  }

  /** When the newest and the oldest last quote of all symbols were made, Unix ms; null without any. */
  quoteSpan(): { readonly newest: number; readonly oldest: number } | null {
    if (this.#quotes.size === 0) return null;
    const span = { newest: -Infinity, oldest: Infinity };
    for (const { at } of this.#quotes.values()) {
      span.newest = Math.max(at, span.newest);
      span.oldest = Math.min(at, span.oldest);
    }
    return span;
  }

  /** The last quote of a symbol; null without one. */
  lastQuote(symbol: string): SeenQuote | null {
    return this.#quotes.get(symbol) ?? null;
  }

  /** Takes records of one partition in order. */
  take(records: readonly InboundRecord[]): void {
    switch (records[0]?.topic) {
      case TOPICS.marginCalc.name:
        for (const record of lastOfEachKey(records)) this.#takeFigures(record);
        return;
      case TOPICS.heartbeats.name:
        for (const record of records) this.#takeHeartbeat(record);
        return;
      case TOPICS.prices.name:
        for (const record of records) this.#takePrice(record);
        return;
      default:
        return;
    }
  }

  #takeFigures(record: InboundRecord): void {
    const decoded = decodeRecord(marginCalcSchema, record.value, record.key);
    if (!decoded.ok) {
      // Older figures must not pass for the last ones: the account has none, and nothing escalates.
      if (record.key !== null) {
        this.moneyAtRisk.replace(this.#figures.get(record.key) ?? null, null);
        this.#figures.delete(record.key);
      }
      this.#unreadable.inc({ topic: record.topic, code: decoded.refusal.code });
      this.#logger.error(
        {
          topic: record.topic,
          partition: record.partition,
          offset: record.offset,
          ...decoded.refusal,
        },
        'figures that cannot be read: the account does not escalate',
      );
      return;
    }
    const known = this.#figures.get(decoded.record.account_id);
    if (known !== undefined && isLater(known, decoded.record)) return;
    this.moneyAtRisk.replace(known ?? null, decoded.record);
    this.#figures.set(decoded.record.account_id, decoded.record);
  }

  #takeHeartbeat(record: InboundRecord): void {
    const decoded = decodeRecord(heartbeatSchema, record.value, null);
    if (!decoded.ok) {
      this.#unreadable.inc({ topic: record.topic, code: decoded.refusal.code });
      this.#logger.error(
        {
          topic: record.topic,
          partition: record.partition,
          offset: record.offset,
          ...decoded.refusal,
        },
        'a heartbeat that cannot be read',
      );
      return;
    }
    const { partition, generation } = decoded.record;
    // Heartbeats are not fenced: an engine that was replaced may still say that it lives.
    if (generation < (this.#heartbeats.get(partition)?.generation ?? 0)) return;
    this.#heartbeats.set(partition, decoded.record);
  }

  /** The engine's own rule of which quote is the later; a bad record is its to refuse. */
  #takePrice(record: InboundRecord): void {
    const decoded = decodeRecord(priceSchema, record.value, null);
    if (!decoded.ok || decoded.record.symbol !== record.key) return;
    const { symbol, timestamp: at, kind = 'TRADE' } = decoded.record;
    if (isFromTheFuture(at, record.timestamp)) return;
    if (replacesQuote(this.#quotes.get(symbol)?.at, at)) this.#quotes.set(symbol, { at, kind });
  }
}

/** The last record of each key: figures come through a fenced producer, the last are the latest. */
function lastOfEachKey(records: readonly InboundRecord[]): Iterable<InboundRecord> {
  return new Map(records.map((record) => [record.key, record])).values();
}
