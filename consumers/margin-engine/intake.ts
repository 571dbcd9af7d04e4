import { createHash } from 'node:crypto';
import { adjustmentSchema } from '#contracts/adjustments.ts';
import type { AdjustmentRecord } from '#contracts/adjustments.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import type { Refusal } from '#contracts/dead-letter.ts';
import {
  betaSchema,
  cashEntrySchema,
  fillEntrySchema,
  instrumentSchema,
  priceSchema,
} from '#contracts/ingest.ts';
import type { Cause } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import { toE4 } from '#contracts/wire.ts';
import type { Entry } from '#domain/corrections.ts';
import { BOOKING_AHEAD_MAX_MS } from '#domain/input-times.ts';
import type { InstrumentAction } from '#domain/instruments.ts';
import { isFromTheFuture } from '#domain/quotes.ts';
import type { InboundRecord } from '#ports/records.ts';
import type { ArrivedQuote } from './market.ts';

/** An entry for an account's books, in the domain's units. */
export interface Booking {
  /** `f:<fill_id>`, `c:<cash_id>` or `a:<adjustment_id>`. */
  readonly id: string;
  readonly entry: Entry;
  /** The record's own time, ms. */
  readonly at: number;
  readonly correlationId: string;
  readonly cause: Extract<Cause, 'FILL' | 'CASH' | 'ADJUSTMENT'>;
  /** What an adjustment asks for; null for fills and cash, whose entries say it all. */
  readonly adjustment: AdjustmentRecord | null;
}

/** A price, a beta or a statement about an instrument. `at` is the record's own time, ms. */
export type MarketData = { readonly symbol: string; readonly at: number } & (
  | { readonly kind: 'PRICE'; readonly quote: ArrivedQuote }
  | { readonly kind: 'BETA'; readonly betaE4: number }
  | { readonly kind: 'INSTRUMENT'; readonly action: InstrumentAction }
);

export type Accepted<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** The partition number that a key belongs on. */
export type PartitionOf = (key: string) => number;

/** A record of fills.v1, cash.v1 or adjustments.v1 as a booking, or why it is refused. */
export function bookingOf(record: InboundRecord, partitionOf: PartitionOf): Accepted<Booking> {
  const booking = decodeBooking(record);
  if (!booking.ok) return booking;
  const { entry, at } = booking.value;
  const { accountId } = entry;
  const misplaced = misplacedBy(record, 'account_id', accountId, partitionOf);
  if (misplaced !== null) return refuse('WRONG_KEY', misplaced, accountId);
  if (at > record.timestamp + BOOKING_AHEAD_MAX_MS) {
    return refuse('FROM_THE_FUTURE', `timestamp ${at} is more than a minute ahead`, accountId);
  }
  return booking;
}

function decodeBooking(record: InboundRecord): Accepted<Booking> {
  switch (record.topic) {
    case TOPICS.fills.name:
      return fillOf(record);
    case TOPICS.cash.name:
      return cashOf(record);
    default:
      return adjustmentOf(record);
  }
}

/** An entry's id as its sender wrote it. */
export function senderId(id: string): string {
  return id.slice(2);
}

/** A record of prices.v1, betas.v1 or instruments.v1 as market data, or why it is refused. */
export function marketDataOf(
  record: InboundRecord,
  partitionOf: PartitionOf,
): Accepted<MarketData> {
  const data = readMarketData(record);
  if (!data.ok) return data;
  const { symbol, at } = data.value;
  const misplaced = misplacedBy(record, 'symbol', symbol, partitionOf);
  if (misplaced !== null) return refuse('WRONG_KEY', misplaced, null);
  if (isFromTheFuture(at, record.timestamp)) {
    return refuse('FROM_THE_FUTURE', `timestamp ${at} is ahead of its arrival`, null);
  }
  return data;
}

function fillOf(record: InboundRecord): Accepted<Booking> {
  const decoded = decodeRecord(fillEntrySchema, record.value, record.key);
  if (!decoded.ok) return decoded;
  const fill = decoded.record;
  const cancels = fill.kind === 'CANCEL';
  return accept({
    id: `f:${fill.fill_id}`,
    entry: {
      accountId: fill.account_id,
      reverses: cancels || fill.kind === 'CORRECT' ? `f:${fill.ref_fill_id}` : null,
      subject: cancels ? '' : fill.symbol,
      qtyE4: cancels ? 0 : toE4(fill.qty),
      priceE4: cancels ? 0 : toE4(fill.price),
    },
    at: fill.timestamp,
    correlationId: fill.correlation_id ?? originOf(record),
    cause: 'FILL',
    adjustment: null,
  });
}

function cashOf(record: InboundRecord): Accepted<Booking> {
  const decoded = decodeRecord(cashEntrySchema, record.value, record.key);
  if (!decoded.ok) return decoded;
  const cash = decoded.record;
  const reversal = cash.kind === 'REVERSAL';
  return accept({
    id: `c:${cash.cash_id}`,
    entry: {
      accountId: cash.account_id,
      reverses: reversal ? `c:${cash.ref_cash_id}` : null,
      subject: '',
      qtyE4: reversal ? 0 : toE4(cash.amount),
      priceE4: 0,
    },
    at: cash.timestamp,
    correlationId: cash.correlation_id ?? originOf(record),
    cause: 'CASH',
    adjustment: null,
  });
}

function readMarketData(record: InboundRecord): Accepted<MarketData> {
  switch (record.topic) {
    case TOPICS.prices.name:
      return priceOf(record);
    case TOPICS.betas.name:
      return betaOf(record);
    default:
      return instrumentOf(record);
  }
}

function adjustmentOf(record: InboundRecord): Accepted<Booking> {
  const decoded = decodeRecord(adjustmentSchema, record.value, record.key);
  if (!decoded.ok) return decoded;
  const adjustment = decoded.record;
  const { timestamp, correlation_id = originOf(record), ...said } = adjustment;
  // Who says it is not what is booked: a repeat through another API process may name the two the other way.
  const { actor: _actor, requested_by: _requestedBy, ...content } = said;
  return accept({
    id: `a:${adjustment.adjustment_id}`,
    entry: {
      accountId: adjustment.account_id,
      reverses: null,
      subject: digestOf(content),
      qtyE4: 0,
      priceE4: 0,
      ...(adjustment.kind === 'SPLIT' || adjustment.kind === 'SYMBOL_CHANGE'
        ? { converts: adjustment.symbol }
        : {}),
    },
    at: timestamp,
    correlationId: correlation_id,
    cause: 'ADJUSTMENT',
    adjustment,
  });
}

/** Enough of a hash to tell what an adjustment says from anything else; zod gives its fields one order. */
function digestOf(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22);
}

function priceOf(record: InboundRecord): Accepted<MarketData> {
  const decoded = decodeRecord(priceSchema, record.value, null);
  if (!decoded.ok) return decoded;
  const { symbol, price, timestamp: at, kind = 'TRADE' } = decoded.record;
  const { timestamp: arrivedAt, offset } = record;
  const quote = { priceE4: toE4(price), at, kind, arrivedAt, offset };
  return accept({ kind: 'PRICE', symbol, at, quote });
}

function betaOf(record: InboundRecord): Accepted<MarketData> {
  const decoded = decodeRecord(betaSchema, record.value, null);
  if (!decoded.ok) return decoded;
  const { symbol, beta, timestamp } = decoded.record;
  return accept({ kind: 'BETA', symbol, at: timestamp, betaE4: toE4(beta) });
}

function instrumentOf(record: InboundRecord): Accepted<MarketData> {
  const decoded = decodeRecord(instrumentSchema, record.value, null);
  if (!decoded.ok) return decoded;
  const { symbol, action, timestamp } = decoded.record;
  return accept({ kind: 'INSTRUMENT', symbol, at: timestamp, action });
}

/**
 * Why a record does not lie where its key belongs, or null. A sender that hashes otherwise than Kafka's
 * Java client would spread one account over two partitions, each with half of its books.
 */
function misplacedBy(
  record: InboundRecord,
  field: string,
  key: string,
  partitionOf: PartitionOf,
): string | null {
  if (record.key !== key) return `the key must be the ${field}, ${key}`;
  const partition = partitionOf(key);
  if (record.partition === partition) return null;
  return `the key ${key} belongs on partition ${partition}: the sender must hash it by murmur2`;
}

/** Where a record lay: the correlation id of what it causes when it brings none. */
export function originOf(record: InboundRecord): string {
  return `${record.topic}:${record.partition}:${record.offset}`;
}

function accept<T>(value: T): Accepted<T> {
  return { ok: true, value };
}

function refuse(code: Refusal['code'], reason: string, accountId: string | null): Accepted<never> {
  return { ok: false, refusal: { code, reason, accountId } };
}
