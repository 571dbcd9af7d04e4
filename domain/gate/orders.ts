/** What stands before the gate. Quantities in 1/10,000 share, prices in 1/10,000 dollar, instants in ms. */

export type Side = 'BUY' | 'SELL';

/** Ids of a case's own orders begin so, and no customer's order may. */
export const LIQUIDATION_ID_PREFIX = 'LQ-';

/** A new order of a customer, or of a case that liquidates (`liquidation`). */
export interface NewOrder {
  readonly type: 'NEW';
  readonly orderId: string;
  readonly ts: number;
  readonly accountId: string;
  readonly symbol: string;
  readonly side: Side;
  /** > 0. */
  readonly qtyE4: number;
  /** The limit, > 0. */
  readonly priceE4: number;
  readonly strategy: string;
  readonly liquidation: boolean;
  /** When a liquidation order ends, ms; null for a customer's, whose age is limited instead. */
  readonly validUntil: number | null;
}

/** Takes back what is left of an accepted order. It lowers risk: nothing but its form can refuse it. */
export interface CancelOrder {
  readonly type: 'CANCEL';
  readonly orderId: string;
  readonly ts: number;
  readonly accountId: string;
  readonly cancelOrderId: string;
}

export type Order = NewOrder | CancelOrder;

/** An order in the domain's sign: a buy is positive. */
export function signedQtyE4(side: Side, qtyE4: number): number {
  return side === 'BUY' ? qtyE4 : -qtyE4;
}
