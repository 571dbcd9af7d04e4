import type { Random } from '#test/seeded-random.ts';
import type { IndexClose } from './index-closes.ts';

/**
 * A made-up market that moves with the real index: each day a symbol moves by its beta times the
 * index's return, plus a small part of its own. Names and betas are invented; only the index is real.
 */

/** Symbol → beta to the index, from the worst hit to what rises in a crash. */
export const BETAS: Readonly<Record<string, number>> = {
  'X-CRUISE': 2.5,
  'X-AIRLINE': 2.2,
  'X-SHALE': 2.1,
  'X-CASINO': 1.9,
  'X-BANK': 1.6,
  'X-CHIP': 1.5,
  'X-CAR': 1.45,
  'X-STEEL': 1.4,
  'X-HOTEL': 1.35,
  'X-INSURE': 1.25,
  'X-CLOUD': 1.2,
  'X-BUILD': 1.15,
  'X-MEDIA': 1.1,
  'X-RAIL': 1.05,
  'X-INDEX': 1,
  'X-SOFT': 0.95,
  'X-PHARMA': 0.75,
  'X-FOOD': 0.6,
  'X-POWER': 0.5,
  'X-WATER': 0.4,
  'X-GROCER': 0.25,
  'X-VIDEO': 0.1,
  'X-MINT': -0.2,
  'X-HEDGE': -0.5,
};

/** The index fund has no part of its own. */
export const INDEX_FUND = 'X-INDEX';
/** The own part of a day's move is drawn within ± so much. */
const OWN_MOVE_MAX = 0.012;
/** No symbol loses more than this in a day. */
const FALL_MAX = 0.9;
const OPENING_PRICE_MIN = 40;
const OPENING_PRICE_MAX = 240;

/** Dollars per share with two decimals, by symbol. */
export type Prices = Readonly<Record<string, number>>;

/** The prices at each close; the first day is the one on which the book is bought. */
export function marketCloses(index: readonly IndexClose[], random: Random): readonly Prices[] {
  const symbols = Object.keys(BETAS);
  const days: Prices[] = [
    Object.fromEntries(
      symbols.map((symbol) => [
        symbol,
        cents(random.between(OPENING_PRICE_MIN, OPENING_PRICE_MAX)),
      ]),
    ),
  ];
  index.slice(1).forEach(({ close }, day) => {
    const indexReturn = close / (index[day]?.close ?? close) - 1;
    const before = days[day] ?? {};
    days.push(
      Object.fromEntries(
        symbols.map((symbol) => {
          const own = symbol === INDEX_FUND ? 0 : random.between(-OWN_MOVE_MAX, OWN_MOVE_MAX);
          const move = Math.max(-FALL_MAX, (BETAS[symbol] ?? 1) * indexReturn + own);
          return [symbol, cents((before[symbol] ?? 0) * (1 + move))];
        }),
      ),
    );
  });
  return days;
}

/** A price is quoted in cents. */
function cents(price: number): number {
  return Math.max(0.01, Math.round(price * 100) / 100);
}
