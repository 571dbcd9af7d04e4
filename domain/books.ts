import { positionFigures } from './margin.ts';
import { marketValueE4, sumE4 } from './money.ts';
import type { MarginPolicy } from './policy.ts';

/**
 * What fills, cash movements and adjustments do to an account's books (1/10,000 dollar and share).
 * Everything that changes books is a list of movements; what reverses a movement is a movement too.
 */
export type Movement =
  /** Shares against cash: −qty × price, half-even. A negative quantity at the same price undoes it. */
  | {
      readonly kind: 'TRADE';
      readonly symbol: string;
      readonly qtyE4: number;
      readonly priceE4: number;
    }
  | { readonly kind: 'CASH'; readonly amountE4: number }
  /** Shares that come or go without cash: a transfer. */
  | { readonly kind: 'SHARES'; readonly symbol: string; readonly qtyE4: number }
  /** Shares, and cash in lieu of them, that take another form: no credit to anybody. */
  | {
      readonly kind: 'CONVERSION';
      readonly symbol: string;
      readonly qtyE4: number;
      readonly cashE4: number;
    };

/** The books of an account as far as movements concern them. */
export interface Books {
  readonly cashE4: number;
  /** What fills, cash and transfers, not the market, did to the excess (RULES, The demand). */
  readonly creditedTotalE4: number;
  /** Signed quantity per symbol; a flat position is absent. */
  readonly positions: Pick<ReadonlyMap<string, number>, 'get'>;
}

/** The books after movements: `quantities` has the symbols that moved, 0 when flat now. */
export interface BooksAfter {
  readonly cashE4: number;
  readonly creditedTotalE4: number;
  readonly quantities: ReadonlyMap<string, number>;
}

/**
 * Books after movements, all or none. `markE4` gives the last price of a symbol, null when there is
 * none: then a trade's own price stands in, and transferred shares are credited with nothing. Throws
 * MoneyRangeError when a figure leaves the exact range.
 */
export function afterMovements(
  books: Books,
  movements: readonly Movement[],
  markE4: (symbol: string) => number | null,
  policy: MarginPolicy,
): BooksAfter {
  let { cashE4, creditedTotalE4 } = books;
  const quantities = new Map<string, number>();
  for (const movement of movements) {
    const cashDeltaE4 = cashOf(movement);
    cashE4 = sumE4(cashE4, cashDeltaE4);
    if (movement.kind === 'CASH') {
      creditedTotalE4 = sumE4(creditedTotalE4, cashDeltaE4);
      continue;
    }
    const { symbol } = movement;
    const heldE4 = quantities.get(symbol) ?? books.positions.get(symbol) ?? 0;
    const qtyAfterE4 = sumE4(heldE4, movement.qtyE4);
    quantities.set(symbol, qtyAfterE4);
    if (movement.kind === 'CONVERSION') continue;
    const mark = markE4(symbol) ?? (movement.kind === 'TRADE' ? movement.priceE4 : null);
    const releasedE4 = mark === null ? 0 : excessMadeE4(symbol, heldE4, qtyAfterE4, mark, policy);
    creditedTotalE4 = sumE4(creditedTotalE4, cashDeltaE4, releasedE4);
  }
  return { cashE4, creditedTotalE4, quantities };
}

function cashOf(movement: Movement): number {
  switch (movement.kind) {
    case 'TRADE':
      return -marketValueE4(movement.qtyE4, movement.priceE4) + 0; // −0 + 0 is 0
    case 'CASH':
      return movement.amountE4;
    case 'SHARES':
      return 0;
    case 'CONVERSION':
      return movement.cashE4;
  }
}

/** What a changed quantity does to value less requirement at an unchanged mark. */
function excessMadeE4(
  symbol: string,
  beforeE4: number,
  afterE4: number,
  markE4: number,
  policy: MarginPolicy,
): number {
  const before = positionFigures(
    { symbol, qtyE4: beforeE4, priceE4: markE4, betaE4: null },
    markE4,
    policy,
  );
  const after = positionFigures(
    { symbol, qtyE4: afterE4, priceE4: markE4, betaE4: null },
    markE4,
    policy,
  );
  return sumE4(
    after.marketValueE4 - before.marketValueE4,
    before.maintenanceReqE4 - after.maintenanceReqE4,
  );
}
