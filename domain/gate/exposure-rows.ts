import { addE4 } from '../money.ts';
import { doubled } from './doubled.ts';
import type { OpenOrder } from './open-order.ts';
import type { Side } from './orders.ts';
import { NO_ROW, PairRows } from './pair-rows.ts';

/** What an account has beside its symbols, side by side. Amounts in 1/10,000 dollar. */
export const ACCOUNT = {
  known: 0,
  excess: 1,
  unsettled: 2,
  cash: 3,
  reserved: 4,
  /** How many of its orders were accepted so far. */
  accepted: 5,
} as const;
const ACCOUNT_WIDTH = 8;

/** What an account has in a symbol lies side by side as well. 1/10,000 share and dollar. */
const ROW = { position: 0, buyLeaves: 1, sellLeaves: 2, reserved: 3 } as const;
const ROW_WIDTH = 4;

/** What all rows without orders share: always at hand, and never added to. */
const NO_ORDERS: OpenOrder[] = [];

/**
 * What many accounts have, in each symbol and beside them, as rows of numbers. Most orders come for
 * another account than the one before: what it has then lies in two or three places of memory, where
 * objects with maps of objects lie in a dozen, and waiting for these is what a decision takes.
 */
export class ExposureRows {
  #accounts = 0;
  #amounts = new Float64Array(ACCOUNT_WIDTH);
  /** At 2 × account the first of its rows, then the last. */
  #ends = new Int32Array(2);
  readonly #pairs = new PairRows();
  #numbers = new Float64Array(ROW_WIDTH * this.#pairs.capacity);
  /** Of each row the account's next, in the order in which they were added. */
  #next = new Int32Array(this.#pairs.capacity);
  /** Of each row, the oldest order first. */
  readonly #orders: OpenOrder[][] = [];

  /** Accounts are numbered as they come: 0, 1, 2 … */
  addAccount(): number {
    const account = this.#accounts;
    this.#accounts += 1;
    if (ACCOUNT_WIDTH * this.#accounts > this.#amounts.length) {
      this.#amounts = doubled(this.#amounts, Float64Array);
      this.#ends = doubled(this.#ends, Int32Array);
    }
    this.#ends.fill(NO_ROW, 2 * account, 2 * account + 2);
    return account;
  }

  amount(account: number, which: number): number {
    return this.#amounts[ACCOUNT_WIDTH * account + which] ?? 0;
  }

  setAmount(account: number, which: number, amount: number): void {
    this.#amounts[ACCOUNT_WIDTH * account + which] = amount;
  }

  /** Where the account's symbol lies, or NO_ROW: then it is flat. */
  find(account: number, symbol: number): number {
    return this.#pairs.find(account, symbol);
  }

  /** Begins a row, the account's last. */
  add(account: number, symbol: number): number {
    const row = this.#pairs.add(account, symbol);
    if (row >= this.#next.length) {
      this.#numbers = doubled(this.#numbers, Float64Array);
      this.#next = doubled(this.#next, Int32Array);
    }
    for (let column = 0; column < ROW_WIDTH; column += 1) this.#set(row, column, 0);
    this.#orders[row] = NO_ORDERS;
    this.#next[row] = NO_ROW;
    const last = this.#ends[2 * account + 1] ?? NO_ROW;
    if (last === NO_ROW) this.#ends[2 * account] = row;
    else this.#next[last] = row;
    this.#ends[2 * account + 1] = row;
    return row;
  }

  remove(row: number): void {
    const account = this.#pairs.first(row);
    let before = NO_ROW;
    for (let at = this.first(account); at !== row; at = this.next(at)) before = at;
    const next = this.next(row);
    if (before === NO_ROW) this.#ends[2 * account] = next;
    else this.#next[before] = next;
    if (next === NO_ROW) this.#ends[2 * account + 1] = before;
    this.#pairs.remove(row);
  }

  /** The account's first row, or NO_ROW. */
  first(account: number): number {
    return this.#ends[2 * account] ?? NO_ROW;
  }

  /** Its account's next row, or NO_ROW. */
  next(row: number): number {
    return this.#next[row] ?? NO_ROW;
  }

  symbol(row: number): number {
    return this.#pairs.second(row);
  }

  positionE4(row: number): number {
    return this.#at(row, ROW.position);
  }

  setPosition(row: number, positionE4: number): void {
    this.#set(row, ROW.position, positionE4);
  }

  /** What the open orders of a side may still execute. */
  leavesE4(row: number, side: Side): number {
    return this.#at(row, side === 'BUY' ? ROW.buyLeaves : ROW.sellLeaves);
  }

  /** What the row's open orders reserve. */
  reservedE4(row: number): number {
    return this.#at(row, ROW.reserved);
  }

  setReserved(row: number, reservedE4: number): void {
    this.#set(row, ROW.reserved, reservedE4);
  }

  orders(row: number): readonly OpenOrder[] {
    return this.#orders[row] ?? NO_ORDERS;
  }

  addOrder(row: number, order: OpenOrder): void {
    const orders = this.#orders[row] ?? NO_ORDERS;
    // A list made with its first order has room for one; one that grows from nothing, for seventeen.
    if (orders.length === 0) this.#orders[row] = [order];
    else orders.push(order);
    this.#moveLeaves(row, order.side, order.leavesE4);
  }

  /** The order keeps so much; one that is not there changes nothing. */
  setLeaves(row: number, orderId: string, leavesE4: number): void {
    const orders = this.#orders[row] ?? NO_ORDERS;
    const index = orders.findIndex((order) => order.orderId === orderId);
    const order = orders[index];
    if (order === undefined) return;
    this.#moveLeaves(row, order.side, leavesE4 - order.leavesE4);
    if (leavesE4 !== 0) orders[index] = { ...order, leavesE4 };
    else if (orders.length === 1) this.#orders[row] = NO_ORDERS;
    else orders.splice(index, 1);
  }

  #moveLeaves(row: number, side: Side, byE4: number): void {
    const column = side === 'BUY' ? ROW.buyLeaves : ROW.sellLeaves;
    this.#set(row, column, addE4(this.#at(row, column), byE4));
  }

  #at(row: number, column: number): number {
    return row === NO_ROW ? 0 : (this.#numbers[ROW_WIDTH * row + column] ?? 0);
  }

  #set(row: number, column: number, value: number): void {
    this.#numbers[ROW_WIDTH * row + column] = value;
  }
}
