import type { Random } from '#test/seeded-random.ts';
import { BETAS, INDEX_FUND } from './market.ts';
import type { Prices } from './market.ts';

/** A made-up broker's margin book on the evening of 19 February 2020. */

export const ACCOUNTS = 200;

/** How an account stands in the market. */
export const STYLES = ['cautious', 'leveraged', 'stretched', 'hedged', 'short'] as const;
export type Style = (typeof STYLES)[number];

/** What a customer does about a margin call. */
export interface Customer {
  /** Pays so many trading days after the call; null: never pays. */
  readonly paysAfterDays: number | null;
  /** What they can pay in all, dollars. */
  readonly reserve: number;
}

export interface BookAccount {
  readonly accountId: string;
  readonly style: Style;
  /** Gross market value ÷ equity at the start. */
  readonly leverage: number;
  /** The first deposit, dollars: the equity at the start. */
  readonly deposit: number;
  /** Whole shares, negative when short; bought and sold at the first close. */
  readonly holdings: readonly { readonly symbol: string; readonly qty: number }[];
  readonly customer: Customer;
}

export const BOOK_PREFIX = 'MKT_';

/** Out of a hundred accounts, and the range of their leverage; 3.33 is where a warning begins. */
const DRAWS: Readonly<
  Record<Style, { readonly percent: number; readonly leverage: Range; readonly symbolsMax: number }>
> = {
  cautious: { percent: 46, leverage: [1, 1.5], symbolsMax: 6 },
  leveraged: { percent: 30, leverage: [1.5, 2.4], symbolsMax: 5 },
  // The fewer names, the wilder: these are bets.
  stretched: { percent: 9, leverage: [2.4, 3.2], symbolsMax: 3 },
  hedged: { percent: 9, leverage: [1.6, 2.8], symbolsMax: 5 },
  short: { percent: 6, leverage: [0.8, 1.8], symbolsMax: 4 },
};
type Range = readonly [number, number];

const SYMBOLS_MIN = 2;

const DEPOSIT_MIN = 20_000;
/** The largest deposit is e to this power times the least. */
const DEPOSIT_SPREAD = 2.7;

/** The book that the seed gives, at these opening prices. */
export function openingBook(prices: Prices, random: Random): readonly BookAccount[] {
  return Array.from({ length: ACCOUNTS }, (_, index) => openAccount(index, prices, random));
}

function openAccount(index: number, prices: Prices, random: Random): BookAccount {
  const style = drawStyle(random);
  const deposit =
    Math.round((DEPOSIT_MIN * Math.exp(random.between(0, DEPOSIT_SPREAD))) / 100) * 100;
  const gross = deposit * random.between(...DRAWS[style].leverage);
  const holdings = drawWeights(style, random)
    .map(({ symbol, weight }) => ({
      symbol,
      qty: Math.trunc((gross * weight) / (prices[symbol] ?? 1)),
    }))
    .filter(({ qty }) => qty !== 0);
  const held = holdings.reduce(
    (sum, { symbol, qty }) => sum + Math.abs(qty) * (prices[symbol] ?? 0),
    0,
  );
  return {
    accountId: `${BOOK_PREFIX}${String(index + 1).padStart(3, '0')}`,
    style,
    leverage: held / deposit,
    deposit,
    holdings,
    customer: drawCustomer(deposit, random),
  };
}

function drawStyle(random: Random): Style {
  let left = random.between(0, 100);
  for (const style of STYLES) {
    left -= DRAWS[style].percent;
    if (left < 0) return style;
  }
  return 'cautious';
}

/** Signed parts of the gross value; their sizes add up to 1. */
function drawWeights(style: Style, random: Random): { symbol: string; weight: number }[] {
  const names = drawSymbols(random.whole(SYMBOLS_MIN, DRAWS[style].symbolsMax), random);
  const raw = names.map(() => random.between(0.5, 1.5));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  const weights = names.map((symbol, at) => ({ symbol, weight: (raw[at] ?? 0) / total }));
  switch (style) {
    case 'cautious':
    case 'leveraged':
    case 'stretched':
      return weights;
    case 'short':
      // One long against the shorts.
      return weights.map(({ symbol, weight }, at) => ({
        symbol,
        weight: at === 0 ? weight : -weight,
      }));
    case 'hedged': {
      const short = random.between(0.3, 0.5);
      return [
        ...weights.map(({ symbol, weight }) => ({ symbol, weight: weight * (1 - short) })),
        { symbol: INDEX_FUND, weight: -short },
      ];
    }
  }
}

/** Different symbols; the index fund is kept for hedges. */
function drawSymbols(count: number, random: Random): string[] {
  const names = Object.keys(BETAS).filter((symbol) => symbol !== INDEX_FUND);
  const drawn = new Set<string>();
  while (drawn.size < count) drawn.add(random.pick(names));
  return [...drawn];
}

/** A third pays in time, a tenth when it is almost too late, the others cannot or do not. */
function drawCustomer(deposit: number, random: Random): Customer {
  const kind = random.between(0, 100);
  const reserve = Math.round(deposit * random.between(0.1, 0.7));
  if (kind < 35) return { paysAfterDays: random.whole(1, 2), reserve };
  if (kind < 45) return { paysAfterDays: random.whole(3, 4), reserve };
  return { paysAfterDays: null, reserve: 0 };
}
