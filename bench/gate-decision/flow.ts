import { parseOrder } from '#contracts/orders.ts';
import type { OrderRecord } from '#contracts/orders.ts';
import type { NewOrder, Order } from '#domain/gate/orders.ts';
import { E4 } from '#domain/money.ts';
import type { Scope } from '#domain/scopes.ts';
import { seededRandom } from '#test/seeded-random.ts';
import type { Random } from '#test/seeded-random.ts';

/** Who trades what in the gate's benchmark, and what stands in their way. */

export const ACCOUNTS = 10_000;
export const SCOPES = 1_000;
export const SYMBOLS = 500;
export const STRATEGIES = 300;
/** Of each symbol, dollars. */
export const PRICE = 100;
/** Every account is long so many shares of one symbol, 1/10,000 share. */
export const HELD_E4 = 1_000 * E4;
/** One millisecond of the flow's own time holds so many orders: 5,000 a second. */
export const ORDERS_PER_MS = 5;

export type Hold =
  | { readonly kind: 'BLOCK' | 'REDUCE_ONLY' | 'CLOSE_ONLY' }
  | { readonly kind: 'THROTTLE'; readonly ratePerS: number };

const BLOCK: Hold = { kind: 'BLOCK' };
const REDUCE_ONLY: Hold = { kind: 'REDUCE_ONLY' };
const CLOSE_ONLY: Hold = { kind: 'CLOSE_ONLY' };
/** So wide that it counts every order and refuses none. */
const WIDE: Hold = { kind: 'THROTTLE', ratePerS: 1_000_000 };
/** A strategy has 16 orders a second on average. */
const TIGHT: Hold = { kind: 'THROTTLE', ratePerS: 10 };

export function accountOf(index: number): string {
  return `ACC_${String(index)}`;
}

export function symbolOf(index: number): string {
  return `S${String(index)}`;
}

function strategyOf(index: number): string {
  return `T${String(index)}`;
}

/** What the account at `index` holds. */
export function heldBy(index: number): string {
  return symbolOf(index % SYMBOLS);
}

/** What the account at `index` may lose, dollars: one in fifty has nothing left to open with. */
export function excessOf(index: number): number {
  return index % 50 === 49 ? 0 : 20_000;
}

/** The day's quota of one symbol in a hundred is used up. */
export function isSpent(symbolIndex: number): boolean {
  return symbolIndex % 100 === 99;
}

/** A thousand scopes: the firm's, accounts, symbols and strategies; what each of them is held by. */
export function heldScopes(): { readonly scope: Scope; readonly hold: Hold }[] {
  const scopes: { scope: Scope; hold: Hold }[] = [{ scope: { kind: 'GLOBAL' }, hold: WIDE }];
  const add = (kind: 'ACCOUNT' | 'SYMBOL' | 'STRATEGY', id: string, holds: readonly Hold[]) => {
    const hold = holds[scopes.length % holds.length];
    if (hold !== undefined) scopes.push({ scope: { kind, id }, hold });
  };
  for (let n = 0; n < 800; n += 1) {
    add('ACCOUNT', accountOf(n), [BLOCK, REDUCE_ONLY, CLOSE_ONLY, WIDE]);
  }
  for (let n = 0; n < 100; n += 1) {
    add('SYMBOL', symbolOf(n), [REDUCE_ONLY, WIDE, WIDE, BLOCK]);
  }
  for (let n = 0; scopes.length < SCOPES; n += 1) {
    add('STRATEGY', strategyOf(n), [WIDE, TIGHT, WIDE, BLOCK]);
  }
  return scopes;
}

/** One order and the instant at which it comes, ms of the flow's own time. */
export interface Arrival {
  readonly order: Order;
  readonly now: number;
}

/**
 * The order number `index`, read from its wire form as the gate reads it. Most open one of three
 * symbols and some reduce what is held; a few are cancels, liquidations, repeated, too old or mispriced.
 */
export function arrivalOf(index: number): Arrival {
  const now = 1_000_000 + Math.floor(index / ORDERS_PER_MS);
  const random = seededRandom(Math.imul(index + 1, 0x9e37_79b1));
  const parsed = parseOrder(JSON.parse(JSON.stringify(recordOf(index, now, random))));
  if (parsed.is !== 'ORDER') throw new Error('the flow has an order that is none');
  const isLiquidation = parsed.order.type === 'NEW' && random.chance(0.5);
  return { order: isLiquidation ? liquidation(parsed.order, now) : parsed.order, now };
}

function recordOf(index: number, now: number, random: Random): OrderRecord {
  const account = random.whole(0, ACCOUNTS - 1);
  const common = { order_id: orderIdOf(index), ts: now, account_id: accountOf(account) };
  if (random.chance(3)) {
    return { ...common, type: 'CANCEL', cancel_order_id: orderIdOf(Math.max(0, index - 100)) };
  }
  const reduces = random.chance(30);
  const isMispriced = random.chance(0.5);
  return {
    ...common,
    order_id: random.chance(0.5) ? 'again' : common.order_id,
    ts: random.chance(0.2) ? now - 6_000 : now,
    symbol: reduces ? heldBy(account) : symbolOf((account + random.whole(1, 3)) % SYMBOLS),
    side: reduces ? 'SELL' : 'BUY',
    qty: random.whole(1, 20),
    price: isMispriced ? 2 * PRICE : PRICE + random.whole(-50, 50) / 100,
    strategy: strategyOf(random.whole(0, STRATEGIES - 1)),
  };
}

/** As long as many clients': it is no short word that the engine would know by heart. */
function orderIdOf(index: number): string {
  return `ORD-20260301-${String(index).padStart(8, '0')}`;
}

/** A share of what the account holds, sold by the firm. */
function liquidation(order: Extract<Order, { type: 'NEW' }>, now: number): NewOrder {
  const account = Number(order.accountId.slice(accountOf(0).length - 1));
  const symbol = heldBy(account);
  return { ...order, symbol, side: 'SELL', qtyE4: E4, liquidation: true, validUntil: now + 1_000 };
}
