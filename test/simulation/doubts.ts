import { accountFigures } from '#domain/margin.ts';
import type { DeterminateFigures } from '#domain/margin.ts';
import type { Policy } from '#domain/policy.ts';
import type { PriceDoubt, QuotedPosition } from '#domain/price-quality.ts';

/** What is doubtful about a price in the simulated world. */
export interface WorldDoubt {
  readonly quality: PriceDoubt;
  /** The tick that does not count yet, 1/10,000 dollar. */
  readonly unconfirmedPriceE4?: number;
}

/**
 * The account at the prices that would be kindest to it, said again from RULES (Liquidation) so that the
 * ladder can be judged: longs in doubt a fifth up, shorts a fifth down, at least to the unconfirmed
 * tick. null for an account that cannot be judged.
 */
export function atKindestPrices(
  cashE4: number,
  positions: readonly QuotedPosition[],
  policy: Policy,
): DeterminateFigures | null {
  const kindest = positions.map((position) => {
    const { qtyE4, priceE4, quality, unconfirmedPriceE4 = priceE4 } = position;
    if (quality === undefined || priceE4 === null || unconfirmedPriceE4 === null) return position;
    const moved = qtyE4 > 0 ? Math.ceil((priceE4 * 6) / 5) : Math.floor((priceE4 * 4) / 5);
    const kinder = qtyE4 > 0 ? Math.max : Math.min;
    return { ...position, priceE4: kinder(moved, unconfirmedPriceE4) };
  });
  const figures = accountFigures(cashE4, kindest, policy);
  return figures.status === 'INDETERMINATE' ? null : figures;
}
