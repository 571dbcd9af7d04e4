import type { Position } from './margin.ts';
import { shareUpE4 } from './money.ts';
import type { Rate } from './money.ts';

/**
 * Why a price is doubtful (RULES, Liquidation); a price without doubt is good. The strongest doubt
 * counts, in this order.
 */
export const PRICE_DOUBTS = [
  /** The account has booked a split that the market has not quoted yet: a price of the old shares. */
  'SPLIT',
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
  return doubted(position, doubtMove, position.qtyE4 > 0 ? 'UP' : 'DOWN');
}

/**
 * The position with a doubtful price moved against the account: longs down, shorts up, as far as
 * `inFavour` moves it the other way. What passes at these prices passes whatever the doubt turns out
 * to be.
 */
export function againstAccount(position: QuotedPosition, doubtMove: Rate): QuotedPosition {
  return doubted(position, doubtMove, position.qtyE4 > 0 ? 'DOWN' : 'UP');
}

/** A doubtful price moved: rounded away from the price, never below the least price that there is. */
function doubted(position: QuotedPosition, by: Rate, way: 'UP' | 'DOWN'): QuotedPosition {
  const { priceE4, quality, unconfirmedPriceE4 = priceE4 } = position;
  if (quality === undefined || priceE4 === null || unconfirmedPriceE4 === null) return position;
  const moveE4 = shareUpE4(priceE4, by);
  return {
    ...position,
    priceE4:
      way === 'UP'
        ? Math.max(priceE4 + moveE4, unconfirmedPriceE4)
        : Math.min(Math.max(1, priceE4 - moveE4), unconfirmedPriceE4),
  };
}
