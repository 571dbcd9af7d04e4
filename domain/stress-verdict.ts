import type { CaseFigures, StressExcess } from './case-figures.ts';
import { accountTotals, betaUsedE4, positionFigures } from './margin.ts';
import type { DeterminateFigures, Position } from './margin.ts';
import { E4, isBelowShare, MoneyRangeError, mulDivHalfEven } from './money.ts';
import type { Policy, StressPolicy } from './policy.ts';
import { SPY_SCENARIOS_BP, stressRows } from './stress.ts';
import type { StressRow } from './stress.ts';

/** What stress is computed from. */
export type StressedFigures = Pick<
  DeterminateFigures,
  'cashE4' | 'betaWeightedExposureE4' | 'equityE4' | 'maintenanceReqE4'
> & { readonly positions: readonly Position[] };

/**
 * What is left of the excess under stress, by the policy's basis. KEPT moves the equity by the
 * beta-weighted exposure and keeps the requirement; RECOMPUTED moves each price and applies all rules
 * again. Every position has a price. Null beyond the exact range of money.
 */
export function stressExcessOf(figures: StressedFigures, policy: Policy): StressExcess | null {
  try {
    const rows = stressedExcesses(figures, policy);
    const severe = rows.filter(({ scenarioBp }) => isSevere(scenarioBp, policy));
    const worst = severe.reduce((a, b) => (b.excessStressedE4 < a.excessStressedE4 ? b : a));
    const leastE4 = Math.min(...rows.map(({ excessStressedE4 }) => excessStressedE4));
    return { severeE4: worst.excessStressedE4, severeBp: worst.scenarioBp, leastE4 };
  } catch (error) {
    if (error instanceof MoneyRangeError) return null;
    throw error;
  }
}

/**
 * How an account stands under stress: UNDERWATER puts the `stress` holder on if it lasts, CLEAR takes
 * it off if it lasts, BETWEEN does neither. Without prices nothing is known: BETWEEN.
 */
export type StressVerdict = 'UNDERWATER' | 'BETWEEN' | 'CLEAR';

export function stressVerdict(figures: CaseFigures, policy: Policy): StressVerdict {
  if (figures.status === 'INDETERMINATE' || figures.stress === undefined) return 'BETWEEN';
  const { severeE4, leastE4 } = figures.stress;
  if (severeE4 < 0) return 'UNDERWATER';
  const isClear = leastE4 >= 0 && !isBelowShare(leastE4, policy.hysteresisRate, figures.grossMvE4);
  return isClear ? 'CLEAR' : 'BETWEEN';
}

const BP_PER_E6 = 100;

/** Does SPY move at least as far as the policy calls severe? */
function isSevere(scenarioBp: number, { stressMove }: StressPolicy): boolean {
  return Math.abs(scenarioBp) * BP_PER_E6 >= stressMove.e6;
}

type StressedExcess = Pick<StressRow, 'scenarioBp' | 'excessStressedE4'>;

function stressedExcesses(figures: StressedFigures, policy: Policy): StressedExcess[] {
  if (policy.stressBasis === 'KEPT') return stressRows(figures);
  return SPY_SCENARIOS_BP.map((scenarioBp) => {
    const moved = figures.positions.map((position) => {
      return positionFigures(position, movedPriceE4(position, scenarioBp), policy);
    });
    const { excessE4 } = accountTotals(figures.cashE4, moved, policy);
    return { scenarioBp, excessStressedE4: excessE4 };
  });
}

const BP = 10_000;

/** The price × max(0, 1 + β s); of a position without one 0. */
function movedPriceE4(position: Position, scenarioBp: number): number {
  const factor = Math.max(0, E4 * BP + betaUsedE4(position) * scenarioBp);
  return mulDivHalfEven(position.priceE4 ?? 0, factor, E4 * BP);
}
