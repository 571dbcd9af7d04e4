import { chargedE4, maintenanceCharge } from '../margin.ts';
import { addE4 } from '../money.ts';
import type { MarginPolicy } from '../policy.ts';

/**
 * The maintenance requirement of positions at the last prices, 1/10,000 dollar; null while one has no
 * price. The sum that `accountFigures` gives, without the other figures of an account: a decision waits.
 */
export function maintenanceE4(
  positions: ReadonlyMap<string, number>,
  pricesE4: ReadonlyMap<string, number>,
  margin: MarginPolicy,
): number | null {
  let totalE4 = 0;
  for (const [symbol, qtyE4] of positions) {
    const priceE4 = pricesE4.get(symbol);
    if (priceE4 === undefined) return null;
    const charge = maintenanceCharge(qtyE4, priceE4, margin);
    totalE4 = addE4(totalE4, chargedE4(qtyE4, priceE4, charge));
  }
  return totalE4;
}
