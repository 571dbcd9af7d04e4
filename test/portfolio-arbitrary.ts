import fc from 'fast-check';
import type { Position } from '#domain/margin.ts';
import type { PolicyRates } from './margin-oracle.ts';

/** Portfolios for properties: ordinary ones, and what lies near every edge of the rules. */

export interface PricedPosition extends Position {
  readonly priceE4: number;
}

/** Around the short band and its floors (5.00, 2.50, 16.6667), pennies, ordinary and absurd prices. */
const priceE4 = fc.oneof(
  fc.constantFrom(1, 2, 3, 24_999, 25_000, 25_001, 49_999, 50_000, 50_001, 166_666, 166_667),
  fc.integer({ min: 1, max: 200_000 }),
  fc.integer({ min: 1, max: 50_000 }).map((cents) => cents * 100),
  fc.integer({ min: 1, max: 100_000_000_000 }),
);

const wholeShares = fc.integer({ min: 1, max: 2_000 }).map((shares) => shares * 10_000);
const qtyAbsE4 = fc.oneof(
  { weight: 4, arbitrary: wholeShares },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 500_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 100_000_000 }) },
);

const betaE4 = fc.oneof(
  fc.constant(null),
  fc.constantFrom(10_000, -10_000, 18_000, 0),
  fc.integer({ min: -50_000, max: 50_000 }),
);

const position = fc.record({
  qtyE4: fc.tuple(qtyAbsE4, fc.boolean()).map(([qty, short]) => (short ? -qty : qty)),
  priceE4,
  betaE4,
});

/** Priced positions of distinct symbols; `symbols` is their number at most. */
export function positionsOf(symbols: number): fc.Arbitrary<PricedPosition[]> {
  return fc
    .array(position, { maxLength: symbols })
    .map((rows) => rows.map((row, index) => ({ symbol: `S${String(index)}`, ...row })));
}

/** Small holdings at ordinary prices, for searches that try every share. */
export function smallPositionsOf(symbols: number): fc.Arbitrary<PricedPosition[]> {
  const small = fc.record({
    qtyE4: fc
      .tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom(0, 0, 0, 5_000, 3_333), fc.boolean())
      .map(([shares, fraction, short]) => (shares * 10_000 + fraction) * (short ? -1 : 1)),
    priceE4: fc.oneof(
      fc.constantFrom(1, 2, 3, 4, 5),
      fc.integer({ min: 1, max: 2_000_000 }),
      fc.integer({ min: 1, max: 1_000 }).map((dollars) => dollars * 10_000),
    ),
    betaE4: fc.constantFrom(null, 10_000, 10_000, -10_000, 15_000, -18_000, 0),
  });
  return fc
    .array(small, { maxLength: symbols })
    .map((rows) => rows.map((row, index) => ({ symbol: `S${String(index)}`, ...row })));
}

/** Rates a firm might choose, below and above the regulatory ones. */
export const ratesArbitrary: fc.Arbitrary<PolicyRates> = fc.record({
  long: fc.oneof(
    fc.constantFrom(0, 250_000, 300_000, 1_000_000),
    fc.integer({ min: 0, max: 1_000_000 }),
  ),
  short: fc.oneof(fc.constantFrom(0, 300_000, 350_000), fc.integer({ min: 0, max: 2_000_000 })),
  warning: fc.constantFrom(0, 50_000, 123_457),
  buffer: fc.oneof(fc.constant(0), fc.constant(10_000), fc.integer({ min: 0, max: 200_000 })),
  cost: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 400_000 }) },
  ),
});
