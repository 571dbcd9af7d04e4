import type { CaseFigures, StressExcess } from './case-figures.ts';
import { accountTotals, betaUsedE4, positionFigures } from './margin.ts';
import type { DeterminateFigures, Position } from './margin.ts';
import { E4, MoneyRangeError, mulDivHalfEven, shareUpE4 } from './money.ts';
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
  if (figures.stress.severeE4 < 0) return 'UNDERWATER';
  return missingToClearE4(figures.stress, figures.grossMvE4, policy) === 0 ? 'CLEAR' : 'BETWEEN';
}

/**
 * The least cash that makes the account CLEAR at these prices: as much as is missing to the hysteresis
 * level in the worst of all scenarios, not of the severe ones only; 1/10,000 dollar, never below 0.
 */
export function missingToClearE4(
  { leastE4 }: StressExcess,
  grossMvE4: number,
  { hysteresisRate }: Pick<Policy, 'hysteresisRate'>,
): number {
  return Math.max(0, shareUpE4(grossMvE4, hysteresisRate) - leastE4);
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
