import { accountFigures } from '../margin.ts';
import type { MarginPolicy } from '../policy.ts';

/** The maintenance requirement of positions at the last prices, 1/10,000 dollar; null while one has no price. */
export function maintenanceE4(
  positions: ReadonlyMap<string, number>,
  pricesE4: ReadonlyMap<string, number>,
  margin: MarginPolicy,
): number | null {
  const rows = [...positions].map(([symbol, qtyE4]) => ({
    symbol,
    qtyE4,
    priceE4: pricesE4.get(symbol) ?? null,
    betaE4: null,
  }));
  const figures = accountFigures(0, rows, margin);
  return figures.status === 'INDETERMINATE' ? null : figures.maintenanceReqE4;
}
