import type { Side } from '#domain/gate/orders.ts';

/**
 * An account as the gate should know it, kept in the plainest way: lists of what was told, and sums over
 * them for each question. Quantities in 1/10,000 share, prices and amounts in 1/10,000 dollar.
 */

export interface ModelOrder {
  readonly orderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly strategy: string;
  readonly liquidation: boolean;
  leavesE4: number;
  readonly priceE4: number;
  readonly adverseE4: number;
}

/** An execution that the engine's figures do not have yet. */
interface Unsettled {
  readonly fillOffset: number;
  readonly symbol: string;
  readonly movedE4: number;
  readonly heldBackE4: number;
}

export interface ModelExecution {
  readonly orderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly lastQtyE4: number;
  readonly leavesE4: number;
  readonly fillOffset: number | null;
}

export class ModelAccount {
  /** Accepted orders that may still execute, the oldest first. */
  orders: ModelOrder[] = [];
  excessE4 = 0;
  #told = new Map<string, number>();
  #fillsPosition = 0;
  #unsettled: Unsettled[] = [];

  /** The figures as of so many fills. */
  tell(positions: ReadonlyMap<string, number>, fillsPosition: number, excessE4: number): void {
    this.#told = new Map(positions);
    this.#fillsPosition = fillsPosition;
    this.#unsettled = this.#unsettled.filter(({ fillOffset }) => fillOffset >= fillsPosition);
    this.excessE4 = excessE4;
  }

  execute({ orderId, symbol, side, lastQtyE4, leavesE4, fillOffset }: ModelExecution): void {
    const order = this.orders.find((one) => one.orderId === orderId);
    if (fillOffset !== null && fillOffset >= this.#fillsPosition) {
      const movedE4 = side === 'BUY' ? lastQtyE4 : -lastQtyE4;
      const beforeE4 = this.positionE4(symbol);
      const closesE4 = beforeE4 * movedE4 < 0 ? Math.min(Math.abs(beforeE4), lastQtyE4) : 0;
      const heldBackE4 = order === undefined ? 0 : reserveE4(lastQtyE4 - closesE4, order);
      this.#unsettled.push({ fillOffset, symbol, movedE4, heldBackE4 });
    }
    if (order !== undefined) order.leavesE4 = leavesE4;
    this.orders = this.orders.filter((one) => one.leavesE4 > 0);
  }

  isIncluded(fillOffset: number | null): boolean {
    return fillOffset === null || fillOffset < this.#fillsPosition;
  }

  positionE4(symbol: string): number {
    const moved = this.#unsettled.filter((one) => one.symbol === symbol);
    return moved.reduce((sum, { movedE4 }) => sum + movedE4, this.#told.get(symbol) ?? 0);
  }

  get unsettledE4(): number {
    return this.#unsettled.reduce((sum, { heldBackE4 }) => sum + heldBackE4, 0);
  }

  /** R: leaves of open orders on the other side than the position. */
  reducingE4(symbol: string): number {
    return this.#opposite(symbol).reduce((sum, { leavesE4 }) => sum + leavesE4, 0);
  }

  /** How much of so many shares on that side would open, after the open orders. */
  opensE4(symbol: string, side: Side, qtyE4: number): number {
    const positionE4 = this.positionE4(symbol);
    if (!isOpposite(side, positionE4)) return qtyE4;
    return qtyE4 - Math.min(qtyE4, Math.max(0, Math.abs(positionE4) - this.reducingE4(symbol)));
  }

  /** What all open orders hold back: the oldest reduce first. */
  reservedE4(symbols: readonly string[]): number {
    let totalE4 = 0;
    for (const symbol of symbols) {
      const positionE4 = this.positionE4(symbol);
      let freeE4 = Math.abs(positionE4);
      for (const order of this.orders) {
        if (order.symbol !== symbol) continue;
        const reducesE4 = isOpposite(order.side, positionE4) ? Math.min(order.leavesE4, freeE4) : 0;
        freeE4 -= reducesE4;
        totalE4 += reserveE4(order.leavesE4 - reducesE4, order);
      }
    }
    return totalE4;
  }

  #opposite(symbol: string): ModelOrder[] {
    const positionE4 = this.positionE4(symbol);
    return this.orders.filter((one) => one.symbol === symbol && isOpposite(one.side, positionE4));
  }
}

export function isOpposite(side: Side, positionE4: number): boolean {
  return side === 'BUY' ? positionE4 < 0 : positionE4 > 0;
}

/** Half the value at the limit, and what the limit concedes; the model's prices lie far above $10. */
export function reserveE4(
  opensE4: number,
  { priceE4, adverseE4 }: Pick<ModelOrder, 'priceE4' | 'adverseE4'>,
): number {
  return Math.ceil((opensE4 * priceE4) / 20_000) + Math.ceil((opensE4 * adverseE4) / 10_000);
}
