import { ExposureBook } from './exposure-book.ts';
import type { Effect } from './exposure-book.ts';
import type { GatePolicy } from './gate-policy.ts';
import type { OpenOrder, Reservation, TakenOrder } from './open-order.ts';
import type { Side } from './orders.ts';

/** One account of an ExposureBook, with symbols by their names. Amounts in 1/10,000. */
export class AccountExposure {
  readonly #book: ExposureBook;
  readonly #account: number;

  /** The newest account of `book`; one that stands alone has a book of its own. */
  constructor(policy: GatePolicy, book = new ExposureBook(policy)) {
    this.#book = book;
    this.#account = book.addAccount();
  }

  /** False while nobody has told the positions: then nothing but cancels passes. */
  get isKnown(): boolean {
    return this.#book.isKnown(this.#account);
  }

  set isKnown(isKnown: boolean) {
    this.#book.setKnown(this.#account, isKnown);
  }

  /**
   * What executions hold back that the excess does not include yet: they have left the open orders,
   * and the engine has not yet counted them.
   */
  get unsettledE4(): number {
    return this.#book.unsettledE4(this.#account);
  }

  set unsettledE4(unsettledE4: number) {
    this.#book.setUnsettled(this.#account, unsettledE4);
  }

  /** null while unknown: then nothing opens. */
  get excessE4(): number | null {
    return this.#book.excessE4(this.#account);
  }

  set excessE4(excessE4: number | null) {
    this.#book.setExcess(this.#account, excessE4);
  }

  /** null while unknown. */
  get cashE4(): number | null {
    return this.#book.cashE4(this.#account);
  }

  set cashE4(cashE4: number | null) {
    this.#book.setCash(this.#account, cashE4);
  }

  /** Σ over opening leaves of what they reserve. */
  get reservedE4(): number {
    return this.#book.reservedE4(this.#account);
  }

  positionE4(symbol: string): number {
    return this.#book.positionE4(this.#account, this.#book.symbols.find(symbol));
  }

  positions(): Iterable<readonly [symbol: string, positionE4: number]> {
    return this.#book.positionsOf(this.#account);
  }

  openOrders(): Iterable<OpenOrder> {
    return this.#book.openOrders(this.#account);
  }

  /** The account's open order of that id, if it is in that symbol. */
  openOrder(symbol: string, orderId: string): OpenOrder | undefined {
    const orders = this.#book.ordersIn(this.#account, this.#book.symbols.find(symbol));
    return orders.find((order) => order.orderId === orderId);
  }

  /** How many of an order's shares reduce the position and how many open, after the open orders. */
  effectOf(symbol: string, side: Side, qtyE4: number): Effect {
    return this.#book.effectOf(this.#account, this.#book.symbols.find(symbol), side, qtyE4);
  }

  /** What so many opening shares of a symbol on that side reserve. Rounds up. */
  reserveE4(symbol: string, side: Side, opensE4: number, reservation: Reservation): number {
    return this.#book.reserveE4(symbol, side, opensE4, reservation);
  }

  /** The buying power that open buys claim of the cash, at their reference prices. */
  buyLeavesNotionalE4(): number {
    return this.#book.buyLeavesNotionalE4(this.#account);
  }

  /** Reserves an accepted order's quantity, before it is sent. */
  accept(order: TakenOrder, reservation: Reservation): void {
    this.#book.accept(this.#account, this.#book.symbols.add(order.symbol), order, reservation);
  }

  /**
   * One execution record: the position moves by what executed and the order keeps `leavesE4`, in one
   * step (DESIGN 20). An order that is unknown here, such as one of another venue, moves the position only.
   */
  execute(symbol: string, movedE4: number, orderId: string, leavesE4: number): void {
    const number = this.#book.symbols.add(symbol);
    this.#book.execute(this.#account, number, movedE4, orderId, leavesE4);
  }

  /** Sets what the account holds, such as from a fill that no order of ours made. */
  setPosition(symbol: string, positionE4: number): void {
    this.#book.setPosition(this.#account, this.#book.symbols.add(symbol), positionE4);
  }
}
