import { WALK_POLICY } from '#test/ladder-walk.ts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CaseFigures, PricedCaseFigures } from './case-figures.ts';
import { accountFigures } from './margin.ts';
import type { DeterminateFigures, Position } from './margin.ts';
import { AMOUNT_MAX_E4, E4, rate } from './money.ts';
import type { Policy } from './policy.ts';
import { stressRows } from './stress.ts';
import { missingToClearE4, stressExcessOf, stressVerdict } from './stress-verdict.ts';

const KEPT = WALK_POLICY;
const RECOMPUTED: Policy = { ...KEPT, stressBasis: 'RECOMPUTED' };

function held(symbol: string, shares: number, dollars: number, beta: number | null): Position {
  const betaE4 = beta === null ? null : beta * E4;
  return { symbol, qtyE4: shares * E4, priceE4: dollars * E4, betaE4 };
}

function figuresOf(cash: number, ...positions: readonly Position[]): DeterminateFigures {
  const figures = accountFigures(cash * E4, positions, KEPT);
  if (figures.status === 'INDETERMINATE') throw new Error('every position has a price');
  return figures;
}

/** The excess that is left, in dollars. */
function left(figures: DeterminateFigures, policy: Policy): [severe: number, least: number] {
  const stress = stressExcessOf(figures, policy);
  if (stress === null) throw new Error('it is within the exact range');
  return [stress.severeE4 / E4, stress.leastE4 / E4];
}

describe('what stress leaves of the excess', () => {
  // 500 × 400 on a debit of 140,000, beta 1.8: excess 10,000; SPY −8 % costs 14.4 %, 28,800.
  const long = figuresOf(-140_000, held('NVDA', 500, 400, 1.8));
  // Short 100 × 100, beta 1, cash 14,000: excess 1,000; SPY +6 % costs 600.
  const short = figuresOf(14_000, held('KO', -100, 100, 1));

  test.each([
    ['of a long, requirement kept', long, KEPT, -18_800],
    // The requirement falls with the price: a quarter of the loss comes back.
    ['of a long, all rules again', long, RECOMPUTED, -11_600],
    ['of a short, requirement kept', short, KEPT, 400],
    // 30 % of the 600 more.
    ['of a short, all rules again', short, RECOMPUTED, 220],
  ] as const)('%s', (_what, figures, policy, severe) => {
    expect(left(figures, policy)).toEqual([severe, severe]);
  });

  test('an unknown beta is 1.0', () => {
    const unknown = figuresOf(-70_000, held('NEW', 1_000, 100, null));
    const one = figuresOf(-70_000, held('NEW', 1_000, 100, 1));
    expect(left(unknown, RECOMPUTED)).toEqual(left(one, RECOMPUTED));
  });

  test('a price falls to 0 and no further', () => {
    const wild = figuresOf(10, held('WILD', 100, 10, 20));
    expect(left(wild, RECOMPUTED)).toEqual([10, 10]);
  });

  test('only scenarios that are severe by policy count for going underwater', () => {
    const extreme: Policy = { ...KEPT, stressMove: rate(80_000) };
    // A short is hurt by rises only, and the farthest rise is 6 %.
    expect(left(short, extreme)).toEqual([1_800, 400]);
  });

  test('is not told beyond exact money', () => {
    const figures = { ...long, equityE4: AMOUNT_MAX_E4, betaWeightedExposureE4: AMOUNT_MAX_E4 };
    expect(stressExcessOf(figures, KEPT)).toBeNull();
  });

  test('with the requirement kept it is what stress.beta_spy.v1 says', () => {
    const shares = fc.integer({ min: -500, max: 500 }).filter((qty) => qty !== 0);
    const cash = fc.integer({ min: -100_000, max: 100_000 });
    fc.assert(
      fc.property(cash, shares, shares, (dollars, a, b) => {
        const figures = figuresOf(dollars, held('A', a, 50, 1.3), held('B', b, 70, -0.4));
        const rows = stressRows(figures);
        const severe = rows.filter(({ scenarioBp }) => Math.abs(scenarioBp) >= 600);
        const verdict = stressVerdict(told(figures), KEPT);
        expect(verdict === 'UNDERWATER').toBe(severe.some(({ underwater }) => underwater));
      }),
    );
  });
});

/** The figures as a case is told them. */
function told(figures: DeterminateFigures): PricedCaseFigures {
  const stress = stressExcessOf(figures, KEPT);
  const { status, equityE4, maintenanceReqE4, grossMvE4, excessE4, deficiencyE4 } = figures;
  return {
    version: { generation: 1, sequence: 1 },
    asOf: 1,
    creditedTotalE4: 0,
    fillsPosition: 0,
    correlationId: 'c1',
    status,
    equityE4,
    maintenanceReqE4,
    grossMvE4,
    excessE4,
    deficiencyE4,
    ...(stress === null ? {} : { stress }),
  };
}

describe('an account under stress', () => {
  const nvda = held('NVDA', 500, 400, 1.8);
  test.each([
    ['is underwater with a cent too little', -121_200.01, 'UNDERWATER'],
    ['is between with nothing left', -121_200, 'BETWEEN'],
    // 1 % of 200,000 has to be left.
    ['is between a cent below the hysteresis level', -119_200.01, 'BETWEEN'],
    ['is clear from there', -119_200, 'CLEAR'],
  ] as const)('%s', (_what, cash, verdict) => {
    const figures = accountFigures(Math.round(cash * E4), [nvda], KEPT);
    if (figures.status === 'INDETERMINATE') throw new Error('it has a price');
    expect(stressVerdict(told(figures), KEPT)).toBe(verdict);
  });

  // 210,000 long at beta 1 with 30 %: a fall by 8 % costs 16,800, and 1 % of 210,000 has to be left.
  test('that is 3,000 short of its requirement is 21,900 short of being clear', () => {
    const house: Policy = { ...KEPT, longMaintenanceRate: rate(300_000) };
    const figures = accountFigures(-150_000 * E4, [held('NVDA', 500, 420, 1)], house);
    if (figures.status === 'INDETERMINATE') throw new Error('it has a price');
    const stress = stressExcessOf(figures, house);
    if (stress === null) throw new Error('it is within the exact range');
    expect(figures.excessE4).toBe(-3_000 * E4);
    expect(missingToClearE4(stress, figures.grossMvE4, house)).toBe(21_900 * E4);
  });

  test.each([KEPT, RECOMPUTED])(
    'is clear with the missing cash, and not with $0.0001 less: $stressBasis',
    (policy) => {
      const shares = fc.integer({ min: -500, max: 500 }).filter((qty) => qty !== 0);
      const cash = fc.integer({ min: -100_000 * E4, max: 100_000 * E4 });
      const prices = fc.integer({ min: 1, max: 200 * E4 });
      fc.assert(
        fc.property(cash, shares, shares, prices, (cashE4, a, b, priceE4) => {
          const positions = [{ ...held('A', a, 0, 1.3), priceE4 }, held('B', b, 70, -0.4)];
          const verdictOf = (addedE4: number): [string, number] => {
            const figures = accountFigures(cashE4 + addedE4, positions, policy);
            if (figures.status === 'INDETERMINATE') throw new Error('every position has a price');
            const stress = stressExcessOf(figures, policy);
            if (stress === null) throw new Error('it is within the exact range');
            const missingE4 = missingToClearE4(stress, figures.grossMvE4, policy);
            return [stressVerdict({ ...told(figures), stress }, policy), missingE4];
          };
          const [, missingE4] = verdictOf(0);
          fc.pre(missingE4 > 0);
          expect(verdictOf(missingE4)[0]).toBe('CLEAR');
          expect(verdictOf(missingE4 - 1)[0]).not.toBe('CLEAR');
        }),
      );
    },
  );

  test('says nothing without a price', () => {
    const { version, asOf, creditedTotalE4, fillsPosition, correlationId } = told(
      figuresOf(0, nvda),
    );
    const seen = { version, asOf, creditedTotalE4, fillsPosition, correlationId };
    const figures: CaseFigures = { ...seen, status: 'INDETERMINATE', pricesMissing: ['NVDA'] };
    expect(stressVerdict(figures, KEPT)).toBe('BETWEEN');
  });
});
