import { positionFigures } from './margin.ts';
import { marketValueE4, sumE4 } from './money.ts';
import type { MarginPolicy } from './policy.ts';

/** What fills and cash movements do to an account's books (1/10,000 dollar, 1/10,000 share). */

export interface FillEffect {
  /** The change of cash: −qty × price, half-even. */
  readonly cashDeltaE4: number;
  /** The signed position after the fill. */
  readonly qtyAfterE4: number;
  /**
   * What the fill did to the excess at an unchanged mark: the requirement that it released, less its
   * cost (RULES, The demand). Negative for a fill that opens.
   */
  readonly creditE4: number;
}

/**
 * The effect of a fill on a position of `heldQtyE4`. `markE4` is the last price, null when none is
 * known: then the fill's own price stands in. Throws MoneyRangeError when a figure leaves the exact
 * range: the fill is refused and nothing has changed.
 */
export function fillEffect(
  symbol: string,
  heldQtyE4: number,
  fill: { readonly qtyE4: number; readonly priceE4: number },
  markE4: number | null,
  policy: MarginPolicy,
): FillEffect {
  const qtyAfterE4 = sumE4(heldQtyE4, fill.qtyE4);
  const cashDeltaE4 = -marketValueE4(fill.qtyE4, fill.priceE4);
  const mark = markE4 ?? fill.priceE4;
  const before = positionFigures(
    { symbol, qtyE4: heldQtyE4, priceE4: mark, betaE4: null },
    mark,
    policy,
  );
  const after = positionFigures(
    { symbol, qtyE4: qtyAfterE4, priceE4: mark, betaE4: null },
    mark,
    policy,
  );
  const creditE4 = sumE4(
    cashDeltaE4,
    after.marketValueE4 - before.marketValueE4,
    before.maintenanceReqE4 - after.maintenanceReqE4,
  );
  return { cashDeltaE4: cashDeltaE4 + 0, qtyAfterE4, creditE4 };
}
