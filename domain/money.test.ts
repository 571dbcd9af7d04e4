import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ceil, halfEven, less, mul, ratio } from '#test/rational.ts';
import type { Rational } from '#test/rational.ts';
import {
  AMOUNT_MAX_E4,
  isAboveShare,
  isBelowShare,
  marketValueE4,
  MoneyRangeError,
  mulDivHalfEven,
  mulDivUp,
  rate,
  requirementE4,
  shareUpE4,
  sumE4,
} from './money.ts';

const RUNS = { numRuns: 5_000 };
const MAX = Number.MAX_SAFE_INTEGER;

/** Small values take the fast path, large ones BigInt; both are wanted often. */
const natural = fc.oneof(
  fc.integer({ min: 0, max: 1_000 }),
  fc.integer({ min: 0, max: 100_000_000 }),
  fc.maxSafeNat(),
);
const signed = fc.oneof(
  natural,
  natural.map((value) => (value === 0 ? 0 : -value)),
);
const divisor = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  fc.constantFrom(10_000, 1_000_000, 10_000_000_000),
  fc.integer({ min: 1, max: MAX }),
);
const ratePpm = fc.oneof(
  fc.integer({ min: 0, max: 1_000_000 }),
  fc.integer({ min: 0, max: 10_000_000 }),
);

/** The result when it is exact, else that it was refused. */
function outcome(compute: () => number): bigint | 'REFUSED' {
  try {
    const result = compute();
    expect(Object.is(result, -0)).toBe(false);
    return BigInt(result);
  } catch (error) {
    if (error instanceof MoneyRangeError) return 'REFUSED';
    throw error;
  }
}

function expected(exact: bigint): bigint | 'REFUSED' {
  return exact > BigInt(MAX) || exact < -BigInt(MAX) ? 'REFUSED' : exact;
}

const quotient = (a: number, b: number, d: number): Rational => ratio(BigInt(a) * BigInt(b), d);

describe('products divided', () => {
  test.each([
    [1, 1, 2, 0],
    [3, 1, 2, 2],
    [5, 1, 2, 2],
    [-1, 1, 2, 0],
    [-3, 1, 2, -2],
    [-5, 1, 2, -2],
    [7, 1, 4, 2],
    [-7, 1, 4, -2],
    [-0, 5, 3, 0],
    [0, -5, 3, 0],
    // Past 2^53: a tie that a float cannot see.
    [100_000_001, 100_000_001, 2, 5_000_000_100_000_000],
    [9_007_199_254_740_991, 9_007_199_254_740_991, 9_007_199_254_740_991, MAX],
  ])('%d × %d / %d goes half to even to %d', (a, b, d, result) => {
    expect(mulDivHalfEven(a, b, d)).toBe(result);
  });

  test('go half to even as exact rationals do, on both paths', () => {
    fc.assert(
      fc.property(signed, signed, divisor, (a, b, d) => {
        expect(outcome(() => mulDivHalfEven(a, b, d))).toBe(expected(halfEven(quotient(a, b, d))));
      }),
      RUNS,
    );
  });

  test('hit ties on both paths', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -10_000_000_000, max: 10_000_000_000 }),
        natural,
        (odd, scale) => {
          const half = odd * 2 + 1;
          fc.pre(scale > 0 && scale <= MAX / 2);
          expect(outcome(() => mulDivHalfEven(half, scale, scale * 2))).toBe(
            expected(halfEven(ratio(half, 2))),
          );
        },
      ),
      RUNS,
    );
  });

  test('go up as exact rationals do, on both paths', () => {
    fc.assert(
      fc.property(natural, natural, divisor, (a, b, d) => {
        expect(outcome(() => mulDivUp(a, b, d))).toBe(expected(ceil(quotient(a, b, d))));
      }),
      RUNS,
    );
  });
});

describe('market values and requirements', () => {
  test('round once, from the exact product', () => {
    fc.assert(
      fc.property(signed, natural, ratePpm, (qty, price, ppm) => {
        const shares = Math.abs(qty);
        expect(outcome(() => marketValueE4(qty, price))).toBe(
          expected(halfEven(quotient(qty, price, 10_000))),
        );
        expect(outcome(() => requirementE4(shares, price, rate(ppm)))).toBe(
          expected(ceil(mul(quotient(shares, price, 10_000), ratio(ppm, 1_000_000)))),
        );
      }),
      RUNS,
    );
  });

  test('a requirement of a quarter of $0.0001 is $0.0001', () => {
    expect(requirementE4(10_000, 1, rate(250_000))).toBe(1);
    expect(requirementE4(1, 1, rate(1))).toBe(1);
    expect(requirementE4(0, 1, rate(250_000))).toBe(0);
  });

  test('a share of an amount goes up', () => {
    expect(shareUpE4(200_000_0000, rate(10_000))).toBe(2_000_0000);
    expect(shareUpE4(1, rate(1))).toBe(1);
    expect(shareUpE4(12_345, rate(0))).toBe(0);
  });
});

describe('comparison with a share of an amount', () => {
  test('is that of unrounded ratios, on both paths', () => {
    fc.assert(
      fc.property(signed, ratePpm, natural, (left, ppm, right) => {
        expect(isBelowShare(left, rate(ppm), right)).toBe(
          less(ratio(left), mul(ratio(right), ratio(ppm, 1_000_000))),
        );
      }),
      RUNS,
    );
  });

  test('tells neighbours apart at the edge, where a float cannot', () => {
    fc.assert(
      fc.property(natural, fc.integer({ min: 1, max: 1_000_000 }), (right, ppm) => {
        const edge = ceil(mul(ratio(right), ratio(ppm, 1_000_000)));
        expect(isBelowShare(Number(edge), rate(ppm), right)).toBe(false);
        expect(isBelowShare(Number(edge) - 1, rate(ppm), right)).toBe(true);
        expect(isAboveShare(Number(edge) + 1, rate(ppm), right)).toBe(true);
        expect(isAboveShare(Number(edge) - 1, rate(ppm), right)).toBe(false);
      }),
      RUNS,
    );
  });
});

describe('an amount that is exactly the share', () => {
  test.each([
    [50_000, 1_000_000],
    // 3/10 of 4 × 10^15: past 2^53 once cross-multiplied.
    [300_000, 4_000_000_000_000_000],
  ])('of %d ppm of %d is not below it', (ppm, right) => {
    const left = (right / 1_000_000) * ppm;
    expect(isBelowShare(left, rate(ppm), right)).toBe(false);
    expect(isBelowShare(left - 1, rate(ppm), right)).toBe(true);
  });
});

describe('rates', () => {
  test('are kept in lowest terms', () => {
    fc.assert(
      fc.property(ratePpm, (ppm) => {
        const { e6, num, den } = rate(ppm);
        expect(e6).toBe(ppm);
        expect(num * 1_000_000).toBe(ppm * den);
        expect([2, 5].some((prime) => num % prime === 0 && den % prime === 0)).toBe(false);
      }),
    );
  });

  test.each([-1, 0.5, NaN, Infinity, 2 ** 53])('%d parts per million are refused', (ppm) => {
    expect(() => rate(ppm)).toThrow(MoneyRangeError);
  });
});

describe('sums', () => {
  test('are exact up to $250 billion and refused beyond, on the way too', () => {
    const amount = fc.integer({ min: -AMOUNT_MAX_E4, max: AMOUNT_MAX_E4 });
    fc.assert(
      fc.property(fc.array(amount, { maxLength: 6 }), (amounts) => {
        let running = 0n;
        let refused = false;
        for (const next of amounts) {
          running += BigInt(next);
          refused ||= running > BigInt(AMOUNT_MAX_E4) || running < -BigInt(AMOUNT_MAX_E4);
        }
        expect(outcome(() => sumE4(...amounts))).toBe(refused ? 'REFUSED' : running);
      }),
      RUNS,
    );
  });

  test('that come back after leaving the exact range are refused, not rounded', () => {
    expect(() => sumE4(MAX, 2, -MAX)).toThrow(MoneyRangeError);
    expect(() => sumE4(AMOUNT_MAX_E4, 1, -1)).toThrow(MoneyRangeError);
  });

  test.each([[[NaN]], [[Infinity, -Infinity]], [[0.5]]])('of %j are refused', (amounts) => {
    expect(() => sumE4(...amounts)).toThrow(MoneyRangeError);
  });

  test('of nothing are 0, and never −0', () => {
    expect(Object.is(sumE4(), 0)).toBe(true);
    expect(Object.is(sumE4(-0), 0)).toBe(true);
  });
});
