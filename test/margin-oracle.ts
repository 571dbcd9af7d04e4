import type { Position } from '#domain/margin.ts';
import { rate } from '#domain/money.ts';
import type { MarginPolicy } from '#domain/policy.ts';
import { abs, ceil, halfEven, less, max, mul, ratio } from './rational.ts';
import type { Rational } from './rational.ts';

/** RULES, Figures and Requirements, written once more from the text, in exact rationals of dollars. */

/** Rates in parts per million. */
export interface PolicyRates {
  readonly long: number;
  readonly short: number;
  readonly warning: number;
  readonly buffer: number;
  readonly cost: number;
}

const REFERENCE_RATES: PolicyRates = {
  long: 250_000,
  short: 300_000,
  warning: 50_000,
  buffer: 0,
  cost: 0,
};

/** A margin policy of these rates; what is not given is the reference's. */
export function marginPolicy(rates: Partial<PolicyRates> = {}): MarginPolicy {
  const all = { ...REFERENCE_RATES, ...rates };
  return {
    longMaintenanceRate: rate(all.long),
    shortMaintenanceRate: rate(all.short),
    warningBand: rate(all.warning),
    bufferRate: rate(all.buffer),
    costRate: rate(all.cost),
  };
}

export interface OracleFigures {
  readonly marketValuesE4: readonly bigint[];
  readonly regulatoryE4: readonly bigint[];
  readonly maintenanceE4: readonly bigint[];
  readonly grossMvE4: bigint;
  readonly totalMvE4: bigint;
  readonly equityE4: bigint;
  readonly excessE4: bigint;
  readonly status: 'ACTIVE' | 'WARNING' | 'MARGIN_CALL';
}

/** The figures of an account whose positions all have a price. */
export function oracleFigures(
  cashE4: number,
  positions: readonly (Position & { readonly priceE4: number })[],
  rates: PolicyRates,
): OracleFigures {
  const marketValuesE4 = positions.map((position) => halfEven(toE4(marketValue(position))));
  const regulatoryE4 = positions.map((position) =>
    ceil(toE4(requirement(position, REFERENCE_RATES))),
  );
  const maintenanceE4 = positions.map((position, index) => {
    const house = ceil(toE4(requirement(position, rates)));
    const regulatory = regulatoryE4[index] ?? 0n;
    return house > regulatory ? house : regulatory;
  });
  const grossMvE4 = sum(marketValuesE4.map((value) => (value < 0n ? -value : value)));
  const totalMvE4 = sum(marketValuesE4);
  const equityE4 = BigInt(cashE4) + totalMvE4;
  const excessE4 = equityE4 - sum(maintenanceE4);
  return {
    marketValuesE4,
    regulatoryE4,
    maintenanceE4,
    grossMvE4,
    totalMvE4,
    equityE4,
    excessE4,
    status: statusByRules(excessE4, grossMvE4, rates),
  };
}

/** Quantity × price, exact, in dollars. */
export function marketValue(position: {
  readonly qtyE4: number;
  readonly priceE4: number;
}): Rational {
  return mul(ratio(position.qtyE4, 10_000), ratio(position.priceE4, 10_000));
}

/** The table of RULES, Requirements, position by position; unrounded, in dollars. */
export function requirement(
  position: { readonly qtyE4: number; readonly priceE4: number },
  rates: Pick<PolicyRates, 'long' | 'short'>,
): Rational {
  const value = abs(marketValue(position));
  if (position.qtyE4 >= 0) return mul(value, ratio(rates.long, 1_000_000));
  const shares = ratio(-position.qtyE4, 10_000);
  const price = ratio(position.priceE4, 10_000);
  const byRate = mul(value, ratio(rates.short, 1_000_000));
  if (!less(price, ratio(5))) return max(mul(shares, ratio(5)), byRate);
  return max(max(mul(shares, ratio(5, 2)), value), byRate);
}

function statusByRules(
  excessE4: bigint,
  grossMvE4: bigint,
  rates: PolicyRates,
): OracleFigures['status'] {
  if (excessE4 < 0n) return 'MARGIN_CALL';
  const band = mul(ratio(grossMvE4), ratio(rates.warning, 1_000_000));
  return less(ratio(excessE4), band) ? 'WARNING' : 'ACTIVE';
}

function toE4(dollars: Rational): Rational {
  return mul(dollars, ratio(10_000));
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
