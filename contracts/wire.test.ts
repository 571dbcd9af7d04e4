import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AMOUNT_MAX_E4, MoneyRangeError } from '#domain/money.ts';
import {
  beta,
  count,
  decimal,
  dollars,
  figure,
  fromE4,
  id,
  instant,
  price,
  signedQty,
  text,
  toE4,
} from './wire.ts';

const accepts = (
  schema: { safeParse: (value: unknown) => { success: boolean } },
  value: unknown,
): boolean => schema.safeParse(value).success;

/** The decimal literal of an integer in 1/10,000, made without floating point. */
function literal(e4: number): string {
  const digits = String(Math.abs(e4)).padStart(5, '0');
  return `${e4 < 0 ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`;
}

const amountE4 = fc.oneof(
  fc.integer({ min: -AMOUNT_MAX_E4, max: AMOUNT_MAX_E4 }),
  fc.integer({ min: -100_000_000, max: 100_000_000 }),
  fc.integer({ min: AMOUNT_MAX_E4 - 1_000_000, max: AMOUNT_MAX_E4 }),
);

describe('a number with four decimals', () => {
  test('survives JSON there and back, up to $250 billion', () => {
    fc.assert(
      fc.property(amountE4, (e4) => {
        const wire: unknown = JSON.parse(literal(e4));
        expect(figure.safeParse(wire).success).toBe(true);
        expect(toE4(Number(wire))).toBe(e4);
        expect(toE4(Number(JSON.parse(JSON.stringify(fromE4(e4)))))).toBe(e4);
      }),
      { numRuns: 5_000 },
    );
  });

  test('is written with at most four decimals', () => {
    fc.assert(
      fc.property(amountE4, (e4) => {
        expect(JSON.stringify(fromE4(e4))).toMatch(/^-?\d+(\.\d{1,4})?$/);
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([0.00005, 1.00001, 0.30000000000000004, 1e-300, 99_999.99995, 5e-324])(
    'is not %d',
    (value) => {
      expect(accepts(decimal(1_000_000), value)).toBe(false);
    },
  );

  test.each(['1', null, undefined, true, [], {}, NaN, Infinity, -Infinity, JSON.parse('1e400')])(
    'is not %p',
    (value) => {
      for (const schema of [dollars, figure, price, signedQty, beta]) {
        expect(accepts(schema, value)).toBe(false);
      }
    },
  );

  test('−0 is 0', () => {
    expect(accepts(dollars, -0)).toBe(true);
    expect(Object.is(toE4(-0), 0)).toBe(true);
    expect(Object.is(toE4(-0.00001), 0)).toBe(true);
  });

  test('beyond the exact range has no 1/10,000', () => {
    expect(() => toE4(1e13)).toThrow(MoneyRangeError);
    expect(() => toE4(NaN)).toThrow(MoneyRangeError);
  });
});

describe('bounds', () => {
  test.each([
    ['dollars', dollars, [100e9, -100e9, 0, 0.0001], [100e9 + 0.001, -100e9 - 1]],
    ['a figure', figure, [250e9, -250e9], [250e9 + 0.001, 1e300]],
    ['a price', price, [0.0001, 10_000_000], [0, -0, -1, 10_000_000.0001]],
    ['a quantity', signedQty, [0.0001, -0.0001, 100e6, -100e6], [0, -0, 100e6 + 0.0001]],
    ['a beta', beta, [0, -0, 1.8, -1.8, 100, -100], [100.0001, 1.00001]],
    ['an instant', instant, [0, 1_795_000_000_000], [-1, 1.5, 4_102_444_800_001, Infinity, '0']],
    ['a count', count, [0, Number.MAX_SAFE_INTEGER], [-1, 0.5, 2 ** 53]],
    [
      'an id',
      id,
      ['A', 'account-case:ACC_1.b', 'x'.repeat(64)],
      ['', 'a b', 'ü', 'x'.repeat(65), 'a\n', 5],
    ],
    ['a text', text(3), ['a', 'abc'], ['', 'abcd', 1]],
  ])('%s', (_name, schema, good, bad) => {
    for (const value of good) expect([value, accepts(schema, value)]).toEqual([value, true]);
    for (const value of bad) expect([value, accepts(schema, value)]).toEqual([value, false]);
  });
});
