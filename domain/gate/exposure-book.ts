import { chargedE4, maintenanceCharge } from '../margin.ts';
import { addE4, E4, mulDivUp, requirementE4 } from '../money.ts';
import { ACCOUNT, ExposureRows } from './exposure-rows.ts';
import type { GatePolicy } from './gate-policy.ts';
import { Names } from './names.ts';
import { leavesNotionalE4 } from './open-order.ts';
import type { OpenOrder, Reservation, TakenOrder } from './open-order.ts';
import { signedQtyE4 } from './orders.ts';
import type { Side } from './orders.ts';
import { NO_ROW } from './pair-rows.ts';

/** How an order meets its symbol: shares of it that reduce, and that open (1/10,000 share). */
export interface Effect {
  readonly positionE4: number;
  /** R: the leaves that already reduce the position. */
  readonly reducingLeavesE4: number;
  readonly reducesE4: number;
  readonly opensE4: number;
}

/** An amount that nobody has told. */
const UNKNOWN = Number.NaN;

/**
 * What the accounts of a gate have and may come to have: positions, leaves and reservations, which move
 * together (RULES, Close-only: quantity is reserved before an order is sent). Accounts and symbols go by
 * their numbers; AccountExposure speaks of one account by names. Amounts in 1/10,000.
 */
export class ExposureBook {
  readonly symbols: Names;
  readonly #policy: GatePolicy;
  readonly #rows = new ExposureRows();

  constructor(policy: GatePolicy, hashSeed = 0) {
    this.#policy = policy;
    this.symbols = new Names(hashSeed);
  }

  /** A flat account; the first has number 0, and so on. */
  addAccount(): number {
    const account = this.#rows.addAccount();
    this.setKnown(account, true);
    this.setExcess(account, null);
    this.setCash(account, null);
    return account;
  }

  isKnown(account: number): boolean {
    return this.#rows.amount(account, ACCOUNT.known) !== 0;
  }

  setKnown(account: number, isKnown: boolean): void {
    this.#rows.setAmount(account, ACCOUNT.known, isKnown ? 1 : 0);
  }

  excessE4(account: number): number | null {
    return told(this.#rows.amount(account, ACCOUNT.excess));
  }

  setExcess(account: number, excessE4: number | null): void {
    this.#rows.setAmount(account, ACCOUNT.excess, excessE4 ?? UNKNOWN);
  }

  cashE4(account: number): number | null {
    return told(this.#rows.amount(account, ACCOUNT.cash));
  }

  setCash(account: number, cashE4: number | null): void {
    this.#rows.setAmount(account, ACCOUNT.cash, cashE4 ?? UNKNOWN);
  }

  unsettledE4(account: number): number {
    return this.#rows.amount(account, ACCOUNT.unsettled);
  }

  setUnsettled(account: number, unsettledE4: number): void {
    this.#rows.setAmount(account, ACCOUNT.unsettled, unsettledE4);
  }

  /** Σ over opening leaves of what they reserve. */
  reservedE4(account: number): number {
    return this.#rows.amount(account, ACCOUNT.reserved);
  }

  /** What of the excess open orders and executions have taken already. */
  heldBackE4(account: number): number {
    return addE4(this.reservedE4(account), this.unsettledE4(account));
  }

  /** The buying power that open buys claim of the cash, at their reference prices. */
  buyLeavesNotionalE4(account: number): number {
    let total = 0;
    for (const order of this.openOrders(account)) {
      if (order.side === 'BUY') total = addE4(total, leavesNotionalE4(order));
    }
    return total;
  }

  positionE4(account: number, symbol: number): number {
    return this.#rows.positionE4(this.#rows.find(account, symbol));
  }

  /** Positions that are not flat, by symbol, for the caller to change. */
  positionsOf(account: number): Map<string, number> {
    const rows = this.#rows;
    const positions = new Map<string, number>();
    for (let row = rows.first(account); row !== NO_ROW; row = rows.next(row)) {
      const positionE4 = rows.positionE4(row);
      if (positionE4 !== 0) positions.set(this.symbols.nameOf(rows.symbol(row)), positionE4);
    }
    return positions;
  }

  *openOrders(account: number): Iterable<OpenOrder> {
    const rows = this.#rows;
    for (let row = rows.first(account); row !== NO_ROW; row = rows.next(row)) {
      yield* rows.orders(row);
    }
  }

  /** The open orders in one symbol, the oldest first. */
  ordersIn(account: number, symbol: number): readonly OpenOrder[] {
    return this.#rows.orders(this.#rows.find(account, symbol));
  }

  /** How many of an order's shares reduce the position and how many open, after the open orders. */
  effectOf(account: number, symbol: number, side: Side, qtyE4: number): Effect {
    return this.#effectAt(this.#rows.find(account, symbol), side, qtyE4);
  }

  #effectAt(row: number, side: Side, qtyE4: number): Effect {
    const positionE4 = this.#rows.positionE4(row);
    const opposite = isOpposite(side, positionE4);
    const reducingLeavesE4 = opposite ? this.#rows.leavesE4(row, side) : 0;
    const free = opposite ? Math.max(0, Math.abs(positionE4) - reducingLeavesE4) : 0;
    const reducesE4 = Math.min(qtyE4, free);
    return { positionE4, reducingLeavesE4, reducesE4, opensE4: qtyE4 - reducesE4 };
  }

  /** What so many opening shares of a symbol on that side reserve. Rounds up. */
  reserveE4(symbol: string, side: Side, opensE4: number, reservation: Reservation): number {
    if (opensE4 === 0) return 0;
    const { referencePriceE4, adversePriceE4 } = reservation;
    const { creditRate, nonMarginable, margin } = this.#policy;
    const floorE4 = nonMarginable.has(symbol)
      ? mulDivUp(opensE4, referencePriceE4, E4)
      : requirementE4(opensE4, referencePriceE4, creditRate);
    const signedE4 = signedQtyE4(side, opensE4);
    const charge = maintenanceCharge(signedE4, referencePriceE4, margin);
    const marginE4 = Math.max(floorE4, chargedE4(signedE4, referencePriceE4, charge));
    return addE4(marginE4, mulDivUp(opensE4, adversePriceE4, E4));
  }

  /** Reserves an accepted order's quantity, before it is sent. */
  accept(account: number, number: number, order: TakenOrder, reservation: Reservation): void {
    const { symbol, side, qtyE4 } = order;
    const row = this.#row(account, number);
    const { opensE4 } = this.#effectAt(row, side, qtyE4);
    this.#rows.addOrder(row, {
      number: this.#countAccepted(account),
      orderId: order.orderId,
      symbol,
      side,
      strategy: order.strategy,
      liquidation: order.liquidation,
      leavesE4: qtyE4,
      reservation,
    });
    this.#reserve(account, row, this.reserveE4(symbol, side, opensE4, reservation));
  }

  /** The number of the account's next order. */
  #countAccepted(account: number): number {
    const number = this.#rows.amount(account, ACCOUNT.accepted) + 1;
    this.#rows.setAmount(account, ACCOUNT.accepted, number);
    return number;
  }

  /** Moves the position and sets what the order keeps, in one step (DESIGN 20). */
  execute(
    account: number,
    symbol: number,
    movedE4: number,
    orderId: string,
    leavesE4: number,
  ): void {
    const row = this.#row(account, symbol);
    this.#rows.setPosition(row, addE4(this.#rows.positionE4(row), movedE4));
    this.#rows.setLeaves(row, orderId, leavesE4);
    this.#settle(account, row);
  }

  setPosition(account: number, symbol: number, positionE4: number): void {
    const row = this.#row(account, symbol);
    this.#rows.setPosition(row, positionE4);
    this.#settle(account, row);
  }

  /** A symbol that is flat again without orders is forgotten: an account may have traded thousands. */
  #settle(account: number, row: number): void {
    this.#reserveAnew(account, row);
    if (this.#rows.positionE4(row) === 0 && this.#rows.orders(row).length === 0) {
      this.#rows.remove(row);
    }
  }

  /** The oldest orders reduce first; what the position no longer covers opens. */
  #reserveAnew(account: number, row: number): void {
    this.#reserve(account, row, -this.#rows.reservedE4(row));
    const positionE4 = this.#rows.positionE4(row);
    let free = Math.abs(positionE4);
    for (const { symbol, side, leavesE4, reservation } of this.#rows.orders(row)) {
      const reduces = isOpposite(side, positionE4) ? Math.min(leavesE4, free) : 0;
      free -= reduces;
      this.#reserve(account, row, this.reserveE4(symbol, side, leavesE4 - reduces, reservation));
    }
  }

  #reserve(account: number, row: number, byE4: number): void {
    this.#rows.setReserved(row, addE4(this.#rows.reservedE4(row), byE4));
    this.#rows.setAmount(account, ACCOUNT.reserved, addE4(this.reservedE4(account), byE4));
  }

  #row(account: number, symbol: number): number {
    const row = this.#rows.find(account, symbol);
    return row === NO_ROW ? this.#rows.add(account, symbol) : row;
  }
}

function told(amount: number): number | null {
  return Number.isNaN(amount) ? null : amount;
}

/** Does an order of that side lower the position? Nothing lowers a flat one. */
function isOpposite(side: Side, positionE4: number): boolean {
  return side === 'SELL' ? positionE4 > 0 : positionE4 < 0;
}
