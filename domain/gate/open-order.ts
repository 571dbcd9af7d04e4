import { E4, mulDivUp } from '../money.ts';
import type { NewOrder, Side } from './orders.ts';

/** What of an order is kept when it is accepted; all of its quantity may execute then. */
export type TakenOrder = Pick<
  NewOrder,
  'orderId' | 'symbol' | 'side' | 'strategy' | 'liquidation' | 'qtyE4'
>;

/** An accepted order that may still execute. */
export interface OpenOrder {
  /** Running number among the account's orders: a newer one has a higher, whatever its symbol. */
  readonly number: number;
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

/** What may still execute of it, at its reference price. */
export function leavesNotionalE4({ leavesE4, reservation }: OpenOrder): number {
  return mulDivUp(leavesE4, reservation.referencePriceE4, E4);
}
