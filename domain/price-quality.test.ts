import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rate } from './money.ts';
import { inFavour, PRICE_DOUBTS } from './price-quality.ts';
import type { QuotedPosition } from './price-quality.ts';

const TWENTY = rate(200_000);

function position(facts: Partial<QuotedPosition>): QuotedPosition {
  return { symbol: 'NVDA', qtyE4: 10_000, priceE4: 1_000_000, betaE4: null, ...facts };
}

describe('a doubtful price is valued in the account’s favour', () => {
  const LONG = 10_000;
  const SHORT = -10_000;
  const cases: [string, Partial<QuotedPosition>, number | null][] = [
    ['a good long stays', { qtyE4: LONG }, 1_000_000],
    ['a stale long goes up', { qtyE4: LONG, quality: 'STALE' }, 1_200_000],
    ['a halted short goes down', { qtyE4: SHORT, quality: 'HALTED' }, 800_000],
    ['a long rounds up', { qtyE4: LONG, quality: 'STALE', priceE4: 1 }, 2],
    ['a short rounds down', { qtyE4: SHORT, quality: 'STALE', priceE4: 999 }, 799],
    ['but never to nothing', { qtyE4: SHORT, quality: 'STALE', priceE4: 1 }, 1],
    ['without a price there is nothing to move', { quality: 'HALTED', priceE4: null }, null],
    [
      'a long goes as far as a higher tick that does not count yet',
      { qtyE4: LONG, quality: 'OUTLYING', unconfirmedPriceE4: 1_500_000 },
      1_500_000,
    ],
    [
      'a lower one does not take it down',
      { qtyE4: LONG, quality: 'OUTLYING', unconfirmedPriceE4: 10 },
      1_200_000,
    ],
    [
      'a short goes as far as a lower one',
      { qtyE4: SHORT, quality: 'SUSPICIOUS', unconfirmedPriceE4: 500_000 },
      500_000,
    ],
  ];
  test.each(cases)('%s', (_what, facts, priceE4) => {
    expect(inFavour(position(facts), TWENTY)).toEqual(position({ ...facts, priceE4 }));
  });

  test('is never worth less to the account than the price, or than the tick', () => {
    const prices = fc.integer({ min: 1, max: 100_000_000_000 });
    fc.assert(
      fc.property(
        fc.constantFrom(1, -1),
        prices,
        prices,
        fc.constantFrom(...PRICE_DOUBTS),
        fc.integer({ min: 0, max: 1_000_000 }),
        (side, priceE4, unconfirmedPriceE4, quality, doubt) => {
          const held = position({ qtyE4: side, priceE4, unconfirmedPriceE4, quality });
          const valued = inFavour(held, rate(doubt)).priceE4 ?? 0;
          expect(valued).toBeGreaterThan(0);
          expect(side * valued).toBeGreaterThanOrEqual(side * priceE4);
          expect(side * valued).toBeGreaterThanOrEqual(side * unconfirmedPriceE4);
        },
      ),
    );
  });
});
