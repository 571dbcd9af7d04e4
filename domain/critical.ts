import type { PricedCaseFigures } from './case-figures.ts';
import { isBelowShare } from './money.ts';
import type { Policy } from './policy.ts';

/** Is the firm itself about to lose money: equity at most 0, or below the policy's share of the requirement (RULES, Liquidation)? */
export function isCritical(
  { equityE4, maintenanceReqE4 }: Pick<PricedCaseFigures, 'equityE4' | 'maintenanceReqE4'>,
  policy: Policy,
): boolean {
  return equityE4 <= 0 || isBelowShare(equityE4, policy.accelerationRate, maintenanceReqE4);
}
