import type { Customer } from './book.ts';

/** An open call as its customer sees it at the moment of paying. Dollars. */
export interface CustomerView {
  /** What the customer was told to pay. */
  readonly demand: number;
  /** What is missing now, with the buffer of 1 % of gross market value. */
  readonly missing: number;
  /** What is left of the customer's reserve. */
  readonly reserve: number;
}

/** Whole dollars that a customer pays on a call: what was asked for, as far as the money goes. */
export function payment({ demand, missing, reserve }: CustomerView): number {
  return Math.min(Math.ceil(Math.max(demand, missing)), Math.floor(reserve));
}

/** Does a customer pay on `day` for a call that was issued on `calledOn`? */
export function paysOn({ paysAfterDays }: Customer, calledOn: number, day: number): boolean {
  return paysAfterDays !== null && day === calledOn + paysAfterDays;
}
