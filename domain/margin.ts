import {
  addE4,
  E4,
  isBelowShare,
  marketValueE4,
  MoneyRangeError,
  mulDivHalfEven,
  mulDivUp,
  rate,
  requirementE4,
  sumE4,
} from './money.ts';
import type { Rate } from './money.ts';
import type { MarginPolicy } from './policy.ts';

/** A signed quantity of one security with the last price and beta known for it. */
export interface Position {
  readonly symbol: string;
  /** Signed, 1/10,000 share; a short is negative. */
  readonly qtyE4: number;
  /** 1/10,000 dollar per share; null while no price is known. */
  readonly priceE4: number | null;
  /** 1/10,000; null while unknown, then 1.0 is used and flagged. */
  readonly betaE4: number | null;
}

/** A priced position with its value and requirements (1/10,000 dollar). */
export interface PositionFigures extends Position {
  readonly priceE4: number;
  readonly marketValueE4: number;
  readonly betaWeightedE4: number;
  /** The 4210(c) minimum. */
  readonly regulatoryReqE4: number;
  /** The house requirement, never below the regulatory one. */
  readonly maintenanceReqE4: number;
}

export type MarginStatus = 'ACTIVE' | 'WARNING' | 'MARGIN_CALL' | 'INDETERMINATE';

/** Figures of an account whose positions all have a price (1/10,000 dollar). */
export interface DeterminateFigures {
  readonly status: Exclude<MarginStatus, 'INDETERMINATE'>;
  readonly cashE4: number;
  readonly positions: readonly PositionFigures[];
  readonly longMvE4: number;
  readonly shortMvE4: number;
  readonly totalMvE4: number;
  readonly grossMvE4: number;
  readonly betaWeightedExposureE4: number;
  readonly equityE4: number;
  readonly regulatoryReqE4: number;
  readonly maintenanceReqE4: number;
  readonly regulatoryExcessE4: number;
  readonly excessE4: number;
  readonly deficiencyE4: number;
  readonly betaDefaulted: readonly string[];
}

/** An account with a position that has no price: nothing opens, nothing escalates (RULES, Figures). */
export interface IndeterminateFigures {
  readonly status: 'INDETERMINATE';
  readonly cashE4: number;
  readonly positions: readonly Position[];
  /** Symbols without a price, sorted. */
  readonly pricesMissing: readonly string[];
  readonly betaDefaulted: readonly string[];
}

export type AccountFigures = DeterminateFigures | IndeterminateFigures;

/**
 * What a share is charged: a fraction of its price, or an amount of 1/10,000 dollar. Unrounded, so
 * that cures can compute with it exactly.
 */
export type Charge =
  | { readonly kind: 'RATE'; readonly rate: Rate }
  | { readonly kind: 'PER_SHARE'; readonly perShareE4: number };

/** 4210(c): 25 % long, 30 % short. House rates never lower these. */
const REGULATORY_LONG = rate(250_000);
const REGULATORY_SHORT = rate(300_000);

/** 4210(c)(2): a short below the band is charged its whole value, or the house rate if higher. */
const WHOLE_VALUE = rate(1_000_000);

/** 4210(c)(2), (3): the price at which the short rule changes, and the per-share floors on each side. */
const SHORT_BAND_E4 = 5 * E4;
const FLOOR_AT_BAND = { kind: 'PER_SHARE', perShareE4: 50_000 } as const;
const FLOOR_BELOW_BAND = { kind: 'PER_SHARE', perShareE4: 25_000 } as const;

/** 100 million shares, the most that an order or a fill can move: a larger position is refused. */
const QTY_MAX_E4 = 100_000_000 * E4;

/**
 * The margin figures of an account: equity, requirements, excess, status (RULES, Figures and
 * Requirements). Market values round half-even and requirements up, each position once; totals are
 * exact sums. Throws MoneyRangeError when a figure leaves the exact range.
 */
export function accountFigures(
  cashE4: number,
  positions: readonly Position[],
  policy: MarginPolicy,
): AccountFigures {
  sumE4(cashE4);
  const priced: PositionFigures[] = [];
  const pricesMissing: string[] = [];
  for (const position of positions) {
    if (position.priceE4 === null) pricesMissing.push(position.symbol);
    else priced.push(positionFigures(position, position.priceE4, policy));
  }
  if (pricesMissing.length > 0) {
    pricesMissing.sort();
    const betaDefaulted = defaultedBetas(positions);
    return { status: 'INDETERMINATE', cashE4, positions, pricesMissing, betaDefaulted };
  }
  return accountTotals(cashE4, priced, policy);
}

/** The value and the requirements of one position at a price. Throws MoneyRangeError. */
export function positionFigures(
  position: Position,
  priceE4: number,
  policy: MarginPolicy,
): PositionFigures {
  const { qtyE4 } = position;
  if (Math.abs(qtyE4) > QTY_MAX_E4) {
    throw new MoneyRangeError(`${position.symbol}: a position of more than 100 million shares`);
  }
  const marketValue = marketValueE4(qtyE4, priceE4);
  return {
    symbol: position.symbol,
    qtyE4,
    priceE4,
    betaE4: position.betaE4,
    marketValueE4: marketValue,
    betaWeightedE4: mulDivHalfEven(marketValue, betaUsedE4(position), E4),
    regulatoryReqE4: chargedE4(qtyE4, priceE4, regulatoryCharge(qtyE4, priceE4)),
    maintenanceReqE4: chargedE4(qtyE4, priceE4, maintenanceCharge(qtyE4, priceE4, policy)),
  };
}

/** The beta that figures use: 1.0 while it is unknown (RULES, Stress). 1/10,000. */
export function betaUsedE4(position: Pick<Position, 'betaE4'>): number {
  return position.betaE4 ?? E4;
}

/** What 4210(c) charges a share. Bands use the unrounded price. */
function regulatoryCharge(qtyE4: number, priceE4: number): Charge {
  return chargeOf(qtyE4, priceE4, REGULATORY_LONG, REGULATORY_SHORT);
}

/** What the house charges a share: the same rule at its rates, where they are higher. */
export function maintenanceCharge(qtyE4: number, priceE4: number, policy: MarginPolicy): Charge {
  return chargeOf(
    qtyE4,
    priceE4,
    effectiveLongRate(policy),
    higher(policy.shortMaintenanceRate, REGULATORY_SHORT),
  );
}

/** The policy's long rate, never below the regulatory one. */
export function effectiveLongRate(policy: MarginPolicy): Rate {
  return higher(policy.longMaintenanceRate, REGULATORY_LONG);
}

/** The status that figures give (RULES, Figures); comparisons use unrounded ratios. */
export function statusOf(
  excessE4: number,
  grossMvE4: number,
  warningBand: Rate,
): DeterminateFigures['status'] {
  if (excessE4 < 0) return 'MARGIN_CALL';
  return isBelowShare(excessE4, warningBand, grossMvE4) ? 'WARNING' : 'ACTIVE';
}

/** 4210(c)(1) long; (2) short below $5.00, (3) at $5.00 or above: the greater of floor and rate. */
function chargeOf(qtyE4: number, priceE4: number, long: Rate, short: Rate): Charge {
  if (qtyE4 >= 0) return { kind: 'RATE', rate: long };
  if (priceE4 >= SHORT_BAND_E4) return greater(FLOOR_AT_BAND, short, priceE4);
  return greater(FLOOR_BELOW_BAND, higher(WHOLE_VALUE, short), priceE4);
}

function greater(
  floor: typeof FLOOR_AT_BAND | typeof FLOOR_BELOW_BAND,
  share: Rate,
  priceE4: number,
): Charge {
  return isBelowShare(floor.perShareE4, share, priceE4) ? { kind: 'RATE', rate: share } : floor;
}

function higher(a: Rate, b: Rate): Rate {
  return a.e6 > b.e6 ? a : b;
}

/** The charge on a whole position, rounded up once from the exact product. 1/10,000 dollar. */
export function chargedE4(qtyE4: number, priceE4: number, charge: Charge): number {
  const shares = Math.abs(qtyE4);
  return charge.kind === 'RATE'
    ? requirementE4(shares, priceE4, charge.rate)
    : mulDivUp(shares, charge.perShareE4, E4);
}

/**
 * The totals of an account whose positions are priced: the second half of `accountFigures`, for
 * revaluing it after a trade. Throws MoneyRangeError.
 */
export function accountTotals(
  cashE4: number,
  positions: readonly PositionFigures[],
  policy: MarginPolicy,
): DeterminateFigures {
  let longMvE4 = 0;
  let shortMvE4 = 0;
  let betaWeightedExposureE4 = 0;
  let regulatoryReqE4 = 0;
  let maintenanceReqE4 = 0;
  for (const position of positions) {
    if (position.marketValueE4 >= 0) longMvE4 = addE4(longMvE4, position.marketValueE4);
    else shortMvE4 = addE4(shortMvE4, -position.marketValueE4);
    betaWeightedExposureE4 = addE4(betaWeightedExposureE4, position.betaWeightedE4);
    regulatoryReqE4 = addE4(regulatoryReqE4, position.regulatoryReqE4);
    maintenanceReqE4 = addE4(maintenanceReqE4, position.maintenanceReqE4);
  }
  const totalMvE4 = longMvE4 - shortMvE4;
  const grossMvE4 = addE4(longMvE4, shortMvE4);
  const equityE4 = addE4(cashE4, totalMvE4);
  const excessE4 = addE4(equityE4, -maintenanceReqE4);
  return {
    status: statusOf(excessE4, grossMvE4, policy.warningBand),
    cashE4,
    positions,
    longMvE4,
    shortMvE4,
    totalMvE4,
    grossMvE4,
    betaWeightedExposureE4,
    equityE4,
    regulatoryReqE4,
    maintenanceReqE4,
    regulatoryExcessE4: addE4(equityE4, -regulatoryReqE4),
    excessE4,
    deficiencyE4: Math.max(0, -excessE4),
    betaDefaulted: defaultedBetas(positions),
  };
}

/** Symbols whose beta is unknown, sorted. */
function defaultedBetas(positions: readonly Position[]): string[] {
  return positions
    .filter((position) => position.betaE4 === null)
    .map((position) => position.symbol)
    .sort();
}
