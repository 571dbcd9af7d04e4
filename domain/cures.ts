import {
  candidatesOf,
  cureBufferE4,
  liquidationPlan,
  planToExcess,
  RELEASE_UNITS_PER_E4,
} from './liquidation-plan.ts';
import type { PlanLeg } from './liquidation-plan.ts';
import { effectiveLongRate } from './margin.ts';
import type { DeterminateFigures } from './margin.ts';
import { AMOUNT_MAX_E4, E4, sumE4 } from './money.ts';
import type { MarginPolicy } from './policy.ts';

/** A whole-share quantity of one symbol, positive, in 1/10,000 share. */
export interface CureLeg {
  readonly symbol: string;
  readonly qtyE4: number;
}

/**
 * The ways to cure a deficiency, each enough alone; sale and cover are one plan together. 1/10,000
 * dollar, rounded up.
 */
export interface Cures {
  readonly depositCashE4: number;
  /** null when no deposit can cure: the policy lends (next to) nothing on a long. */
  readonly depositSecuritiesE4: number | null;
  /** What would have to be sold if shares were divisible, and what be bought back. */
  readonly sellValueE4: number;
  readonly sell: readonly CureLeg[];
  readonly coverValueE4: number;
  readonly cover: readonly CureLeg[];
  /** The deficiency that is left when everything permitted is sold and bought back. */
  readonly residualDeficiencyE4: number;
}

const NO_CURES: Cures = {
  depositCashE4: 0,
  depositSecuritiesE4: 0,
  sellValueE4: 0,
  sell: [],
  coverValueE4: 0,
  cover: [],
  residualDeficiencyE4: 0,
};

/**
 * The demand D = deficiency + buffer, 1/10,000 dollar (RULES, Calls and Cures). 0 without a
 * deficiency: a healthy account is not asked for the buffer. Throws MoneyRangeError.
 */
export function demandE4(
  figures: Pick<DeterminateFigures, 'deficiencyE4' | 'grossMvE4'>,
  policy: MarginPolicy,
): number {
  if (figures.deficiencyE4 === 0) return 0;
  return sumE4(figures.deficiencyE4, cureBufferE4(figures, policy));
}

/** What would cure the demand of an account (RULES, Cures). Throws MoneyRangeError. */
export function curesOf(figures: DeterminateFigures, policy: MarginPolicy): Cures {
  const depositCashE4 = demandE4(figures, policy);
  if (depositCashE4 === 0) return NO_CURES;
  const plan = liquidationPlan(figures, policy);
  return {
    depositCashE4,
    depositSecuritiesE4: securitiesWorthE4(depositCashE4, policy),
    ...continuousValues(figures, depositCashE4, policy),
    sell: legsOf(plan.legs, 'SELL'),
    cover: legsOf(plan.legs, 'BUY'),
    residualDeficiencyE4: Math.max(0, -plan.excessE4),
  };
}

/** A sale and cover together, and what of the amount needed it does not bring; 1/10,000 dollar. */
export interface Reduction extends Pick<Cures, 'sell' | 'cover'> {
  readonly residualE4: number;
}

/**
 * The sale and cover, of the account as it stands, that are credited with `neededE4` and leave no
 * deficiency. What is needed may be more than is short: after a market recovery a call is still met
 * only by all that was demanded (RULES, The demand). Throws MoneyRangeError.
 */
export function reductionOf(
  neededE4: number,
  figures: DeterminateFigures,
  policy: MarginPolicy,
): Reduction {
  // What trades are credited with is what they add to the excess.
  const targetE4 = sumE4(figures.excessE4, Math.max(neededE4, figures.deficiencyE4));
  const plan = planToExcess(targetE4, figures, policy);
  return {
    sell: legsOf(plan.legs, 'SELL'),
    cover: legsOf(plan.legs, 'BUY'),
    residualE4: Math.max(0, targetE4 - plan.excessE4),
  };
}

/** Securities worth D / (1 − m) bring D after their own requirement; none when no account could hold them. */
export function securitiesWorthE4(neededE4: number, policy: MarginPolicy): number | null {
  const { num, den } = effectiveLongRate(policy);
  if (num >= den) return null;
  const worthE4 = ceilDiv(BigInt(neededE4) * BigInt(den), BigInt(den - num));
  return worthE4 > BigInt(AMOUNT_MAX_E4) ? null : Number(worthE4);
}

/**
 * Σ min(|MV_i|, remaining D / (m_i − cost)), longs and shorts sharing one remaining D. Exact: at most
 * the last position is taken in part, so one division is rounded, at the end.
 */
function continuousValues(
  figures: DeterminateFigures,
  neededE4: number,
  policy: MarginPolicy,
): Pick<Cures, 'sellValueE4' | 'coverValueE4'> {
  let remaining = BigInt(neededE4) * RELEASE_UNITS_PER_E4;
  let sellValueE4 = 0;
  let coverValueE4 = 0;
  for (const { position, value, release } of candidatesOf(figures, policy)) {
    if (remaining === 0n) break;
    const taken = release < remaining ? release : remaining;
    remaining -= taken;
    const marketValueE4 = Math.abs(position.marketValueE4);
    const partE4 = Number(ceilDiv(taken * value, release * BigInt(E4)));
    const valueE4 = Math.min(marketValueE4, partE4);
    if (position.qtyE4 > 0) sellValueE4 += valueE4;
    else coverValueE4 += valueE4;
  }
  return { sellValueE4, coverValueE4 };
}

function legsOf(legs: readonly PlanLeg[], side: PlanLeg['side']): CureLeg[] {
  return legs.filter((leg) => leg.side === side).map(({ symbol, qtyE4 }) => ({ symbol, qtyE4 }));
}

function ceilDiv(value: bigint, divisor: bigint): bigint {
  return value / divisor + (value % divisor > 0n ? 1n : 0n);
}
