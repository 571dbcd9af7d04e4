import { toE4, fromE4 } from '#contracts/wire.ts';
import type { AccountChronicle } from './chronicle.ts';
import type { Prices } from './market.ts';

/**
 * The equity of an account at the last close, worked out from what was bought at the first, what its
 * customer paid, what the venue executed, and the close; dollars. No figures of the product are in it.
 */
export function equityByExecutions(
  { account, payments, executions }: AccountChronicle,
  closes: readonly Prices[],
): number {
  const [bought = {}, last = {}] = [closes[0], closes.at(-1)];
  const held = new Map(account.holdings.map(({ symbol, qty }) => [symbol, qty]));
  let cashE4 = BigInt(toE4(account.deposit));
  for (const { symbol, qty } of account.holdings) cashE4 -= valueE4(qty, bought[symbol]);
  for (const { amount } of payments) cashE4 += BigInt(toE4(amount));
  for (const { symbol, side, last_qty: lastQty, last_price: price } of executions) {
    if (lastQty === 0 || price === null) continue;
    const qty = side === 'SELL' ? -lastQty : lastQty;
    cashE4 -= valueE4(qty, price);
    held.set(symbol, (held.get(symbol) ?? 0) + qty);
  }
  for (const [symbol, qty] of held) cashE4 += valueE4(qty, last[symbol]);
  return fromE4(Number(cashE4));
}

/** Whole shares at whole cents: the product is exact. */
function valueE4(qty: number, price = 0): bigint {
  return BigInt(qty) * BigInt(toE4(price));
}
