import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { marginPolicy, oracleFigures, requirement } from '#test/margin-oracle.ts';
import { positionsOf, ratesArbitrary } from '#test/portfolio-arbitrary.ts';
import type { PricedPosition } from '#test/portfolio-arbitrary.ts';
import { abs, less, mul, ratio } from '#test/rational.ts';
import {
  accountFigures,
  accountTotals,
  effectiveLongRate,
  maintenanceCharge,
  positionFigures,
  statusOf,
} from './margin.ts';
import type { DeterminateFigures, Position } from './margin.ts';
import { AMOUNT_MAX_E4, MoneyRangeError, rate } from './money.ts';

const REFERENCE = marginPolicy();
const HOUSE = marginPolicy({ long: 300_000, short: 350_000 });

const shares = (count: number): number => Math.round(count * 10_000);
const dollars = (amount: number): number => Math.round(amount * 10_000);

function holding(
  qty: number,
  price: number | null,
  symbol = 'A',
  beta: number | null = 1,
): Position {
  return {
    symbol,
    qtyE4: shares(qty),
    priceE4: price === null ? null : dollars(price),
    betaE4: beta === null ? null : Math.round(beta * 10_000),
  };
}

function determinate(
  cash: number,
  positions: readonly Position[],
  policy = REFERENCE,
): DeterminateFigures {
  const figures = accountFigures(dollars(cash), positions, policy);
  if (figures.status === 'INDETERMINATE') throw new Error('expected determinate figures');
  return figures;
}

const inDollars = (e4: number): number => e4 / 10_000;

describe('the requirement of a position (4210(c))', () => {
  test.each([
    // qty, price, regulatory, house at 30 / 35 %
    ['long', 100, 400, 10_000, 12_000],
    ['long below $5: no floor', 100, 1, 25, 30],
    ['short at $400: 30 %', -100, 400, 12_000, 14_000],
    ['short at exactly $5.0000: $5.00 a share, all its value', -100, 5, 500, 500],
    ['short at $4.9999: its whole value', -100, 4.9999, 499.99, 499.99],
    ['short at $5.0001: $5.00 a share', -100, 5.0001, 500, 500],
    ['short where 30 % first passes $5.00', -100, 16.6667, 500.001, 583.3345],
    ['short where $5.00 still rules', -100, 16.6666, 500, 583.331],
    ['short at $2.5000: value and floor agree', -100, 2.5, 250, 250],
    ['short at $2.5001: its whole value', -100, 2.5001, 250.01, 250.01],
    ['short at $2.4999: $2.50 a share', -100, 2.4999, 250, 250],
    ['short at $0.0001: $2.50 a share', -100, 0.0001, 250, 250],
    ['a fraction of a short at the floor', -0.3333, 3, 0.9999, 0.9999],
    ['a fraction, rounded up', 0.0001, 0.0001, 0.0001, 0.0001],
  ])('%s: %d at %d', (_case, qty, price, regulatory, house) => {
    const figures = positionFigures(holding(qty, price), dollars(price), HOUSE);
    expect(inDollars(figures.regulatoryReqE4)).toBe(regulatory);
    expect(inDollars(figures.maintenanceReqE4)).toBe(house);
  });

  test('a house rate below the regulatory one changes nothing', () => {
    const lax = marginPolicy({ long: 0, short: 0 });
    for (const position of [holding(100, 400), holding(-100, 400), holding(-100, 3)]) {
      const figures = positionFigures(position, position.priceE4 ?? 0, lax);
      expect(figures.maintenanceReqE4).toBe(figures.regulatoryReqE4);
    }
    expect(effectiveLongRate(lax).e6).toBe(250_000);
    expect(effectiveLongRate(HOUSE).e6).toBe(300_000);
  });

  test('a house short rate above 100 % holds below $5 too', () => {
    const strict = marginPolicy({ short: 1_500_000 });
    expect(positionFigures(holding(-100, 4), dollars(4), strict).maintenanceReqE4).toBe(
      dollars(600),
    );
    expect(positionFigures(holding(-100, 4), dollars(4), strict).regulatoryReqE4).toBe(
      dollars(400),
    );
  });

  test('the charge of a share is the unrounded requirement, and at a price of 0 still stands', () => {
    fc.assert(
      fc.property(positionsOf(4), ratesArbitrary, (positions, rates) => {
        for (const position of positions) {
          const { qtyE4, priceE4 } = position;
          const charge = maintenanceCharge(qtyE4, priceE4, marginPolicy(rates));
          const qty = ratio(Math.abs(qtyE4), 10_000);
          const charged =
            charge.kind === 'RATE'
              ? mul(mul(qty, ratio(priceE4, 10_000)), ratio(charge.rate.e6, 1_000_000))
              : mul(qty, ratio(charge.perShareE4, 10_000));
          const regulatory = requirement(position, { long: 250_000, short: 300_000 });
          const house = requirement(position, rates);
          const expected = less(house, regulatory) ? regulatory : house;
          expect(less(charged, expected) || less(expected, charged)).toBe(false);
        }
      }),
    );
    expect(positionFigures(holding(-100, 0), 0, REFERENCE).maintenanceReqE4).toBe(dollars(250));
  });
});

describe('the figures of an account', () => {
  test('agree with exact rationals, whatever the portfolio and the policy', () => {
    const cashE4 = fc.integer({ min: -10_000_000_000_000, max: 10_000_000_000_000 });
    fc.assert(
      fc.property(cashE4, positionsOf(6), ratesArbitrary, (cash, positions, rates) => {
        const expected = oracleFigures(cash, positions, rates);
        if (leavesTheRange(expected, positions)) return;
        const figures = accountFigures(cash, positions, marginPolicy(rates));
        if (figures.status === 'INDETERMINATE') throw new Error('all positions have a price');
        expect(figures.positions.map((row) => BigInt(row.marketValueE4))).toEqual(
          expected.marketValuesE4,
        );
        expect(figures.positions.map((row) => BigInt(row.regulatoryReqE4))).toEqual(
          expected.regulatoryE4,
        );
        expect(figures.positions.map((row) => BigInt(row.maintenanceReqE4))).toEqual(
          expected.maintenanceE4,
        );
        expect(BigInt(figures.grossMvE4)).toBe(expected.grossMvE4);
        expect(BigInt(figures.totalMvE4)).toBe(expected.totalMvE4);
        expect(BigInt(figures.equityE4)).toBe(expected.equityE4);
        expect(BigInt(figures.excessE4)).toBe(expected.excessE4);
        expect(figures.status).toBe(expected.status);
        expect(figures.longMvE4 - figures.shortMvE4).toBe(figures.totalMvE4);
        expect(figures.longMvE4 + figures.shortMvE4).toBe(figures.grossMvE4);
        expect(figures.deficiencyE4).toBe(Math.max(0, -figures.excessE4));
        expect(figures.regulatoryExcessE4).toBeGreaterThanOrEqual(figures.excessE4);
        expect(Object.values(figures).some((value) => Object.is(value, -0))).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  test('sum longs, shorts and a short credit balance', () => {
    const figures = determinate(30_000, [holding(100, 50, 'L', 1.5), holding(-200, 40, 'S', 0.5)]);
    expect(figures).toMatchObject({
      longMvE4: dollars(5_000),
      shortMvE4: dollars(8_000),
      totalMvE4: dollars(-3_000),
      grossMvE4: dollars(13_000),
      equityE4: dollars(27_000),
      regulatoryReqE4: dollars(1_250 + 2_400),
      maintenanceReqE4: dollars(1_250 + 2_400),
      excessE4: dollars(23_350),
      betaWeightedExposureE4: dollars(7_500 - 4_000),
      deficiencyE4: 0,
      status: 'ACTIVE',
    });
  });

  test('keep the house excess apart from the regulatory one', () => {
    const figures = determinate(-7_200, [holding(100, 100)], HOUSE);
    expect(inDollars(figures.regulatoryExcessE4)).toBe(300);
    expect(inDollars(figures.excessE4)).toBe(-200);
    expect(inDollars(figures.deficiencyE4)).toBe(200);
    expect(figures.status).toBe('MARGIN_CALL');
  });

  test('count an unknown beta as 1.0 and say so, in order of symbols', () => {
    const figures = determinate(0, [
      holding(10, 10, 'Z', null),
      holding(10, 10, 'B', 2),
      holding(10, 10, 'A', null),
    ]);
    expect(inDollars(figures.betaWeightedExposureE4)).toBe(400);
    expect(figures.betaDefaulted).toEqual(['A', 'Z']);
  });

  test('computed in two steps are the same', () => {
    fc.assert(
      fc.property(positionsOf(5), ratesArbitrary, (positions, rates) => {
        const policy = marginPolicy(rates);
        const whole = refusable(() => accountFigures(dollars(1_000), positions, policy));
        const twoSteps = refusable(() => {
          const priced = positions.map((row) => positionFigures(row, row.priceE4, policy));
          return accountTotals(dollars(1_000), priced, policy);
        });
        expect(twoSteps).toEqual(whole);
      }),
    );
  });
});

describe('the status of an account', () => {
  test.each([
    // cash, price of 100 shares
    ['excess exactly 5 % of the gross value', -7_000, 100, 'ACTIVE'],
    ['excess one unit below 5 %', -7_000.0001, 100, 'WARNING'],
    ['excess exactly 0', -7_500, 100, 'WARNING'],
    ['excess one unit below 0', -7_500.0001, 100, 'MARGIN_CALL'],
    ['no debit', 0, 100, 'ACTIVE'],
  ])('%s: %d cash, 100 at %d is %s', (_case, cash, price, status) => {
    expect(determinate(cash, [holding(100, price)]).status).toBe(status);
  });

  test.each([
    [0, 'ACTIVE'],
    [0.0001, 'ACTIVE'],
    [-0.0001, 'MARGIN_CALL'],
    [-1_000, 'MARGIN_CALL'],
  ])('a flat account with %d cash is %s', (cash, status) => {
    const figures = determinate(cash, []);
    expect(figures.status).toBe(status);
    expect(inDollars(figures.deficiencyE4)).toBe(cash < 0 ? -cash : 0);
  });

  test('the warning band is measured on the gross, not the net value', () => {
    // Long 10,000 and short 10,000: net 0, gross 20,000, requirement 5,500, band 1,000.
    const positions = [holding(100, 100, 'L'), holding(-100, 100, 'S')];
    expect(determinate(6_500, positions).status).toBe('ACTIVE');
    expect(determinate(6_499.9999, positions).status).toBe('WARNING');
  });

  test('the band is compared without rounding', () => {
    // 5 % of 0.0003 is 0.000015: an excess of 0 is below, of 0.0001 is not.
    expect(statusOf(0, 3, rate(50_000))).toBe('WARNING');
    expect(statusOf(1, 3, rate(50_000))).toBe('ACTIVE');
    expect(statusOf(0, 3, rate(0))).toBe('ACTIVE');
  });

  test('a position without a price makes the account INDETERMINATE, never worth nothing', () => {
    const figures = accountFigures(
      dollars(1_000),
      [holding(10, null, 'Z', null), holding(10, 10, 'B'), holding(-10, null, 'A')],
      REFERENCE,
    );
    expect(figures).toEqual({
      status: 'INDETERMINATE',
      cashE4: dollars(1_000),
      positions: [holding(10, null, 'Z', null), holding(10, 10, 'B'), holding(-10, null, 'A')],
      pricesMissing: ['A', 'Z'],
      betaDefaulted: ['Z'],
    });
  });
});

describe('figures beyond what can be carried exactly', () => {
  const million = 1_000_000;
  test.each([
    ['cash', 250_000 * million + 1, []],
    ['cash, even without a price', 250_000 * million + 1, [holding(1, null)]],
    ['a market value', 0, [holding(100 * million, 2_501)]],
    [
      'a gross value, though longs and shorts net',
      0,
      [holding(100 * million, 2_000, 'L'), holding(-100 * million, 2_000, 'S')],
    ],
    ['equity', 249_000 * million, [holding(100 * million, 100)]],
    ['a beta-weighted exposure', 0, [holding(100 * million, 1_000, 'A', 100)]],
    ['a position', 0, [holding(100 * million + 1, 1)]],
    ['a price', 0, [holding(100 * million, 900_000_000)]],
  ])('are refused: %s', (_case, cash, positions) => {
    expect(() => accountFigures(dollars(cash), positions, REFERENCE)).toThrow(MoneyRangeError);
  });

  test('the largest account that can be carried', () => {
    const figures = determinate(0, [holding(100 * million, 2_500)]);
    expect(figures.longMvE4).toBe(AMOUNT_MAX_E4);
    expect(figures.excessE4).toBe(AMOUNT_MAX_E4 * 0.75);
  });
});

function refusable<T>(compute: () => T): T | 'REFUSED' {
  try {
    return compute();
  } catch (error) {
    if (error instanceof MoneyRangeError) return 'REFUSED';
    throw error;
  }
}

function leavesTheRange(
  expected: ReturnType<typeof oracleFigures>,
  positions: readonly PricedPosition[],
): boolean {
  const betaWeighted = positions.reduce(
    (total, row) =>
      total +
      abs(
        mul(
          ratio(BigInt(row.qtyE4) * BigInt(row.priceE4), 10_000n),
          ratio(row.betaE4 ?? 10_000, 10_000),
        ),
      ).n,
    0n,
  );
  const requirements = expected.maintenanceE4.reduce((total, next) => total + next, 0n);
  // Generous: a case near the edge is left to the tests above.
  const limit = BigInt(AMOUNT_MAX_E4) / 4n;
  return expected.grossMvE4 > limit || requirements > limit || betaWeighted / 100_000_000n > limit;
}
