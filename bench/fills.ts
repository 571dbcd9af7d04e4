import type { FillRecord } from '#contracts/ingest.ts';
import { fromE4 } from '#contracts/wire.ts';
import {
  accountIdOf,
  heldSymbols,
  openingQtyE4,
  priceE4Of,
  scrambled,
  symbolOf,
} from './population.ts';
import type { PopulationPlan } from './population.ts';

/**
 * The `index`-th fill of a round: a few whole shares more of something that the account holds, so that
 * no position ends or changes its side. The same in every process.
 */
export function fillOf(
  plan: PopulationPlan,
  round: string,
  index: number,
  timestamp: number,
): FillRecord {
  const account = scrambled(index, 6) % plan.accounts;
  const held = heldSymbols(plan, account);
  const symbol = held[scrambled(index, 7) % held.length] ?? 0;
  const shares = 1 + (scrambled(index, 8) % 5);
  return {
    fill_id: `${round}-${String(index)}`,
    account_id: accountIdOf(account),
    symbol: symbolOf(symbol),
    qty: openingQtyE4(account, symbol) < 0 ? -shares : shares,
    price: fromE4(priceE4Of(symbol, 0)),
    timestamp,
  };
}
