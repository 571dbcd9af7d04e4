import type { NewOrder } from '#domain/gate/orders.ts';
import { E4 } from '#domain/money.ts';
import type { Scope } from '#domain/scopes.ts';
import { seededRandom } from '#test/seeded-random.ts';

/** Who trades what in the gate's benchmark, and which scopes somebody holds. */

export const ACCOUNTS = 10_000;
export const SCOPES = 1_000;
export const SYMBOLS = 500;
export const STRATEGIES = 300;
/** Of each symbol, 1/10,000 dollar. */
export const PRICE_E4 = 100 * E4;
/** Every account is long so many shares of one symbol, 1/10,000 share. */
export const HELD_E4 = 1_000 * E4;

export type Hold = 'BLOCK' | 'REDUCE_ONLY' | 'CLOSE_ONLY' | 'THROTTLE';

/** A throttle so wide that it counts every order and refuses none. */
export const WIDE_RATE = 1_000_000;

export function accountOf(index: number): string {
  return `ACC_${String(index)}`;
}

export function symbolOf(index: number): string {
  return `S${String(index)}`;
}

/** What the account at `index` holds. */
export function heldBy(index: number): string {
  return symbolOf(index % SYMBOLS);
}

/** A thousand scopes: the firm's, accounts, symbols and strategies; what each of them is held by. */
export function heldScopes(): { readonly scope: Scope; readonly hold: Hold }[] {
  const scopes: { scope: Scope; hold: Hold }[] = [{ scope: { kind: 'GLOBAL' }, hold: 'THROTTLE' }];
  const add = (kind: 'ACCOUNT' | 'SYMBOL' | 'STRATEGY', id: string, holds: readonly Hold[]) => {
    const hold = holds[scopes.length % holds.length];
    if (hold !== undefined) scopes.push({ scope: { kind, id }, hold });
  };
  for (let n = 0; n < 800; n += 1) {
    add('ACCOUNT', accountOf(n), ['BLOCK', 'REDUCE_ONLY', 'CLOSE_ONLY', 'THROTTLE']);
  }
  for (let n = 0; n < 100; n += 1) {
    add('SYMBOL', symbolOf(n), ['REDUCE_ONLY', 'THROTTLE', 'THROTTLE', 'BLOCK']);
  }
  for (let n = 0; scopes.length < SCOPES; n += 1) {
    add('STRATEGY', `T${String(n)}`, ['THROTTLE', 'THROTTLE', 'THROTTLE', 'BLOCK']);
  }
  return scopes;
}

/** So many orders from the `first` on: most open one of three symbols, some reduce what is held. */
export function ordersFrom(first: number, count: number, now: number): NewOrder[] {
  const random = seededRandom(first + 1);
  return Array.from({ length: count }, (_, n) => {
    const account = random.whole(0, ACCOUNTS - 1);
    const reduces = random.chance(30);
    return {
      type: 'NEW',
      orderId: `O${String(first + n)}`,
      ts: now,
      accountId: accountOf(account),
      symbol: reduces ? heldBy(account) : symbolOf((account + random.whole(1, 3)) % SYMBOLS),
      side: reduces ? 'SELL' : 'BUY',
      qtyE4: random.whole(1, 20) * E4,
      priceE4: PRICE_E4 + random.whole(-50, 50) * 100,
      strategy: `T${String(random.whole(0, STRATEGIES - 1))}`,
      liquidation: false,
      validUntil: null,
    };
  });
}
