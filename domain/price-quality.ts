import type { Position } from './margin.ts';
import { E6, mulDivUp } from './money.ts';
import type { Rate } from './money.ts';

/**
 * Why a price is doubtful (RULES, Liquidation); a price without doubt is good. The strongest doubt
 * counts, in this order.
 */
export const PRICE_DOUBTS = [
  /** Moved overnight beyond policy, and nobody has cleared it. */
  'SUSPICIOUS',
  /** Trading is halted: the price is the last before it. */
  'HALTED',
  /** A tick far from the price has not been confirmed: the price is the last that counts. */
  'OUTLYING',
  /** Its last quote is older than policy allows. */
  'STALE',
] as const;
export type PriceDoubt = (typeof PRICE_DOUBTS)[number];

/** A position whose price is valued with what is known of that price. */
export interface QuotedPosition extends Position {
  /** When the price was last quoted, Unix ms; absent or null when that is not known. */
  readonly quotedAt?: number | null;
  /** Absent while the price is good. */
  readonly quality?: PriceDoubt;
  /** The last tick, 1/10,000 dollar, while it does not count; absent when the price is the last tick. */
  readonly unconfirmedPriceE4?: number;
}

/**
 * The position with a doubtful price moved in the account's favour: longs up, shorts down, by the
 * policy's rate, and at least as far as the tick that does not count yet. Still deficient at these
 * prices means deficient whatever the doubt turns out to be (RULES, Liquidation). Good prices and
 * missing ones stay.
 */
export function inFavour(position: QuotedPosition, doubtMove: Rate): QuotedPosition {
  const { priceE4, qtyE4, quality, unconfirmedPriceE4 = priceE4 } = position;
  if (quality === undefined || priceE4 === null || unconfirmedPriceE4 === null) return position;
  return {
    ...position,
    priceE4:
      qtyE4 > 0
        ? Math.max(mulDivUp(priceE4, E6 + doubtMove.e6, E6), unconfirmedPriceE4)
        : Math.min(loweredE4(priceE4, doubtMove), unconfirmedPriceE4),
  };
}

/**
 * The position with a doubtful price moved against the account: longs down, shorts up, as far as
 * `inFavour` moves it the other way. What passes at these prices passes whatever the doubt turns out
 * to be.
 */
export function againstAccount(position: QuotedPosition, doubtMove: Rate): QuotedPosition {
  const { priceE4, qtyE4, quality, unconfirmedPriceE4 = priceE4 } = position;
  if (quality === undefined || priceE4 === null || unconfirmedPriceE4 === null) return position;
  return {
    ...position,
    priceE4:
      qtyE4 > 0
        ? Math.min(loweredE4(priceE4, doubtMove), unconfirmedPriceE4)
        : Math.max(mulDivUp(priceE4, E6 + doubtMove.e6, E6), unconfirmedPriceE4),
  };
}

/** A price less a rate of it, rounded down, never below the least price that there is. */
function loweredE4(priceE4: number, by: Rate): number {
  return Math.max(1, priceE4 - mulDivUp(priceE4, by.e6, E6));
}
