import type { OrderRecord } from '#contracts/orders.ts';
import { fromE4 } from '#contracts/wire.ts';
import { accountIdOf, priceE4Of, scrambled, symbolOf } from './population.ts';
import type { PopulationPlan } from './population.ts';

/** The `index`-th order of a round: one share at the last price. The same in every process. */
export function orderOf(
  plan: PopulationPlan,
  round: string,
  index: number,
  ts: number,
): OrderRecord {
  const symbol = scrambled(index, 11) % plan.symbols;
  return {
    order_id: `${round}-${String(index)}`,
    ts,
    account_id: accountIdOf(scrambled(index, 10) % plan.accounts),
    symbol: symbolOf(symbol),
    side: 'BUY',
    qty: 1,
    price: fromE4(priceE4Of(symbol, 0)),
    strategy: `bench-${String(scrambled(index, 12) % 20)}`,
  };
}
