import { accountTotals, betaUsedE4, maintenanceCharge, positionFigures } from './margin.ts';
import type { DeterminateFigures, PositionFigures } from './margin.ts';
import { E4, marketValueE4, requirementE4, shareUpE4 } from './money.ts';
import type { MarginPolicy } from './policy.ts';

/** One order of a plan at the last price: positive quantity in 1/10,000 share, price in 1/10,000 dollar. */
export interface PlanLeg {
  readonly symbol: string;
  /** A long is sold, a short is bought back. */
  readonly side: 'SELL' | 'BUY';
  readonly qtyE4: number;
  readonly priceE4: number;
}

export interface PlanOptions {
  /** Symbols that must not be traded: halted, stale, with unconfirmed orders. */
  readonly exclude?: readonly string[];
}

export interface LiquidationPlan {
  /** In the order in which they go. */
  readonly legs: readonly PlanLeg[];
  /** The excess when every leg is filled at its price, 1/10,000 dollar. */
  readonly excessE4: number;
}

/** A position that may go, in the order in which positions go. */
export interface Candidate {
  readonly position: PositionFigures;
  /** |quantity| × price, exact, in 1/10^8 dollar. */
  readonly value: bigint;
  /** What the excess gains when all of it goes: requirement less cost, exact, in 1/10^14 dollar; > 0. */
  readonly release: bigint;
}

/** 1/10,000 dollar in the units of `Candidate.release`. */
export const RELEASE_UNITS_PER_E4 = 10_000_000_000n;

/** Rates are parts per million: the release is in value units ÷ 10^6. */
const E6 = 1_000_000n;

/**
 * How far rounding can move the excess from the straight line that the exact release draws: market
 * value half a unit before and after, requirement and cost one each. In 1/10,000 dollar.
 */
const ROUNDING_SLACK_E4 = 4;

/**
 * The most quantities of one position that are revalued. It suffices for the least quantity while a
 * share releases more than $0.00000008; below that a plan may release $0.0008 more than needed.
 */
const REVALUATIONS_MAX = 10_000;

/**
 * The orders that bring a deficient account's excess to the buffer, in the order of RULES, Cures:
 * highest beta first, longs and shorts in one order, earlier positions whole, the last by the least
 * whole-share quantity with excess ≥ buffer by exact revaluation; a fraction goes only with its whole
 * position. No legs without a deficiency. Throws MoneyRangeError.
 */
export function liquidationPlan(
  figures: DeterminateFigures,
  policy: MarginPolicy,
  options: PlanOptions = {},
): LiquidationPlan {
  if (figures.deficiencyE4 === 0) return { legs: [], excessE4: figures.excessE4 };
  return planToExcess(cureBufferE4(figures, policy), figures, policy, options);
}

/**
 * The orders, found in the same way, that bring an account's excess to `targetE4` (1/10,000 dollar), or
 * as near as it gets when all of them go. None when it is there already. Throws MoneyRangeError.
 */
export function planToExcess(
  targetE4: number,
  figures: DeterminateFigures,
  policy: MarginPolicy,
  options: PlanOptions = {},
): LiquidationPlan {
  const legs: PlanLeg[] = [];
  let account: Account = figures;
  for (const candidate of candidatesOf(figures, policy, options.exclude ?? [])) {
    if (account.excessE4 >= targetE4) break;
    const { position } = candidate;
    const qtyE4 =
      leastSufficientE4(account, candidate, targetE4, policy) ?? Math.abs(position.qtyE4);
    const side = position.qtyE4 > 0 ? 'SELL' : 'BUY';
    legs.push({ symbol: position.symbol, side, qtyE4, priceE4: position.priceE4 });
    account = afterTrade(account, position, qtyE4, policy);
  }
  return { legs, excessE4: account.excessE4 };
}

/** The cure buffer of an account as it stands: a share of its gross market value, up to $0.0001. */
export function cureBufferE4(
  figures: Pick<DeterminateFigures, 'grossMvE4'>,
  policy: MarginPolicy,
): number {
  return shareUpE4(figures.grossMvE4, policy.bufferRate);
}

/** The positions that may go, first first; those that release no more than they cost are left out. */
export function candidatesOf(
  figures: DeterminateFigures,
  policy: MarginPolicy,
  exclude: readonly string[] = [],
): Candidate[] {
  const excluded = new Set(exclude);
  return [...figures.positions]
    .sort(byHighestBeta)
    .filter((position) => !excluded.has(position.symbol))
    .map((position) => candidateOf(position, policy))
    .filter((candidate) => candidate.release > 0n);
}

/** RULES, Cures: |β|, an unknown one counts 1; ties by larger |MV|, then by symbol. */
function byHighestBeta(a: PositionFigures, b: PositionFigures): number {
  const beta = Math.abs(betaUsedE4(b)) - Math.abs(betaUsedE4(a));
  if (beta !== 0) return beta;
  const value = Math.abs(b.marketValueE4) - Math.abs(a.marketValueE4);
  if (value !== 0) return value;
  return a.symbol < b.symbol ? -1 : 1;
}

function candidateOf(position: PositionFigures, policy: MarginPolicy): Candidate {
  const qty = BigInt(Math.abs(position.qtyE4));
  const value = qty * BigInt(position.priceE4);
  const charge = maintenanceCharge(position.qtyE4, position.priceE4, policy);
  const requirement =
    charge.kind === 'RATE' ? value * BigInt(charge.rate.e6) : qty * BigInt(charge.perShareE4) * E6;
  return { position, value, release: requirement - value * BigInt(policy.costRate.e6) };
}

/** What changes as legs are executed. */
type Account = Pick<DeterminateFigures, 'cashE4' | 'positions' | 'excessE4'>;

/**
 * The least whole-share quantity with which the excess reaches the target, or null when no whole-share
 * quantity does. The exact release says around which quantity to look, revaluation decides. With
 * add-ons the release has breakpoints, and each piece between two of them is looked at alike.
 */
function leastSufficientE4(
  account: Account,
  candidate: Candidate,
  targetE4: number,
  policy: MarginPolicy,
): number | null {
  const { position } = candidate;
  const shortfallE4 = targetE4 - account.excessE4;
  const certain = sharesReleasing(candidate, shortfallE4 + ROUNDING_SLACK_E4);
  const possible = sharesReleasing(candidate, shortfallE4 - ROUNDING_SLACK_E4);
  const last = Math.floor(Math.abs(position.qtyE4) / E4);
  for (
    let shares = Math.max(1, possible, certain - REVALUATIONS_MAX);
    shares <= last;
    shares += 1
  ) {
    const qtyE4 = shares * E4;
    if (afterTrade(account, position, qtyE4, policy).excessE4 >= targetE4) return qtyE4;
  }
  return null;
}

/** The least number of shares that by the exact release gain `gainE4`; may be more than are held. */
function sharesReleasing(candidate: Candidate, gainE4: number): number {
  const gain = BigInt(gainE4) * RELEASE_UNITS_PER_E4 * BigInt(Math.abs(candidate.position.qtyE4));
  const release = candidate.release * BigInt(E4);
  return Number(gain / release + (gain % release > 0n ? 1n : 0n));
}

/** The account after a trade at the last price that makes a position smaller; the cost rounds up. */
function afterTrade(
  account: Account,
  position: PositionFigures,
  qtyE4: number,
  policy: MarginPolicy,
): Account {
  const { priceE4 } = position;
  const soldE4 = position.qtyE4 > 0 ? qtyE4 : -qtyE4;
  const costE4 = requirementE4(qtyE4, priceE4, policy.costRate);
  const leftE4 = position.qtyE4 - soldE4;
  const left =
    leftE4 === 0 ? [] : [positionFigures({ ...position, qtyE4: leftE4 }, priceE4, policy)];
  return accountTotals(
    account.cashE4 + marketValueE4(soldE4, priceE4) - costE4,
    account.positions.flatMap((held) => (held.symbol === position.symbol ? left : [held])),
    policy,
  );
}
