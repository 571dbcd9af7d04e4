import { isBelowShare } from './money.ts';
import type { Policy } from './policy.ts';

/**
 * Did an amount move by max(step, rate × the amount told last), up or down (RULES, Figures and
 * Calls)? 1/10,000 dollar.
 */
export function hasMovedByStep(toldE4: number, nextE4: number, policy: Policy): boolean {
  const movedE4 = Math.abs(nextE4 - toldE4);
  if (movedE4 === 0 || movedE4 < policy.deficiencyStepE4) return false;
  return !isBelowShare(movedE4, policy.deficiencyStepRate, toldE4);
}
