import { toE4 } from '#contracts/wire.ts';

/**
 * Sort keys of the indexes of cases: the amount or the instant in fixed width, then the account, so
 * that no two cases share one and string order is the order of the list.
 */

/** 16 digits hold every amount in 1/10,000 dollar; 13 every instant in ms. */
const AMOUNT_DIGITS = 16;
const INSTANT_DIGITS = 13;

/** Sorts by deficiency in dollars; without figures, or with a price missing, as if it were 0. */
export function deficiencyRank(deficiency: number | null, accountId: string): string {
  return `${deficiencyFloor(deficiency ?? 0)}${accountId}`;
}

/** Sorts by the instant at which a call is due, Unix ms; cases without a call come last. */
export function dueRank(dueAt: number | null, accountId: string): string {
  return `${dueFloor(dueAt ?? NEVER_DUE)}${accountId}`;
}

/** Above every instant of the wire. */
const NEVER_DUE = 9_999_999_999_999;

/** The start of every key whose deficiency is exactly this, and at or below all above it. */
export function deficiencyFloor(deficiency: number): string {
  return `${String(toE4(deficiency)).padStart(AMOUNT_DIGITS, '0')}#`;
}

/** The start of every key whose instant is exactly this. */
export function dueFloor(dueAt: number): string {
  return `${String(dueAt).padStart(INSTANT_DIGITS, '0')}#`;
}
