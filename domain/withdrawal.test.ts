import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { E4 } from './money.ts';
import { WALK_POLICY } from '../test/ladder-walk.ts';
import type { PriceDoubt, QuotedPosition } from './price-quality.ts';
import { afterCash, decideWithdrawal, worstFigures } from './withdrawal.ts';

const figures = (cash: number, equity: number, requirement: number, hasShort = false) => ({
  cashE4: cash * E4,
  equityE4: equity * E4,
  maintenanceReqE4: requirement * E4,
  hasShort,
});

describe('a withdrawal', () => {
  const cases: [string, ReturnType<typeof figures>, number, string, number][] = [
    [
      'to the last cent of the excess passes',
      figures(-50_000, 50_000, 25_000),
      25_000,
      'ALLOWED',
      25_000,
    ],
    [
      'of a cent more leaves a deficiency',
      figures(-50_000, 50_000, 25_000),
      25_000.01,
      'LEAVES_DEFICIENCY',
      25_000,
    ],
    [
      'from a deficient account leaves one',
      figures(-80_000, 20_000, 25_000),
      0.01,
      'LEAVES_DEFICIENCY',
      0,
    ],
    ['on a loan leaves $2,000 of equity', figures(-1_000, 3_000, 500), 1_000, 'ALLOWED', 1_000],
    [
      'on a loan leaves no less',
      figures(-1_000, 3_000, 500),
      1_000.01,
      'BELOW_MINIMUM_EQUITY',
      1_000,
    ],
    [
      'beside a short leaves no less',
      figures(3_000, 2_500, 300, true),
      600,
      'BELOW_MINIMUM_EQUITY',
      500,
    ],
    ['of all cash of a flat account passes', figures(1_500, 1_500, 0), 1_500, 'ALLOWED', 1_500],
    [
      'of more than that leaves a deficiency',
      figures(1_500, 1_500, 0),
      1_500.0001,
      'LEAVES_DEFICIENCY',
      1_500,
    ],
    ['of cash beside paid longs passes', figures(500, 1_500, 250), 500, 'ALLOWED', 500],
    [
      'that makes a loan below $2,000 is refused',
      figures(500, 1_500, 250),
      501,
      'BELOW_MINIMUM_EQUITY',
      500,
    ],
    ['from an empty account leaves a deficiency', figures(0, 0, 0), 1, 'LEAVES_DEFICIENCY', 0],
  ];
  test.each(cases)('%s', (_what, before, amount, outcome, limit) => {
    const decision = decideWithdrawal(before, Math.round(amount * E4));
    expect(decision.outcome === 'ALLOWED' ? 'ALLOWED' : decision.code).toBe(outcome);
    expect(decision.limitE4 / E4).toBe(limit);
  });

  describe('while a price is doubtful', () => {
    // 100 at 100 on a debit of 1,000: 9,000 of equity against 2,500. A fifth lower 7,000 against 2,000.
    const worst = (shares: number, quality?: PriceDoubt, unconfirmed?: number) => {
      const held: QuotedPosition = {
        symbol: 'NVDA',
        qtyE4: shares * E4,
        priceE4: 100 * E4,
        betaE4: E4,
        ...(quality === undefined ? {} : { quality }),
        ...(unconfirmed === undefined ? {} : { unconfirmedPriceE4: unconfirmed * E4 }),
      };
      const cashE4 = (shares > 0 ? -1_000 : 19_000) * E4;
      return worstFigures(cashE4, [held], WALK_POLICY) ?? figures(0, 0, 0);
    };
    const limits: [string, ReturnType<typeof worst>, number][] = [
      ['counts for what it is when it is good', worst(100), 6_500],
      ['counts a fifth lower when it is held long', worst(100, 'STALE'), 5_000],
      ['counts as low as the tick that is not confirmed', worst(100, 'OUTLYING', 50), 2_000],
      ['counts a fifth higher when it is sold short', worst(-100, 'HALTED'), 3_400],
    ];
    test.each(limits)('it %s', (_what, careful, limit) => {
      const plain = figures(-1_000, 9_000, 2_500);
      expect(decideWithdrawal(plain, limit * E4, careful).outcome).toBe('ALLOWED');
      expect(decideWithdrawal(plain, limit * E4 + 1, careful)).toMatchObject({
        outcome: 'REFUSED',
        code: limit === 6_500 ? 'LEAVES_DEFICIENCY' : 'PRICE_DOUBTFUL',
        limitE4: limit * E4,
      });
    });
    test('what would not pass anyway is refused for what it is', () => {
      const decision = decideWithdrawal(figures(0, 0, 0), 1, worst(100, 'STALE'));
      expect(decision).toMatchObject({ code: 'LEAVES_DEFICIENCY' });
    });
  });

  test('that passes never leaves a deficiency, nor a loan or a short below $2,000', () => {
    const money = fc.integer({ min: -100_000_000, max: 100_000_000 });
    fc.assert(
      fc.property(
        money,
        fc.nat(200_000_000),
        fc.boolean(),
        fc.integer({ min: 1, max: 100_000_000 }),
        (cashE4, longMvE4, hasShort, amountE4) => {
          const before = {
            cashE4,
            equityE4: cashE4 + longMvE4,
            maintenanceReqE4: Math.ceil(longMvE4 / 4),
            hasShort,
          };
          const decision = decideWithdrawal(before, amountE4);
          const after = afterCash(before, -amountE4);
          const deficient = after.equityE4 < after.maintenanceReqE4;
          const owes = (after.cashE4 < 0 || hasShort) && after.equityE4 < 2_000 * E4;
          expect(decision.outcome).toBe(deficient || owes ? 'REFUSED' : 'ALLOWED');
          if (decision.limitE4 > 0) {
            expect(decideWithdrawal(before, decision.limitE4).outcome).toBe('ALLOWED');
          }
          expect(decideWithdrawal(before, decision.limitE4 + 1).outcome).toBe('REFUSED');
        },
      ),
    );
  });
});
