/**
 * Exact money. Dollars are safe integers in 1/10,000 dollar (`…E4`), quantities safe integers in
 * 1/10,000 share, rates exact fractions. A float never holds dollars (DESIGN 2).
 */

/** 10,000: the units of a dollar, of a share and of a beta of 1. */
export const E4 = 10_000;

/** 1,000,000: the units of a rate of 1. */
export const E6 = 1_000_000;

/**
 * $250 billion: the largest total. Past about $274 billion neighbouring JSON numbers lie too far apart
 * to carry 1/10,000 dollar there and back, so nothing larger leaves the core.
 */
export const AMOUNT_MAX_E4 = 2_500_000_000_000_000;

/** No price is higher, 1/10,000 dollar per share: ten million dollars. */
export const PRICE_MAX_E4 = 100_000_000_000;

/**
 * Up to here a float's quotient, cut to a whole number, is exact for every safe divisor: the error of
 * a division is below half a unit in the last place, which could pass a whole number only past 2⁵³.
 */
const FAST_MAX = 2 ** 52;

/** A rate as parts per million and as the same fraction in lowest terms, so that products stay small. */
export interface Rate {
  readonly e6: number;
  readonly num: number;
  readonly den: number;
}

/** A result left the range in which it is exact; the input is refused, never rounded. */
export class MoneyRangeError extends RangeError {
  override readonly name = 'MoneyRangeError';
}

/** The rate of `e6` parts per million: `rate(250_000)` is 25 %. Throws when not an integer ≥ 0. */
export function rate(e6: number): Rate {
  if (!Number.isSafeInteger(e6) || e6 < 0) {
    throw new MoneyRangeError(`a rate is a whole number of parts per million, not ${String(e6)}`);
  }
  const divisor = greatestCommonDivisor(e6, 1_000_000);
  return { e6, num: e6 / divisor, den: 1_000_000 / divisor };
}

/** a × b / divisor, rounded half to even (values). Exact for every safe input; divisor > 0. */
export function mulDivHalfEven(a: number, b: number, divisor: number): number {
  const product = a * b;
  if (isFast(product)) return divHalfEven(product, divisor);
  const exact = BigInt(a) * BigInt(b);
  const d = BigInt(divisor);
  const magnitude = exact < 0n ? -exact : exact;
  let quotient = magnitude / d;
  const twice = (magnitude % d) * 2n;
  if (twice > d || (twice === d && quotient % 2n === 1n)) quotient += 1n;
  return safe(exact < 0n ? -quotient : quotient);
}

/** a × b / divisor, rounded up (requirements). Exact for every safe input; a, b ≥ 0, divisor > 0. */
export function mulDivUp(a: number, b: number, divisor: number): number {
  const product = a * b;
  if (isFast(product)) return divUp(product, divisor);
  return safe(ceilDiv(BigInt(a) * BigInt(b), BigInt(divisor)));
}

/** Signed market value of a quantity at a price, half-even to $0.0001 (RULES, Rounding). */
export function marketValueE4(qtyE4: number, priceE4: number): number {
  return mulDivHalfEven(qtyE4, priceE4, E4);
}

/**
 * `rate` of |quantity| × price, rounded up to $0.0001 from the exact product (RULES, Rounding).
 * `qtyAbsE4` ≥ 0.
 */
export function requirementE4(qtyAbsE4: number, priceE4: number, requirementRate: Rate): number {
  const value = qtyAbsE4 * priceE4;
  const scaled = value * requirementRate.num;
  const divisor = requirementRate.den * E4;
  if (isFast(value) && isFast(scaled)) return divUp(scaled, divisor);
  const exact = BigInt(qtyAbsE4) * BigInt(priceE4) * BigInt(requirementRate.num);
  return safe(ceilDiv(exact, BigInt(divisor)));
}

/** The sum of safe integers; throws MoneyRangeError when it, or a sum on the way, passes AMOUNT_MAX_E4. */
export function sumE4(...values: readonly number[]): number {
  let total = 0;
  for (const value of values) {
    total += value;
    if (!Number.isSafeInteger(total) || Math.abs(total) > AMOUNT_MAX_E4) {
      throw new MoneyRangeError('a sum of money is beyond $250 billion');
    }
  }
  return total;
}

/** The sum of two amounts of money that are exact: `sumE4` for hot paths. Throws MoneyRangeError. */
export function addE4(a: number, b: number): number {
  const total = a + b;
  if (total <= AMOUNT_MAX_E4 && total >= -AMOUNT_MAX_E4) return total;
  throw new MoneyRangeError('a sum of money is beyond $250 billion');
}

/** `rate` of an amount ≥ 0, rounded up to $0.0001. */
export function shareUpE4(amountE4: number, share: Rate): number {
  return mulDivUp(amountE4, share.num, share.den);
}

/** Is left < rate × right, compared without rounding (RULES, Rounding: cross-multiply)? right ≥ 0. */
export function isBelowShare(leftE4: number, share: Rate, rightE4: number): boolean {
  const a = leftE4 * share.den;
  const b = rightE4 * share.num;
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b)) return a < b;
  return BigInt(leftE4) * BigInt(share.den) < BigInt(rightE4) * BigInt(share.num);
}

/** Is left > rate × right, compared without rounding? right ≥ 0. */
export function isAboveShare(leftE4: number, share: Rate, rightE4: number): boolean {
  const a = leftE4 * share.den;
  const b = rightE4 * share.num;
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b)) return a > b;
  return BigInt(leftE4) * BigInt(share.den) > BigInt(rightE4) * BigInt(share.num);
}

function isFast(product: number): boolean {
  return product <= FAST_MAX && product >= -FAST_MAX;
}

/** For |value| ≤ FAST_MAX. Without `%`, which takes ten times as long for values beyond 32 bits. */
function divHalfEven(value: number, divisor: number): number {
  const quotient = wholeQuotient(value, divisor);
  const remainder = value - quotient * divisor;
  const twice = Math.abs(remainder) * 2;
  if (twice < divisor || (twice === divisor && quotient % 2 === 0)) return quotient;
  return quotient + (value < 0 ? -1 : 1);
}

/** For 0 ≤ value ≤ FAST_MAX. */
function divUp(value: number, divisor: number): number {
  const quotient = wholeQuotient(value, divisor);
  return quotient * divisor < value ? quotient + 1 : quotient;
}

/** The quotient cut to a whole number; −0 + 0 is 0. */
function wholeQuotient(value: number, divisor: number): number {
  return Math.trunc(value / divisor) + 0;
}

function ceilDiv(value: bigint, divisor: bigint): bigint {
  return value / divisor + (value % divisor > 0n ? 1n : 0n);
}

function safe(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new MoneyRangeError('an amount left the range in which cents are exact');
  }
  return number;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
