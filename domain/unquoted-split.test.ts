import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MoneyRangeError, PRICE_MAX_E4, rate } from './money.ts';
import type { MarginPolicy } from './policy.ts';
import type { Mark } from './price-acceptance.ts';
import { againstAccount, inFavour } from './price-quality.ts';
import { afterFurtherSplit, markAfterSplit } from './unquoted-split.ts';
import type { UnquotedSplit } from './unquoted-split.ts';
import { decideWithdrawal, worstFigures } from './withdrawal.ts';

const T0 = 1_795_000_000_000;
const DOLLAR = 10_000;
const MARK: Mark = { priceE4: 100 * DOLLAR, at: T0, kind: 'CLOSE' };
const DOUBT_MOVE = rate(200_000);

function split(numerator: number, denominator: number, at = T0): UnquotedSplit {
  return { at, numerator, denominator };
}

describe('the price that an account sees which has booked a split', () => {
  const doubted: [string, UnquotedSplit, Partial<Mark>, number][] = [
    ['two for one', split(2, 1), {}, 50 * DOLLAR],
    ['one for ten', split(1, 10), {}, 1_000 * DOLLAR],
    ['rounded down', split(3, 1), {}, 333_333],
    ['a tick that is farther', split(2, 1), { unconfirmedPriceE4: 480_000 }, 480_000],
    ['a tick that is nearer', split(2, 1), { unconfirmedPriceE4: 1_200_000 }, 500_000],
    ['a tick of the split’s very instant', split(2, 1), { at: T0 }, 500_000],
    ['no less than the least price', split(99_999, 1), { priceE4: 3 }, 1],
    ['no more than the highest', split(1, 99_999), { priceE4: PRICE_MAX_E4 - 1 }, PRICE_MAX_E4],
  ];
  test.each(doubted)('is doubted as far as the split moves it: %s', (_what, by, facts, farE4) => {
    const mark = { ...MARK, ...facts };
    expect(markAfterSplit(mark, by)).toEqual({
      ...mark,
      quality: 'SPLIT',
      unconfirmedPriceE4: farE4,
    });
  });

  test('is good again with the first quote after it', () => {
    const mark: Mark = { ...MARK, priceE4: 50 * DOLLAR, at: T0 + 1, kind: 'TRADE' };
    expect(markAfterSplit(mark, split(2, 1))).toBe(mark);
  });

  test('both the old and the new shares’ price lie between the best and the worst', () => {
    const ratio = fc.integer({ min: 1, max: 100_000 });
    const qty = fc.integer({ min: -1e9, max: 1e9 }).filter((qtyE4) => qtyE4 !== 0);
    const prices = fc.integer({ min: 1, max: 10_000 * DOLLAR });
    fc.assert(
      fc.property(qty, prices, ratio, ratio, (qtyE4, priceE4, numerator, denominator) => {
        const mark = markAfterSplit({ ...MARK, priceE4 }, split(numerator, denominator));
        const position = { ...mark, symbol: 'X', qtyE4, betaE4: null };
        const [best, worst] = [inFavour, againstAccount].map((move) =>
          Number(move(position, DOUBT_MOVE).priceE4),
        );
        for (const possible of [priceE4, Number(mark.unconfirmedPriceE4)]) {
          expect(Math.sign(qtyE4) * (Number(best) - possible)).toBeGreaterThanOrEqual(0);
          expect(Math.sign(qtyE4) * (possible - Number(worst))).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});

test('two splits before a quote are one', () => {
  expect(afterFurtherSplit(split(2, 1, T0), split(3, 2, T0 + 5))).toEqual(split(6, 2, T0 + 5));
  const huge = afterFurtherSplit(split(100_000, 1), split(100_000, 1));
  expect(() => afterFurtherSplit(huge, huge)).toThrow(MoneyRangeError);
});

/** 100 shares at 100 dollars on a debit of 4,000 become 200. */
test('a withdrawal may take what is left at the new price, not what the old one makes of twice the shares', () => {
  const policy: MarginPolicy & { readonly doubtMove: typeof DOUBT_MOVE } = {
    longMaintenanceRate: rate(250_000),
    shortMaintenanceRate: rate(300_000),
    warningBand: rate(50_000),
    bufferRate: rate(0),
    costRate: rate(0),
    doubtMove: DOUBT_MOVE,
  };
  const mark = markAfterSplit(MARK, split(2, 1));
  const held = { symbol: 'X', qtyE4: 200 * DOLLAR, betaE4: null };
  const worst = worstFigures(-4_000 * DOLLAR, [{ ...held, ...mark }], policy);
  const wrong = worstFigures(-4_000 * DOLLAR, [{ ...held, ...MARK }], policy);
  if (worst === null || wrong === null) throw new Error('no figures');
  expect(decideWithdrawal(wrong, 5_000 * DOLLAR).outcome).toBe('ALLOWED');
  expect(decideWithdrawal(wrong, 5_000 * DOLLAR, worst)).toMatchObject({
    outcome: 'REFUSED',
    code: 'PRICE_DOUBTFUL',
    limitE4: 3_500 * DOLLAR,
  });
});
