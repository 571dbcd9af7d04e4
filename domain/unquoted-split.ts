import { MoneyRangeError, PRICE_MAX_E4 } from './money.ts';
import type { Mark } from './price-acceptance.ts';

/**
 * A split is in an account's books before the market has quoted the new shares: until then the price
 * that counts is one of the old shares (docs/decisions/splits.md).
 */

/** The splits of a symbol that an account has booked since its last quote, as one. */
export interface UnquotedSplit {
  /** When the last of them was booked, Unix ms: a later quote is one of the new shares. */
  readonly at: number;
  /** New shares … */
  readonly numerator: number;
  /** … for so many old ones. */
  readonly denominator: number;
}

/** Both splits as one. Throws MoneyRangeError when their ratio leaves the exact range. */
export function afterFurtherSplit(before: UnquotedSplit, split: UnquotedSplit): UnquotedSplit {
  const numerator = before.numerator * split.numerator;
  const denominator = before.denominator * split.denominator;
  if (!Number.isSafeInteger(numerator) || !Number.isSafeInteger(denominator)) {
    throw new MoneyRangeError('splits of one symbol leave the range in which a price is exact');
  }
  return { at: Math.max(before.at, split.at), numerator, denominator };
}

/** Has the market quoted the new shares? */
export function isQuoted({ at }: UnquotedSplit, mark: Mark): boolean {
  return mark.at > at;
}

/**
 * The mark as an account sees that has booked the split: doubtful until the new shares are quoted, and
 * as far as the price that the split makes of it, or as a tick that is not confirmed if that is farther.
 */
export function markAfterSplit(mark: Mark, split: UnquotedSplit): Mark {
  if (isQuoted(split, mark)) return mark;
  const { priceE4, unconfirmedPriceE4 = priceE4 } = mark;
  const impliedE4 = impliedPriceE4(priceE4, split);
  const isFarther = Math.abs(unconfirmedPriceE4 - priceE4) > Math.abs(impliedE4 - priceE4);
  return {
    ...mark,
    quality: 'SPLIT',
    unconfirmedPriceE4: isFarther ? unconfirmedPriceE4 : impliedE4,
  };
}

/** The price of a new share; within the prices that there are. */
function impliedPriceE4(priceE4: number, { numerator, denominator }: UnquotedSplit): number {
  const exact = (BigInt(priceE4) * BigInt(denominator)) / BigInt(numerator);
  return exact > BigInt(PRICE_MAX_E4) ? PRICE_MAX_E4 : Math.max(1, Number(exact));
}
