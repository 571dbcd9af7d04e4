import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { marginPolicy } from '#test/margin-oracle.ts';
import type { PolicyRates } from '#test/margin-oracle.ts';
import { positionsOf, ratesArbitrary, smallPositionsOf } from '#test/portfolio-arbitrary.ts';
import type { PricedPosition } from '#test/portfolio-arbitrary.ts';
import { ceil, mul, ratio } from '#test/rational.ts';
import { liquidationPlan } from './liquidation-plan.ts';
import type { PlanLeg } from './liquidation-plan.ts';
import { accountFigures } from './margin.ts';
import type { DeterminateFigures } from './margin.ts';
import { marketValueE4, MoneyRangeError } from './money.ts';
import type { MarginPolicy } from './policy.ts';

interface Holdings {
  readonly cashE4: number;
  readonly positions: readonly PricedPosition[];
}

const dollars = (amount: number): number => Math.round(amount * 10_000);

function holding(symbol: string, qty: number, price: number, beta: number | null): PricedPosition {
  return {
    symbol,
    qtyE4: dollars(qty),
    priceE4: dollars(price),
    betaE4: beta === null ? null : dollars(beta),
  };
}

function revalue(holdings: Holdings, policy: MarginPolicy): DeterminateFigures {
  const figures = accountFigures(holdings.cashE4, holdings.positions, policy);
  if (figures.status === 'INDETERMINATE') throw new Error('all positions have a price');
  return figures;
}

/** What a fill at the mark does: cash by −qty × price half-even (DESIGN, Topics), less the cost, up. */
function execute(holdings: Holdings, legs: readonly PlanLeg[], rates: PolicyRates): Holdings {
  let { cashE4 } = holdings;
  const held = new Map(holdings.positions.map((position) => [position.symbol, position]));
  for (const { symbol, side, qtyE4, priceE4 } of legs) {
    const position = held.get(symbol);
    if (position === undefined) throw new Error(`${symbol} is not held`);
    const signed = side === 'BUY' ? qtyE4 : -qtyE4;
    const cost = mul(ratio(BigInt(qtyE4) * BigInt(priceE4), 10_000), ratio(rates.cost, 1_000_000));
    cashE4 += -marketValueE4(signed, priceE4) - Number(ceil(cost));
    const left = position.qtyE4 + signed;
    if (left === 0) held.delete(symbol);
    else held.set(symbol, { ...position, qtyE4: left });
  }
  return { cashE4, positions: [...held.values()] };
}

/** The buffer by RULES: of the gross value before the cure, rounded up. */
function bufferOf(figures: DeterminateFigures, rates: PolicyRates): number {
  return Number(ceil(mul(ratio(figures.grossMvE4), ratio(rates.buffer, 1_000_000))));
}

/** The order by RULES: |β| with unknown as 1, then |MV|, then symbol. */
function ordered(figures: DeterminateFigures): PricedPosition[] {
  const keys = figures.positions.map((row) => ({
    row,
    beta: row.betaE4 === null ? 10_000 : Math.abs(row.betaE4),
    value: Math.abs(row.marketValueE4),
  }));
  keys.sort((a, b) =>
    a.beta !== b.beta
      ? b.beta - a.beta
      : a.value !== b.value
        ? b.value - a.value
        : a.row.symbol.localeCompare(b.row.symbol),
  );
  return keys.map(({ row }) => row);
}

/** Does a share of it release more requirement than it costs, by exact rationals? */
function isWorthSelling(position: PricedPosition, rates: PolicyRates): boolean {
  const { priceE4 } = position;
  const perShare = (rate: number): bigint => BigInt(priceE4) * BigInt(rate);
  const floors = (floor: number, rate: number): bigint => {
    const byRate = perShare(rate);
    const byFloor = BigInt(floor) * 1_000_000n;
    return byRate > byFloor ? byRate : byFloor;
  };
  const requirement =
    position.qtyE4 > 0
      ? perShare(Math.max(rates.long, 250_000))
      : priceE4 >= 50_000
        ? floors(50_000, Math.max(rates.short, 300_000))
        : floors(25_000, Math.max(rates.short, 1_000_000));
  return requirement > perShare(rates.cost);
}

/** Tries every whole-share quantity of every position, in order. */
function bruteForce(holdings: Holdings, rates: PolicyRates): PlanLeg[] {
  const policy = marginPolicy(rates);
  const before = revalue(holdings, policy);
  if (before.excessE4 >= 0) return [];
  const buffer = bufferOf(before, rates);
  const legs: PlanLeg[] = [];
  const excessAfter = (tried: readonly PlanLeg[]): number =>
    revalue(execute(holdings, tried, rates), policy).excessE4;
  for (const { symbol, qtyE4, priceE4, ...position } of ordered(before)) {
    if (excessAfter(legs) >= buffer) return legs;
    if (!isWorthSelling({ symbol, qtyE4, priceE4, ...position }, rates)) continue;
    const side = qtyE4 > 0 ? 'SELL' : 'BUY';
    const quantities: number[] = [];
    for (let qty = 10_000; qty <= Math.abs(qtyE4); qty += 10_000) quantities.push(qty);
    const enough = quantities.find(
      (qty) => excessAfter([...legs, { symbol, side, qtyE4: qty, priceE4 }]) >= buffer,
    );
    legs.push({ symbol, side, qtyE4: enough ?? Math.abs(qtyE4), priceE4 });
  }
  return legs;
}

/** A portfolio in trouble: cash such that the equity is a share of the requirement, or negative. */
function deficient(
  positions: fc.Arbitrary<PricedPosition[]>,
): fc.Arbitrary<{ holdings: Holdings; rates: PolicyRates }> {
  return fc
    .tuple(positions, ratesArbitrary, fc.integer({ min: -50, max: 120 }))
    .map(([held, rates, percent]) => {
      const figures = refusable(() => revalue({ cashE4: 0, positions: held }, marginPolicy(rates)));
      const wanted =
        figures === 'REFUSED' ? 0 : Math.round((figures.maintenanceReqE4 * percent) / 100);
      const cashE4 = figures === 'REFUSED' ? 0 : wanted - figures.totalMvE4;
      return { holdings: { cashE4, positions: held }, rates };
    });
}

function refusable<T>(compute: () => T): T | 'REFUSED' {
  try {
    return compute();
  } catch (error) {
    if (error instanceof MoneyRangeError) return 'REFUSED';
    throw error;
  }
}

describe('a liquidation plan', () => {
  test('agrees with trying every share of every position', () => {
    let plans = 0;
    fc.assert(
      fc.property(deficient(smallPositionsOf(4)), ({ holdings, rates }) => {
        const policy = marginPolicy(rates);
        const figures = revalue(holdings, policy);
        const expected = bruteForce(holdings, rates);
        const plan = liquidationPlan(figures, policy);
        expect(plan.legs).toEqual(expected);
        expect(plan.excessE4).toBe(revalue(execute(holdings, expected, rates), policy).excessE4);
        plans += expected.length > 0 ? 1 : 0;
      }),
      { numRuns: 3_000 },
    );
    expect(plans).toBeGreaterThan(1_000);
  });

  test('of any portfolio cures to the buffer with the last share, or sells all that is worth selling', () => {
    fc.assert(
      fc.property(deficient(positionsOf(8)), ({ holdings, rates }) => {
        const policy = marginPolicy(rates);
        const figures = refusable(() => revalue(holdings, policy));
        if (figures === 'REFUSED') return;
        const plan = refusable(() => liquidationPlan(figures, policy));
        if (plan === 'REFUSED') return;
        const { legs, excessE4 } = plan;
        if (figures.deficiencyE4 === 0) {
          expect(legs).toEqual([]);
          return;
        }
        // What is sold turns into cash, which at the end of the range has no room for it.
        const sold = refusable(() => execute(holdings, legs, rates));
        if (sold === 'REFUSED') return;
        const buffer = bufferOf(figures, rates);
        const worth = ordered(figures).filter((position) => isWorthSelling(position, rates));
        // In order, each whole but the last, on the side that makes it smaller.
        expect(legs.map((leg) => leg.symbol)).toEqual(
          worth.slice(0, legs.length).map((position) => position.symbol),
        );
        legs.forEach((leg, index) => {
          const position = worth[index];
          if (position === undefined) throw new Error('a leg of nothing');
          expect(leg.side).toBe(position.qtyE4 > 0 ? 'SELL' : 'BUY');
          expect(leg.priceE4).toBe(position.priceE4);
          expect(leg.qtyE4).toBeGreaterThan(0);
          expect(leg.qtyE4).toBeLessThanOrEqual(Math.abs(position.qtyE4));
          const isWhole = leg.qtyE4 === Math.abs(position.qtyE4);
          expect(isWhole || (index === legs.length - 1 && leg.qtyE4 % 10_000 === 0)).toBe(true);
        });
        // What is left is what the plan says; it reaches the buffer or everything has gone.
        const after = revalue(sold, policy);
        expect(after.excessE4).toBe(excessE4);
        const soldOut = legs.length === worth.length;
        expect(excessE4 >= buffer || soldOut).toBe(true);
        // One share less of the last leg does not reach it.
        const last = legs.at(-1);
        if (last === undefined || excessE4 < buffer) return;
        const lessShares = Math.ceil(last.qtyE4 / 10_000 - 1) * 10_000;
        const fewer = [
          ...legs.slice(0, -1),
          ...(lessShares > 0 ? [{ ...last, qtyE4: lessShares }] : []),
        ];
        expect(revalue(execute(holdings, fewer, rates), policy).excessE4).toBeLessThan(buffer);
      }),
      { numRuns: 3_000 },
    );
  });

  test('is in the order of |beta|, larger value, symbol, longs and shorts alike', () => {
    const policy = marginPolicy();
    const positions = [
      holding('D', 10, 100, 1),
      holding('C', -10, 100, null),
      holding('B', 20, 100, -1),
      holding('A', -10, 100, 1),
      holding('LOW', 10, 1_000, 0.2),
      holding('HIGH', -1, 100, -3),
    ];
    const holdings = { cashE4: dollars(-20_000), positions };
    const { legs } = liquidationPlan(revalue(holdings, policy), policy);
    expect(legs.map(({ symbol, side }) => `${side} ${symbol}`)).toEqual([
      'BUY HIGH',
      'SELL B',
      'BUY A',
      'BUY C',
      'SELL D',
      'SELL LOW',
    ]);
  });

  test('sells the least whole shares: 1,000 deficient at 25 % needs 4,000 sold', () => {
    const policy = marginPolicy();
    // 100 at 1,000: MV 100,000, requirement 25,000, equity 24,000.
    const holdings = { cashE4: dollars(-76_000), positions: [holding('A', 100, 1_000, 1)] };
    expect(liquidationPlan(revalue(holdings, policy), policy).legs).toEqual([
      { symbol: 'A', side: 'SELL', qtyE4: dollars(4), priceE4: dollars(1_000) },
    ]);
    const deeper = { ...holdings, cashE4: dollars(-76_000.0001) };
    expect(liquidationPlan(revalue(deeper, policy), policy).legs[0]?.qtyE4).toBe(dollars(5));
  });

  test('covers a short by its floor: $5 a share released', () => {
    const policy = marginPolicy();
    // Short 100 at 10: requirement 500, equity 450.
    const holdings = { cashE4: dollars(1_450), positions: [holding('S', -100, 10, 1)] };
    expect(liquidationPlan(revalue(holdings, policy), policy).legs).toEqual([
      { symbol: 'S', side: 'BUY', qtyE4: dollars(10), priceE4: dollars(10) },
    ]);
  });

  test('aims at the buffer of the gross value before the cure', () => {
    const rates = { long: 250_000, short: 300_000, warning: 50_000, buffer: 10_000, cost: 0 };
    const policy = marginPolicy(rates);
    const holdings = { cashE4: dollars(-76_000), positions: [holding('A', 100, 1_000, 1)] };
    // 1 % of 100,000 is 1,000 on top of the deficiency of 1,000: 8,000 to sell.
    const plan = liquidationPlan(revalue(holdings, policy), policy);
    expect(plan.legs[0]?.qtyE4).toBe(dollars(8));
    expect(plan.excessE4).toBe(dollars(1_000));
  });

  test('leaves a thin account alone: without a deficiency the buffer is not sold for', () => {
    const policy = marginPolicy({ buffer: 10_000 });
    const holdings = { cashE4: dollars(-75_000), positions: [holding('A', 100, 1_000, 1)] };
    expect(liquidationPlan(revalue(holdings, policy), policy)).toEqual({ legs: [], excessE4: 0 });
  });

  test('sells a fraction only with its whole position', () => {
    const policy = marginPolicy();
    const position = holding('A', 2.5, 1_000, 1);
    // Requirement 625. 10 deficient: one share. 510 deficient: two do not suffice, all of it goes.
    const slightly = { cashE4: dollars(-1_885), positions: [position] };
    expect(liquidationPlan(revalue(slightly, policy), policy).legs[0]?.qtyE4).toBe(dollars(1));
    const deeply = { cashE4: dollars(-2_385), positions: [position] };
    expect(liquidationPlan(revalue(deeply, policy), policy).legs[0]?.qtyE4).toBe(dollars(2.5));
  });

  test('passes over what releases no more than it costs', () => {
    const policy = marginPolicy({ cost: 250_000 });
    const positions = [holding('LONG', 100, 100, 2), holding('SHORT', -100, 100, 1)];
    const holdings = { cashE4: dollars(4_000), positions };
    const { legs } = liquidationPlan(revalue(holdings, policy), policy);
    expect(legs.map((leg) => leg.symbol)).toEqual(['SHORT']);
  });

  test('never trades an excluded symbol', () => {
    const policy = marginPolicy();
    const positions = [holding('A', 100, 100, 2), holding('B', 100, 100, 1)];
    const figures = revalue({ cashE4: dollars(-16_000), positions }, policy);
    const symbols = (exclude: readonly string[]): string[] =>
      liquidationPlan(figures, policy, { exclude }).legs.map((leg) => leg.symbol);
    expect(symbols([])).toEqual(['A']);
    expect(symbols(['A'])).toEqual(['B']);
    expect(symbols(['A', 'B'])).toEqual([]);
  });

  test('of a deficient account with nothing to sell is empty', () => {
    const policy = marginPolicy();
    const figures = revalue({ cashE4: dollars(-5), positions: [] }, policy);
    expect(liquidationPlan(figures, policy)).toEqual({ legs: [], excessE4: dollars(-5) });
  });

  test('finds the least of millions of shares at once', () => {
    const policy = marginPolicy();
    const positions = [holding('PENNY', 90_000_000, 0.0001, 1), holding('BIG', 99_999_999, 900, 2)];
    const figures = revalue({ cashE4: dollars(-68_000_000_000), positions }, policy);
    const { legs, excessE4 } = liquidationPlan(figures, policy);
    // A share of BIG releases 225.
    expect(legs.map((leg) => leg.symbol)).toEqual(['BIG']);
    expect(excessE4).toBeGreaterThanOrEqual(0);
    expect(excessE4).toBeLessThan(dollars(225));
  });

  test('of shares that release next to nothing is enough, though not the very least', () => {
    const policy = marginPolicy({ cost: 249_999 });
    const positions = [holding('PENNY', 90_000_000, 0.0001, 1)];
    const figures = revalue({ cashE4: dollars(-6_750.005), positions }, policy);
    expect(figures.deficiencyE4).toBe(50);
    const { legs, excessE4 } = liquidationPlan(figures, policy);
    expect(legs).toHaveLength(1);
    expect(excessE4).toBeGreaterThanOrEqual(0);
    expect(excessE4).toBeLessThanOrEqual(8);
  });
});
