import { chargedE4, maintenanceCharge } from '../margin.ts';
import { addE4, E4, mulDivUp, requirementE4 } from '../money.ts';
import type { GatePolicy } from './gate-policy.ts';
import type { Side } from './orders.ts';
import { signedQtyE4 } from './orders.ts';

/** An accepted order that may still execute. */
export interface OpenOrder {
  readonly orderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly strategy: string;
  readonly liquidation: boolean;
  /** What may still execute, 1/10,000 share. */
  readonly leavesE4: number;
  /** What each share of it reserves if it opens. */
  readonly reservation: Reservation;
}

/** What an opening share reserves: margin at its reference price, and the loss that its limit concedes. */
export interface Reservation {
  /** Limit, or last × (1 + collar) when it has none (RULES, Market access). 1/10,000 dollar. */
  readonly referencePriceE4: number;
  /** By how much the limit is worse than the last price: a fill loses it at once. ≥ 0. */
  readonly adversePriceE4: number;
}

/** One symbol of an account: position, what its open orders may still do to it, what that reserves. */
export interface SymbolExposure {
  positionE4: number;
  buyLeavesE4: number;
  sellLeavesE4: number;
  reservedE4: number;
  /** The oldest first. Few: an array is quicker to make than a map, and made for each symbol. */
  orders: OpenOrder[];
}

/** How an order meets its symbol: shares of it that reduce, and that open (1/10,000 share). */
export interface Effect {
  readonly positionE4: number;
  /** R: the leaves that already reduce the position. */
  readonly reducingLeavesE4: number;
  readonly reducesE4: number;
  readonly opensE4: number;
}

function flat(): SymbolExposure {
  return { positionE4: 0, buyLeavesE4: 0, sellLeavesE4: 0, reservedE4: 0, orders: [] };
}

const FLAT = flat();

/**
 * What an account has and may come to have: positions, leaves and reservations, which move together
 * (RULES, Close-only: quantity is reserved before an order is sent). Amounts in 1/10,000.
 */
export class AccountExposure {
  /** False while nobody has told the positions: then nothing but cancels passes. */
  isKnown = true;
  /**
   * What executions hold back that the excess does not include yet: they have left the open orders,
   * and the engine has not yet counted them.
   */
  unsettledE4 = 0;
  /** null while unknown: then nothing opens. */
  excessE4: number | null = null;
  /** null while unknown. */
  cashE4: number | null = null;
  readonly #symbols = new Map<string, SymbolExposure>();
  readonly #policy: GatePolicy;
  #reservedE4 = 0;

  constructor(policy: GatePolicy) {
    this.#policy = policy;
  }

  /** Σ over opening leaves of what they reserve. */
  get reservedE4(): number {
    return this.#reservedE4;
  }

  positionE4(symbol: string): number {
    return this.#symbols.get(symbol)?.positionE4 ?? 0;
  }

  *positions(): Iterable<readonly [symbol: string, positionE4: number]> {
    for (const [symbol, { positionE4 }] of this.#symbols) {
      if (positionE4 !== 0) yield [symbol, positionE4];
    }
  }

  *openOrders(): Iterable<OpenOrder> {
    for (const { orders } of this.#symbols.values()) yield* orders;
  }

  /** The account's open order of that id, if it is in that symbol. */
  openOrder(symbol: string, orderId: string): OpenOrder | undefined {
    return this.#symbols.get(symbol)?.orders.find((order) => order.orderId === orderId);
  }

  /** What the account has in a symbol: looked up once, asked by each check of an order. */
  in(symbol: string): SymbolExposure {
    return this.#symbols.get(symbol) ?? FLAT;
  }

  /** How many of an order's shares reduce the position and how many open, after the open orders. */
  effectOf(symbol: string, side: Side, qtyE4: number): Effect {
    return effectAt(this.in(symbol), side, qtyE4);
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

  /** The buying power that open buys claim of the cash, at their reference prices. */
  buyLeavesNotionalE4(): number {
    let total = 0;
    for (const order of this.openOrders()) {
      if (order.side === 'BUY') total = addE4(total, leavesNotionalE4(order));
    }
    return total;
  }

  /** Reserves an accepted order's quantity, before it is sent. `seen` is what its symbol had just now. */
  accept(order: OpenOrder, seen: SymbolExposure = FLAT): void {
    const at = seen === FLAT ? this.#at(order.symbol) : seen;
    const { opensE4 } = effectAt(at, order.side, order.leavesE4);
    // A list made with its first order has room for one; one that grows from nothing, for seventeen.
    if (at.orders.length === 0) at.orders = [order];
    else at.orders.push(order);
    if (order.side === 'BUY') at.buyLeavesE4 = addE4(at.buyLeavesE4, order.leavesE4);
    else at.sellLeavesE4 = addE4(at.sellLeavesE4, order.leavesE4);
    this.#reserve(at, this.reserveE4(order.symbol, order.side, opensE4, order.reservation));
  }

  /**
   * One execution record: the position moves by what executed and the order keeps `leavesE4`, in one
   * step (DESIGN 20). An order that is unknown here, such as one of another venue, moves the position only.
   */
  execute(symbol: string, movedE4: number, orderId: string, leavesE4: number): void {
    const at = this.#at(symbol);
    at.positionE4 = addE4(at.positionE4, movedE4);
    this.#setLeaves(at, orderId, leavesE4);
    this.#settle(symbol, at);
  }

  /** Sets what the account holds, such as from a fill that no order of ours made. */
  setPosition(symbol: string, positionE4: number): void {
    const at = this.#at(symbol);
    at.positionE4 = positionE4;
    this.#settle(symbol, at);
  }

  /** A symbol that is flat again without orders is forgotten: an account may have traded thousands. */
  #settle(symbol: string, at: SymbolExposure): void {
    this.#reserveAnew(symbol, at);
    if (at.positionE4 === 0 && at.orders.length === 0) this.#symbols.delete(symbol);
  }

  #setLeaves(at: SymbolExposure, orderId: string, leavesE4: number): void {
    const index = at.orders.findIndex((order) => order.orderId === orderId);
    const order = at.orders[index];
    if (order === undefined) return;
    const gone = order.leavesE4 - leavesE4;
    if (order.side === 'BUY') at.buyLeavesE4 -= gone;
    else at.sellLeavesE4 -= gone;
    if (leavesE4 === 0) at.orders.splice(index, 1);
    else at.orders[index] = { ...order, leavesE4 };
  }

  /** The oldest orders reduce first; what the position no longer covers opens. */
  #reserveAnew(symbol: string, at: SymbolExposure): void {
    this.#reserve(at, -at.reservedE4);
    let free = Math.abs(at.positionE4);
    for (const { side, leavesE4, reservation } of at.orders) {
      const reduces = isOpposite(side, at.positionE4) ? Math.min(leavesE4, free) : 0;
      free -= reduces;
      this.#reserve(at, this.reserveE4(symbol, side, leavesE4 - reduces, reservation));
    }
  }

  #reserve(at: SymbolExposure, byE4: number): void {
    at.reservedE4 = addE4(at.reservedE4, byE4);
    this.#reservedE4 = addE4(this.#reservedE4, byE4);
  }

  #at(symbol: string): SymbolExposure {
    let at = this.#symbols.get(symbol);
    if (at === undefined) {
      at = flat();
      this.#symbols.set(symbol, at);
    }
    return at;
  }
}

/** What an open order's leaves come to at its reference price. */
export function leavesNotionalE4({ leavesE4, reservation }: OpenOrder): number {
  return mulDivUp(leavesE4, reservation.referencePriceE4, E4);
}

/** How many of an order's shares reduce and how many open, given what its symbol has. */
export function effectAt(at: SymbolExposure, side: Side, qtyE4: number): Effect {
  const opposite = isOpposite(side, at.positionE4);
  const reducingLeavesE4 = at.positionE4 > 0 ? at.sellLeavesE4 : at.buyLeavesE4;
  const free = opposite ? Math.max(0, Math.abs(at.positionE4) - reducingLeavesE4) : 0;
  const reducesE4 = Math.min(qtyE4, free);
  return {
    positionE4: at.positionE4,
    reducingLeavesE4: opposite ? reducingLeavesE4 : 0,
    reducesE4,
    opensE4: qtyE4 - reducesE4,
  };
}

/** Does an order of that side lower the position? Nothing lowers a flat one. */
function isOpposite(side: Side, positionE4: number): boolean {
  return side === 'SELL' ? positionE4 > 0 : positionE4 < 0;
}
