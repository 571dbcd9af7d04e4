import { accountFigures } from '#domain/margin.ts';
import { E4, sumE4 } from '#domain/money.ts';
import type { MarginPolicy } from '#domain/policy.ts';
import type { Account } from '#consumers/margin-engine/book.ts';
import { openingAccount, priceE4Of, betaE4Of, scrambled, symbolOf } from './population.ts';
import type { PopulationPlan } from './population.ts';

/**
 * How deficient a withdrawal makes an account: 100 to 3,600 whole dollars, 1/10,000 dollar. No account is
 * critical by it: a call comes, and no acceleration within the minute.
 */
export function deficiencyE4Of(account: number): number {
  return (100 + (scrambled(account, 9) % 3_501)) * E4;
}

/** What an untouched account must withdraw to be exactly that deficient. 1/10,000 dollar. */
export function withdrawalE4Of(
  plan: PopulationPlan,
  account: number,
  policy: MarginPolicy,
): number {
  return sumE4(excessE4(openingAccount(plan, account), plan, policy), deficiencyE4Of(account));
}

function excessE4(
  account: Account<ReadonlyMap<string, number>>,
  plan: PopulationPlan,
  policy: MarginPolicy,
): number {
  const positions = Array.from({ length: plan.symbols }, (_, symbol) => symbol).flatMap(
    (symbol) => {
      const qtyE4 = account.positions.get(symbolOf(symbol));
      if (qtyE4 === undefined) return [];
      const quote = { priceE4: priceE4Of(symbol, 0), betaE4: betaE4Of(symbol) };
      return [{ symbol: symbolOf(symbol), qtyE4, ...quote }];
    },
  );
  const figures = accountFigures(account.cashE4, positions, policy);
  if (figures.status === 'INDETERMINATE') throw new Error(`${account.accountId} has no excess`);
  return figures.excessE4;
}
