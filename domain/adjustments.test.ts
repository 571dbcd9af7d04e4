import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planAdjustment, splitPosition } from './adjustments.ts';

const shares = (count: number): number => Math.round(count * 10_000);

describe('a split', () => {
  const cases: [string, number, [number, number], number | null, [number, number]][] = [
    ['3 for 2 of 100', 100, [3, 2], null, [150, 0]],
    ['3 for 2 of 101, fractions kept', 101, [3, 2], null, [151.5, 0]],
    ['3 for 2 of 101, half a share paid at $40', 101, [3, 2], 40, [151, 20]],
    ['1 for 8 of 100, half a share paid at $40', 100, [1, 8], 40, [12, 20]],
    ['1 for 3 of 100 kept to 1/10,000 share', 100, [1, 3], null, [33.3333, 0]],
    ['1 for 3 of 100, a third of a share paid at $30', 100, [1, 3], 30, [33, 10]],
    ['1 for 3 of a short of 100: the short pays', -100, [1, 3], 30, [-33, -10]],
    ['1 for 200 of 100: nothing but cash is left', 100, [1, 200], 8, [0, 4]],
    ['1 for 1', 7.1234, [1, 1], null, [7.1234, 0]],
  ];
  test.each(cases)('%s', (_what, held, [numerator, denominator], lieu, [after, paid]) => {
    const lieuPriceE4 = lieu === null ? null : shares(lieu);
    expect(splitPosition(shares(held), { numerator, denominator, lieuPriceE4 })).toEqual({
      qtyAfterE4: shares(after),
      cashE4: shares(paid),
    });
  });

  test('pays exactly what it takes away: whole shares and cash are worth the exact position, to half a unit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 10_000_000 }),
        (heldE4, numerator, denominator, lieuPriceE4) => {
          const { qtyAfterE4, cashE4 } = splitPosition(heldE4, {
            numerator,
            denominator,
            lieuPriceE4,
          });
          expect(Math.abs(qtyAfterE4 % 10_000)).toBe(0);
          // 2 × denominator × 10,000 × (value before − value after) in 1/10,000 dollar.
          const exact = BigInt(heldE4) * BigInt(numerator) * BigInt(lieuPriceE4);
          const kept =
            (BigInt(qtyAfterE4) * BigInt(lieuPriceE4) + BigInt(cashE4) * 10_000n) *
            BigInt(denominator);
          const twice = (exact - kept) * 2n;
          const unit = 10_000n * BigInt(denominator);
          expect(twice <= unit && twice >= -unit).toBe(true);
        },
      ),
    );
  });
});

describe('an adjustment plans movements', () => {
  const held = new Map([
    ['NVDA', shares(100)],
    ['OLD', shares(-5)],
  ]);

  test('a transfer brings shares and cash as they are signed', () => {
    const positions = [{ symbol: 'F', qtyE4: shares(-3) }];
    expect(planAdjustment({ kind: 'TRANSFER', positions, cashE4: 50_000 }, held)).toEqual({
      ok: true,
      movements: [
        { kind: 'SHARES', symbol: 'F', qtyE4: shares(-3) },
        { kind: 'CASH', amountE4: 50_000 },
      ],
    });
  });

  test('a change of symbol moves the whole position, a short too', () => {
    const plan = planAdjustment({ kind: 'SYMBOL_CHANGE', symbol: 'OLD', newSymbol: 'NEW' }, held);
    expect(plan).toEqual({
      ok: true,
      movements: [
        { kind: 'CONVERSION', symbol: 'OLD', qtyE4: shares(5), cashE4: 0 },
        { kind: 'CONVERSION', symbol: 'NEW', qtyE4: shares(-5), cashE4: 0 },
      ],
    });
  });

  test('what is not held can be neither split nor renamed', () => {
    const split = { numerator: 2, denominator: 1, lieuPriceE4: null };
    expect(planAdjustment({ kind: 'SPLIT', symbol: 'F', ...split }, held)).toMatchObject({
      ok: false,
      code: 'NOT_HELD',
    });
    const renamed = { kind: 'SYMBOL_CHANGE', symbol: 'F', newSymbol: 'G' } as const;
    expect(planAdjustment(renamed, held)).toMatchObject({ ok: false, code: 'NOT_HELD' });
  });
});
