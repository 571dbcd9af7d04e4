import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { marginPolicy, marketValue, requirement } from '#test/margin-oracle.ts';
import type { PolicyRates } from '#test/margin-oracle.ts';
import { positionsOf, ratesArbitrary } from '#test/portfolio-arbitrary.ts';
import type { PricedPosition } from '#test/portfolio-arbitrary.ts';
import { abs, add, ceil, div, less, max, min, mul, ratio, sub } from '#test/rational.ts';
import type { Rational } from '#test/rational.ts';
import { curesOf, demandE4 } from './cures.ts';
import { liquidationPlan } from './liquidation-plan.ts';
import { accountFigures } from './margin.ts';
import type { DeterminateFigures, Position } from './margin.ts';
import { MoneyRangeError } from './money.ts';
import type { MarginPolicy } from './policy.ts';

const dollars = (amount: number): number => Math.round(amount * 10_000);

function holding(
  symbol: string,
  qty: number,
  price: number,
  beta: number | null = 1,
): PricedPosition {
  return {
    symbol,
    qtyE4: dollars(qty),
    priceE4: dollars(price),
    betaE4: beta === null ? null : dollars(beta),
  };
}

function figuresOf(
  cashE4: number,
  positions: readonly Position[],
  policy: MarginPolicy,
): DeterminateFigures {
  const figures = accountFigures(cashE4, positions, policy);
  if (figures.status === 'INDETERMINATE') throw new Error('all positions have a price');
  return figures;
}

const NOTHING = {
  depositCashE4: 0,
  depositSecuritiesE4: 0,
  sellValueE4: 0,
  sell: [],
  coverValueE4: 0,
  cover: [],
  residualDeficiencyE4: 0,
};

describe('the cures of a deficiency', () => {
  test('of 10,000 on NVDA at 25 %: deposit it, securities of 4/3 of it, or sell 4 times it', () => {
    const policy = marginPolicy();
    const figures = figuresOf(dollars(-160_000), [holding('NVDA', 500, 400, 1.8)], policy);
    expect(figures.deficiencyE4).toBe(dollars(10_000));
    expect(curesOf(figures, policy)).toEqual({
      depositCashE4: dollars(10_000),
      depositSecuritiesE4: dollars(13_333.3334),
      sellValueE4: dollars(40_000),
      sell: [{ symbol: 'NVDA', qtyE4: dollars(100) }],
      coverValueE4: 0,
      cover: [],
      residualDeficiencyE4: 0,
    });
  });

  test('share one demand between longs and shorts, in one order', () => {
    const policy = marginPolicy();
    // A releases 2,500 whole; of the 4,000 needed 1,500 come from S at 30 %: 5,000 of value.
    const positions = [
      holding('A', 100, 100, 2),
      holding('S', -100, 100, 1.5),
      holding('B', 100, 100),
    ];
    const figures = figuresOf(dollars(-6_000), positions, policy);
    expect(figures.deficiencyE4).toBe(dollars(4_000));
    expect(curesOf(figures, policy)).toMatchObject({
      sellValueE4: dollars(10_000),
      sell: [{ symbol: 'A', qtyE4: dollars(100) }],
      coverValueE4: dollars(5_000),
      cover: [{ symbol: 'S', qtyE4: dollars(50) }],
    });
  });

  test('of a cheap short use what its floor releases', () => {
    const policy = marginPolicy();
    // Short 100 at 10: 5.00 a share is half its value. 50 deficient: 100 of value, 10 shares.
    const figures = figuresOf(dollars(1_450), [holding('S', -100, 10)], policy);
    expect(curesOf(figures, policy)).toMatchObject({
      depositCashE4: dollars(50),
      sellValueE4: 0,
      coverValueE4: dollars(100),
      cover: [{ symbol: 'S', qtyE4: dollars(10) }],
    });
  });

  test('add the buffer of the gross value to the deficiency', () => {
    const policy = marginPolicy({ buffer: 10_000 });
    const figures = figuresOf(dollars(-76_000), [holding('A', 100, 1_000)], policy);
    expect(curesOf(figures, policy)).toMatchObject({
      depositCashE4: dollars(2_000),
      sellValueE4: dollars(8_000),
    });
  });

  test('take the cost off what a sale releases', () => {
    const policy = marginPolicy({ cost: 50_000 });
    const figures = figuresOf(dollars(-76_000), [holding('A', 100, 1_000)], policy);
    expect(curesOf(figures, policy)).toMatchObject({
      depositCashE4: dollars(1_000),
      sellValueE4: dollars(5_000),
      sell: [{ symbol: 'A', qtyE4: dollars(5) }],
    });
  });

  test('say what even selling everything leaves', () => {
    const policy = marginPolicy();
    const figures = figuresOf(dollars(-12_000), [holding('A', 100, 100)], policy);
    expect(curesOf(figures, policy)).toEqual({
      depositCashE4: dollars(4_500),
      depositSecuritiesE4: dollars(6_000),
      sellValueE4: dollars(10_000),
      sell: [{ symbol: 'A', qtyE4: dollars(100) }],
      coverValueE4: 0,
      cover: [],
      residualDeficiencyE4: dollars(2_000),
    });
  });

  test('of an account that owes cash and holds nothing are a deposit only', () => {
    const policy = marginPolicy();
    const figures = figuresOf(dollars(-1_000), [], policy);
    expect(curesOf(figures, policy)).toEqual({
      ...NOTHING,
      depositCashE4: dollars(1_000),
      depositSecuritiesE4: dollars(1_333.3334),
      residualDeficiencyE4: dollars(1_000),
    });
  });

  test('leave no deficiency behind where only the buffer is out of reach', () => {
    const policy = marginPolicy({ buffer: 200_000 });
    // Equity 1,000 on 10,000: all is sold, the excess is 1,000, the buffer would have been 2,000.
    const figures = figuresOf(dollars(-9_000), [holding('A', 100, 100)], policy);
    expect(curesOf(figures, policy)).toMatchObject({
      depositCashE4: dollars(3_500),
      sell: [{ symbol: 'A', qtyE4: dollars(100) }],
      residualDeficiencyE4: 0,
    });
  });

  test('know no deposit of securities where nothing is lent on them', () => {
    const policy = marginPolicy({ long: 1_000_000 });
    const figures = figuresOf(dollars(-1_000), [holding('A', 100, 100)], policy);
    expect(curesOf(figures, policy).depositSecuritiesE4).toBeNull();
  });

  test('know none either where a hair is lent, and more than an account can hold would be needed', () => {
    const policy = marginPolicy({ long: 999_999 });
    const figures = figuresOf(dollars(-1_000_000), [holding('A', 100, 100)], policy);
    expect(curesOf(figures, policy).depositSecuritiesE4).toBeNull();
  });

  test('lend on deposited securities by the regulatory rate where the house asks less', () => {
    const policy = marginPolicy({ long: 100_000 });
    const figures = figuresOf(dollars(-7_800), [holding('A', 100, 100)], policy);
    expect(curesOf(figures, policy).depositSecuritiesE4).toBe(dollars(400));
  });

  test.each([
    ['healthy', 0],
    ['thin', -7_400],
    ['with an excess of exactly 0', -7_500],
  ])('of an account that is %s are nothing, whatever the buffer', (_case, cash) => {
    const policy = marginPolicy({ buffer: 50_000 });
    expect(curesOf(figuresOf(dollars(cash), [holding('A', 100, 100)], policy), policy)).toEqual(
      NOTHING,
    );
  });
});

describe('the demand', () => {
  test.each([
    ['the deficiency and the buffer of the gross value', 1_750, 51_000, 2_260],
    ['the buffer rounded up to $0.0001', 0.0001, 0.0101, 0.0003],
    ['nothing without a deficiency', 0, 51_000, 0],
  ])('is %s', (_case, deficiency, gross, demand) => {
    const figures = { deficiencyE4: dollars(deficiency), grossMvE4: dollars(gross) };
    expect(demandE4(figures, marginPolicy({ buffer: 10_000 }))).toBe(dollars(demand));
  });
});

describe('the values to sell and to cover', () => {
  test('are Σ min(|MV|, remaining D / (m − cost)) by exact rationals, rounded up once', () => {
    let cured = 0;
    fc.assert(
      fc.property(wholeShareTrouble, ({ cashE4, positions, rates }) => {
        const policy = marginPolicy(rates);
        const figures = refusable(() => figuresOf(cashE4, positions, policy));
        if (figures === 'REFUSED' || figures.deficiencyE4 === 0) return;
        cured += 1;
        const cures = curesOf(figures, policy);
        const demand = ratio(BigInt(figures.deficiencyE4) + buffer(figures, rates), 10_000);
        const [sell, cover] = continuous(positions, figures, demand, rates);
        expect(BigInt(cures.sellValueE4)).toBe(ceil(mul(sell, ratio(10_000))));
        expect(BigInt(cures.coverValueE4)).toBe(ceil(mul(cover, ratio(10_000))));
        expect(BigInt(cures.depositCashE4)).toBe(ceil(mul(demand, ratio(10_000))));
      }),
      { numRuns: 2_000 },
    );
    expect(cured).toBeGreaterThan(500);
  });

  test('never pass what is held, and go with the whole-share plan', () => {
    fc.assert(
      fc.property(trouble(positionsOf(6)), ({ cashE4, positions, rates }) => {
        const policy = marginPolicy(rates);
        const figures = refusable(() => figuresOf(cashE4, positions, policy));
        if (figures === 'REFUSED') return;
        const cures = refusable(() => curesOf(figures, policy));
        if (cures === 'REFUSED') return;
        expect(cures.sellValueE4).toBeLessThanOrEqual(figures.longMvE4);
        expect(cures.coverValueE4).toBeLessThanOrEqual(figures.shortMvE4);
        const { legs, excessE4 } = liquidationPlan(figures, policy);
        const bySide = (side: 'SELL' | 'BUY'): unknown[] =>
          legs.filter((leg) => leg.side === side).map(({ symbol, qtyE4 }) => ({ symbol, qtyE4 }));
        expect(cures.sell).toEqual(bySide('SELL'));
        expect(cures.cover).toEqual(bySide('BUY'));
        expect(cures.residualDeficiencyE4).toBe(
          figures.deficiencyE4 === 0 ? 0 : Math.max(0, -excessE4),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a deposit', () => {
  test('of the cash, or of securities at any price, brings the excess to the buffer', () => {
    fc.assert(
      fc.property(trouble(positionsOf(4)), ({ cashE4, positions, rates }) => {
        const policy = marginPolicy(rates);
        const figures = refusable(() => figuresOf(cashE4, positions, policy));
        if (figures === 'REFUSED' || figures.deficiencyE4 === 0) return;
        const cures = refusable(() => curesOf(figures, policy));
        if (cures === 'REFUSED') return;
        const target = Number(buffer(figures, rates));
        const paid = refusable(() => figuresOf(cashE4 + cures.depositCashE4, positions, policy));
        if (paid === 'REFUSED') return;
        expect(paid.excessE4).toBe(target);
        const { depositSecuritiesE4 } = cures;
        if (depositSecuritiesE4 === null || depositSecuritiesE4 > dollars(10_000_000)) return;
        const security = {
          symbol: 'NEW',
          qtyE4: 10_000,
          priceE4: depositSecuritiesE4,
          betaE4: null,
        };
        const given = refusable(() => figuresOf(cashE4, [...positions, security], policy));
        if (given === 'REFUSED') return;
        expect(given.excessE4).toBeGreaterThanOrEqual(target);
        const short = { ...security, priceE4: depositSecuritiesE4 - 2 };
        if (short.priceE4 <= 0 || policy.longMaintenanceRate.e6 > 500_000) return;
        expect(figuresOf(cashE4, [...positions, short], policy).excessE4).toBeLessThan(target);
      }),
      { numRuns: 1_000 },
    );
  });
});

interface Trouble {
  readonly cashE4: number;
  readonly positions: readonly PricedPosition[];
  readonly rates: PolicyRates;
}

function trouble(positions: fc.Arbitrary<PricedPosition[]>): fc.Arbitrary<Trouble> {
  return fc
    .tuple(positions, ratesArbitrary, fc.integer({ min: -50, max: 110 }))
    .map(([held, rates, percent]) => {
      const figures = refusable(() => figuresOf(0, held, marginPolicy(rates)));
      const cashE4 =
        figures === 'REFUSED'
          ? 0
          : Math.round((figures.maintenanceReqE4 * percent) / 100) - figures.totalMvE4;
      return { cashE4, positions: held, rates };
    });
}

/** Whole shares: their market value is exact, so nothing but the last step rounds. */
const wholeShareTrouble = trouble(
  positionsOf(6).map((positions) =>
    positions.map((position) => ({
      ...position,
      qtyE4: Math.sign(position.qtyE4) * Math.ceil(Math.abs(position.qtyE4) / 10_000) * 10_000,
    })),
  ),
);

function buffer(figures: DeterminateFigures, rates: PolicyRates): bigint {
  return ceil(mul(ratio(figures.grossMvE4), ratio(rates.buffer, 1_000_000)));
}

/** RULES, Cures: the sale and the cover as rationals of dollars. */
function continuous(
  positions: readonly PricedPosition[],
  figures: DeterminateFigures,
  demand: Rational,
  rates: PolicyRates,
): [Rational, Rational] {
  const regulatory = { long: 250_000, short: 300_000 };
  let remaining = demand;
  let sell = ratio(0);
  let cover = ratio(0);
  const order = [...positions].sort((a, b) => {
    const beta = (row: PricedPosition): number => Math.abs(row.betaE4 ?? 10_000);
    if (beta(a) !== beta(b)) return beta(b) - beta(a);
    const [valueA, valueB] = [abs(marketValue(a)), abs(marketValue(b))];
    if (less(valueA, valueB)) return 1;
    if (less(valueB, valueA)) return -1;
    return a.symbol < b.symbol ? -1 : 1;
  });
  for (const position of order) {
    const value = abs(marketValue(position));
    const charged = max(requirement(position, rates), requirement(position, regulatory));
    const gain = sub(div(charged, value), ratio(rates.cost, 1_000_000));
    if (!less(ratio(0), gain)) continue;
    const taken = min(value, div(remaining, gain));
    remaining = sub(remaining, mul(taken, gain));
    if (position.qtyE4 > 0) sell = add(sell, taken);
    else cover = add(cover, taken);
  }
  expect(figures.positions).toHaveLength(positions.length);
  return [sell, cover];
}

function refusable<T>(compute: () => T): T | 'REFUSED' {
  try {
    return compute();
  } catch (error) {
    if (error instanceof MoneyRangeError) return 'REFUSED';
    throw error;
  }
}
