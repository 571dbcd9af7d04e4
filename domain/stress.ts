import { addE4, mulDivHalfEven } from './money.ts';
import type { DeterminateFigures } from './margin.ts';

/** The SPY moves of the reference, in basis points: −8 % … +6 % (RULES, Stress). */
export const SPY_SCENARIOS_BP = [-800, -600, -400, -200, 0, 200, 400, 600] as const;

/** What one SPY move would do to an account, requirement kept (1/10,000 dollar). */
export interface StressRow {
  /** Basis points: −800 is SPY −8 %. */
  readonly scenarioBp: number;
  readonly deltaPnlE4: number;
  readonly equityStressedE4: number;
  readonly excessStressedE4: number;
  readonly underwater: boolean;
}

/**
 * Beta-weighted stress by the KEPT basis: ΔP&L = B × s with B = Σ signed MV × beta, the requirement
 * unchanged (RULES, Stress; the reference's figures). Values round half-even.
 */
export function stressRows(
  figures: Pick<DeterminateFigures, 'betaWeightedExposureE4' | 'equityE4' | 'maintenanceReqE4'>,
): StressRow[] {
  return SPY_SCENARIOS_BP.map((scenarioBp) => {
    const deltaPnlE4 = mulDivHalfEven(figures.betaWeightedExposureE4, scenarioBp, 10_000);
    const equityStressedE4 = addE4(figures.equityE4, deltaPnlE4);
    const excessStressedE4 = addE4(equityStressedE4, -figures.maintenanceReqE4);
    return {
      scenarioBp,
      deltaPnlE4,
      equityStressedE4,
      excessStressedE4,
      underwater: excessStressedE4 < 0,
    };
  });
}
