import { z } from 'zod';
import type { Instrument } from '#domain/instruments.ts';
import { PRICE_KINDS } from '#domain/price-acceptance.ts';
import type { PriceState } from '#domain/price-acceptance.ts';
import { count, id, instant } from './wire.ts';

/**
 * margin-engine.marks.v1, keyed by symbol, compacted: what a restarting engine cannot tell from the
 * last record of prices.v1 and instruments.v1. Which price counted before a doubtful one, since when,
 * and what was said of the instrument. Integers in 1/10,000 dollar: nobody but the engine reads it.
 */
const quote = { price_e4: z.int().positive(), at: instant, kind: z.enum(PRICE_KINDS) };

export const priceMarkSchema = z.strictObject({
  symbol: id,
  /** The first offset of the symbol's partition of prices.v1 that is not in it. */
  prices_position: count,
  price: z
    .strictObject({
      accepted: z.strictObject(quote),
      pending: z.strictObject({ ...quote, since: instant, confirmations: count }).nullable(),
      suspicion: z
        .strictObject({
          since: instant,
          close_e4: z.int().positive(),
          trade_e4: z.int().positive(),
        })
        .nullable(),
    })
    .nullable(),
  halted_since: instant.nullable(),
  cleared_at: instant.nullable(),
  /** The time of the last HALT or RESUME; null without one. */
  trading_stated_at: instant.nullable(),
});

export type PriceMarkRecord = z.infer<typeof priceMarkSchema>;

/** What the engine knows of a symbol. */
export interface KnownSymbol {
  readonly symbol: string;
  readonly pricesPosition: number;
  readonly price: PriceState | null;
  readonly instrument: Instrument;
}

export function encodePriceMark(known: KnownSymbol): PriceMarkRecord {
  const { price, instrument } = known;
  return {
    symbol: known.symbol,
    prices_position: known.pricesPosition,
    price: price === null ? null : encodePrice(price),
    halted_since: instrument.haltedSince,
    cleared_at: instrument.clearedAt,
    trading_stated_at: instrument.tradingStatedAt,
  };
}

function encodePrice({
  accepted,
  pending,
  suspicion,
}: PriceState): NonNullable<PriceMarkRecord['price']> {
  return {
    accepted: { price_e4: accepted.priceE4, at: accepted.at, kind: accepted.kind },
    pending:
      pending === null
        ? null
        : {
            price_e4: pending.priceE4,
            at: pending.at,
            kind: pending.kind,
            since: pending.since,
            confirmations: pending.confirmations,
          },
    suspicion:
      suspicion === null
        ? null
        : { since: suspicion.since, close_e4: suspicion.closeE4, trade_e4: suspicion.tradeE4 },
  };
}

export function decodePriceMark(record: PriceMarkRecord): KnownSymbol {
  const { symbol, prices_position, price, halted_since, cleared_at, trading_stated_at } = record;
  return {
    symbol,
    pricesPosition: prices_position,
    price: price === null ? null : decodePrice(price),
    instrument: {
      haltedSince: halted_since,
      clearedAt: cleared_at,
      tradingStatedAt: trading_stated_at,
    },
  };
}

function decodePrice({
  accepted,
  pending,
  suspicion,
}: NonNullable<PriceMarkRecord['price']>): PriceState {
  return {
    accepted: { priceE4: accepted.price_e4, at: accepted.at, kind: accepted.kind },
    pending:
      pending === null
        ? null
        : {
            priceE4: pending.price_e4,
            at: pending.at,
            kind: pending.kind,
            since: pending.since,
            confirmations: pending.confirmations,
          },
    suspicion:
      suspicion === null
        ? null
        : { since: suspicion.since, closeE4: suspicion.close_e4, tradeE4: suspicion.trade_e4 },
  };
}
