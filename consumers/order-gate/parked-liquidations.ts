import type { NewOrder } from '#domain/gate/orders.ts';
import type { InboundRecord } from '#ports/records.ts';

/** A slice waits at most this long for the cancels before it. */
export const PARKED_MS_MAX = 1_000;

/** A liquidation order that waits until the customer's own orders in its symbol are gone. */
export interface ParkedLiquidation {
  readonly record: InboundRecord;
  readonly order: NewOrder;
  readonly corrId: string;
  /** Its quantity is reserved while it waits; false of one that came twice. */
  readonly reserves: boolean;
}

/** Bounded by time: each goes on after PARKED_MS_MAX, whatever became of the cancels. */
export class ParkedLiquidations {
  readonly #parked = new Map<ParkedLiquidation, number>();

  get size(): number {
    return this.#parked.size;
  }

  /** Does an account's order of that id wait? */
  has(accountId: string, orderId: string): boolean {
    for (const { order } of this.#parked.keys()) {
      if (order.orderId === orderId && order.accountId === accountId) return true;
    }
    return false;
  }

  add(parked: ParkedLiquidation, now: number): void {
    this.#parked.set(parked, now + PARKED_MS_MAX);
  }

  /** Takes out those that need not wait any longer, in the order in which they came. */
  take(now: number, isFree: (order: NewOrder) => boolean): ParkedLiquidation[] {
    const ready = [...this.#parked].filter(
      ([{ order }, until]) => now >= until || now >= (order.validUntil ?? until) || isFree(order),
    );
    for (const [parked] of ready) this.#parked.delete(parked);
    return ready.map(([parked]) => parked);
  }
}
