import { seededRandom } from '#test/seeded-random.ts';
import { openingBook } from './book.ts';
import type { BookAccount } from './book.ts';
import { indexCloses } from './index-closes.ts';
import type { IndexClose } from './index-closes.ts';
import { marketCloses } from './market.ts';
import type { Prices } from './market.ts';

/** The book and the symbols' own moves come from this seed. */
export const MARKET_SEED = 2020;

/** Everything that is known before the first day: the same in every run. */
export interface MarketStage {
  readonly index: readonly IndexClose[];
  /** The closes of every symbol, as many as the index has. */
  readonly closes: readonly Prices[];
  readonly book: readonly BookAccount[];
}

export function marketStage(): MarketStage {
  const index = indexCloses();
  const random = seededRandom(MARKET_SEED);
  const closes = marketCloses(index, random);
  return { index, closes, book: openingBook(closes[0] ?? {}, random) };
}
