import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { halfEven, mul, ratio } from '#test/rational.ts';
import { AMOUNT_MAX_E4, MoneyRangeError } from './money.ts';
import { SPY_SCENARIOS_BP, stressRows } from './stress.ts';

const amount = fc.integer({ min: -AMOUNT_MAX_E4 / 8, max: AMOUNT_MAX_E4 / 8 });

describe('beta-weighted stress with the requirement kept', () => {
  test('is the beta-weighted exposure times the move, half-even, for SPY −8 % … +6 %', () => {
    fc.assert(
      fc.property(amount, amount, amount, (betaWeightedExposureE4, equityE4, requirement) => {
        const maintenanceReqE4 = Math.abs(requirement);
        const rows = stressRows({ betaWeightedExposureE4, equityE4, maintenanceReqE4 });
        expect(rows.map((row) => row.scenarioBp)).toEqual([...SPY_SCENARIOS_BP]);
        for (const row of rows) {
          const pnl = halfEven(mul(ratio(betaWeightedExposureE4), ratio(row.scenarioBp, 10_000)));
          expect(BigInt(row.deltaPnlE4)).toBe(pnl);
          expect(BigInt(row.equityStressedE4)).toBe(BigInt(equityE4) + pnl);
          expect(BigInt(row.excessStressedE4)).toBe(
            BigInt(equityE4) + pnl - BigInt(maintenanceReqE4),
          );
          expect(row.underwater).toBe(row.excessStressedE4 < 0);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ['a loss that takes the last cent of excess', 100_000, 33_000, false],
    ['a loss of $0.0001 more', 100_000, 32_999.9999, true],
    ['a short gains when SPY falls', -100_000, 25_000, false],
  ])('%s', (_case, exposure, equity, underwater) => {
    const [row] = stressRows({
      betaWeightedExposureE4: exposure * 10_000,
      equityE4: Math.round(equity * 10_000),
      maintenanceReqE4: 25_000 * 10_000,
    });
    expect(row?.underwater).toBe(underwater);
  });

  test('a short account is hurt by a rise', () => {
    const rows = stressRows({
      betaWeightedExposureE4: -100_000_0000,
      equityE4: 30_000_0000,
      maintenanceReqE4: 25_000_0000,
    });
    expect(rows.filter((row) => row.underwater).map((row) => row.scenarioBp)).toEqual([600]);
  });

  test('an unmoved SPY changes nothing', () => {
    const [row] = stressRows({
      betaWeightedExposureE4: -1,
      equityE4: 7,
      maintenanceReqE4: 3,
    }).filter(({ scenarioBp }) => scenarioBp === 0);
    expect(row).toEqual({
      scenarioBp: 0,
      deltaPnlE4: 0,
      equityStressedE4: 7,
      excessStressedE4: 4,
      underwater: false,
    });
  });

  test('ties go to the even $0.0001', () => {
    // 0.0025 × ±2 % = ±0.00005; 0.0075 × ±2 % = ±0.00015.
    const pnl = (exposureE4: number): number[] =>
      stressRows({ betaWeightedExposureE4: exposureE4, equityE4: 0, maintenanceReqE4: 0 })
        .filter(({ scenarioBp }) => Math.abs(scenarioBp) === 200)
        .map((row) => row.deltaPnlE4);
    expect(pnl(25)).toEqual([0, 0]);
    expect(pnl(75)).toEqual([-2, 2]);
  });

  test('a stressed equity that cannot be carried exactly is refused', () => {
    expect(() =>
      stressRows({
        betaWeightedExposureE4: AMOUNT_MAX_E4,
        equityE4: AMOUNT_MAX_E4,
        maintenanceReqE4: 0,
      }),
    ).toThrow(MoneyRangeError);
  });
});
