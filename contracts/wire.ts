import { z } from 'zod';
import { isDerivativeSymbol } from '#domain/derivative-symbol.ts';
import { AMOUNT_MAX_E4, E4, MoneyRangeError, PRICE_MAX_E4 } from '#domain/money.ts';

/**
 * The wire's ways of writing things: dollars and shares are JSON numbers with at most four decimals,
 * instants are integer Unix milliseconds, ids match one pattern (DESIGN, Topics and records).
 */

export const ID_PATTERN = /^[A-Za-z0-9_.:-]{1,64}$/;

/** An id of an account, a fill, an order …; also a symbol that is no longer at the door. */
export const id = z
  .string()
  .regex(ID_PATTERN, 'must be 1 to 64 characters of A-Z a-z 0-9 _ . : -')
  .meta({ pattern: ID_PATTERN.source });

/** A symbol that comes in: an id, and not one of an option or a future (RULES, Figures). */
export const symbol = id
  .refine((name) => !isDerivativeSymbol(name), {
    error: 'UNSUPPORTED: names an option or a future, which is not margined as stock',
    params: { refusal: 'UNSUPPORTED' },
  })
  .meta({ pattern: ID_PATTERN.source, description: 'of a stock: no option, no future' });

/** The fault that makes an input UNSUPPORTED rather than wrong; undefined without one. */
export function unsupportedIssue({ issues }: z.ZodError): z.core.$ZodIssue | undefined {
  return issues.find((issue) => issue.code === 'custom' && issue.params?.refusal === 'UNSUPPORTED');
}

/** 1 Jan 2100: a later instant is a mistake of unit. */
const INSTANT_MAX_MS = 4_102_444_800_000;

/** Integer Unix milliseconds. */
export const instant = z.int().min(0).max(INSTANT_MAX_MS).describe('Unix milliseconds');

/** A whole number ≥ 0: an offset, a sequence, a count. */
export const count = z.int().min(0);

/** Free text from outside, bounded. */
export const text = (charactersMax: number): z.ZodString => z.string().min(1).max(charactersMax);

/** A number with at most four decimals, within ±max. */
export function decimal(max: number): z.ZodNumber {
  return z
    .number()
    .min(-max)
    .max(max)
    .refine(hasFourDecimals, 'must have at most four decimals')
    .meta({ multipleOf: 0.0001 });
}

/** Dollars that come in: ±$100 billion. */
export const dollars = decimal(100_000_000_000).describe('dollars');

/** Dollars of a computed figure: as far as the core goes, ±$250 billion. */
export const figure = decimal(AMOUNT_MAX_E4 / E4).describe('dollars');

/** Dollars per share: above 0, at most $10,000,000. */
export const price = decimal(PRICE_MAX_E4 / E4)
  .positive()
  .describe('dollars per share');

/** Signed shares, not 0, at most 100 million. */
export const signedQty = decimal(100_000_000)
  .refine((qty) => qty !== 0, 'must not be 0')
  .describe('shares; a short is negative');

/** Beta to SPY: ±100, four decimals. */
export const beta = decimal(100).describe('beta to SPY');

/** A wire number with at most four decimals as an integer in 1/10,000. */
export function toE4(value: number): number {
  const scaled = Math.round(value * E4) + 0; // −0 + 0 is 0
  if (!Number.isSafeInteger(scaled)) throw new MoneyRangeError('a number left the exact range');
  return scaled;
}

/** An integer in 1/10,000 as the wire's number; exact in its shortest decimal form up to AMOUNT_MAX_E4. */
export function fromE4(valueE4: number): number {
  return valueE4 / E4;
}

/** Does the number stand for an exact multiple of 0.0001? */
function hasFourDecimals(value: number): boolean {
  return Number.isSafeInteger(Math.round(value * E4)) && Math.round(value * E4) / E4 === value;
}
