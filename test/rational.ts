/** Exact rationals for oracles: an implementation of money that shares nothing with domain/money.ts. */
export interface Rational {
  readonly n: bigint;
  /** > 0. */
  readonly d: bigint;
}

export function ratio(n: bigint | number, d: bigint | number = 1): Rational {
  const [numerator, denominator] = [BigInt(n), BigInt(d)];
  return denominator < 0n ? { n: -numerator, d: -denominator } : { n: numerator, d: denominator };
}

export const add = (a: Rational, b: Rational): Rational => ratio(a.n * b.d + b.n * a.d, a.d * b.d);
export const sub = (a: Rational, b: Rational): Rational => ratio(a.n * b.d - b.n * a.d, a.d * b.d);
export const mul = (a: Rational, b: Rational): Rational => ratio(a.n * b.n, a.d * b.d);
export const div = (a: Rational, b: Rational): Rational => ratio(a.n * b.d, a.d * b.n);
export const less = (a: Rational, b: Rational): boolean => a.n * b.d < b.n * a.d;
export const max = (a: Rational, b: Rational): Rational => (less(a, b) ? b : a);
export const min = (a: Rational, b: Rational): Rational => (less(b, a) ? b : a);
export const abs = (a: Rational): Rational => (a.n < 0n ? ratio(-a.n, a.d) : a);

/** The greatest whole number ≤ a. */
function floor(a: Rational): bigint {
  const truncated = a.n / a.d;
  return a.n < 0n && truncated * a.d !== a.n ? truncated - 1n : truncated;
}

/** The least whole number ≥ a. */
export const ceil = (a: Rational): bigint => -floor(ratio(-a.n, a.d));

/** The nearest whole number, a tie to the even one: by its definition, from both neighbours. */
export function halfEven(a: Rational): bigint {
  const below = floor(a);
  const fromBelow = sub(a, ratio(below));
  const half = ratio(1, 2);
  if (less(fromBelow, half)) return below;
  if (less(half, fromBelow)) return below + 1n;
  return below % 2n === 0n ? below : below + 1n;
}
