import type { OrderRecord } from '#contracts/orders.ts';
import { fromE4 } from '#contracts/wire.ts';
import { accountIdOf, priceE4Of, scrambled, symbolOf } from './population.ts';
import type { PopulationPlan } from './population.ts';

/** Some accounts, each with so many orders in a row, in turn. */
export interface OrderingAccounts {
  readonly first: number;
  readonly count: number;
  readonly inARow: number;
}

/**
 * The `index`-th order of a round: one share at the last price, of all accounts in disorder or of some
 * in turn. The same in every process.
 */
export function orderOf(
  plan: PopulationPlan,
  round: string,
  index: number,
  ts: number,
  some?: OrderingAccounts,
): OrderRecord {
  const account =
    some === undefined
      ? scrambled(index, 10) % plan.accounts
      : some.first + (Math.floor(index / some.inARow) % some.count);
  const symbol = scrambled(index, 11) % plan.symbols;
  return {
    order_id: `${round}-${String(index)}`,
    ts,
    account_id: accountIdOf(account),
    symbol: symbolOf(symbol),
    side: 'BUY',
    qty: 1,
    price: fromE4(priceE4Of(symbol, 0)),
    strategy: `bench-${String(scrambled(index, 12) % 20)}`,
  };
}
