import { toE4 } from '#contracts/wire.ts';
import { oracleFigures } from '#test/margin-oracle.ts';
import type { OracleFigures } from '#test/margin-oracle.ts';
import type { BookAccount } from './book.ts';
import type { Prices } from './market.ts';
import { RATES } from './pace.ts';

/** The days (the first is 0) on which an account is first warned and first called; null when never. */
export interface FirstSteps {
  readonly warnedOn: number | null;
  readonly calledOn: number | null;
}

/**
 * What the closes alone make of an account up to its first call, before anything is played: until then
 * nobody pays and nobody sells. Null when it depends on the order in which a day's prices arrive: an
 * account that is long and short may look worse half-way than at the close.
 */
export function firstSteps(account: BookAccount, closes: readonly Prices[]): FirstSteps | null {
  let warnedOn: number | null = null;
  for (const [day, prices] of closes.entries()) {
    const { status } = figuresAt(account, closes, prices);
    const worst = worstOnTheWay(account, closes[day - 1] ?? prices, prices);
    const onTheWay = figuresAt(account, closes, worst).status;
    if (status === 'MARGIN_CALL') return { warnedOn: warnedOn ?? day, calledOn: day };
    if (onTheWay === 'MARGIN_CALL') return null;
    if (warnedOn !== null) continue;
    if (status === 'WARNING') warnedOn = day;
    else if (onTheWay === 'WARNING') return null;
  }
  return { warnedOn, calledOn: null };
}

/** The account as it was bought, at these prices. */
function figuresAt(
  { deposit, holdings }: BookAccount,
  closes: readonly Prices[],
  prices: Prices,
): OracleFigures {
  const bought = closes[0] ?? {};
  const cost = holdings.reduce(
    (sum, { symbol, qty }) => sum + BigInt(qty) * BigInt(toE4(bought[symbol] ?? 0)),
    0n,
  );
  const positions = holdings.map(({ symbol, qty }) => ({
    symbol,
    qtyE4: toE4(qty),
    priceE4: toE4(prices[symbol] ?? 0),
    betaE4: null,
  }));
  return oracleFigures(Number(BigInt(toE4(deposit)) - cost), positions, RATES);
}

/** Of two prices the worse for each position: the lower for what is held, the higher for what is owed. */
function worstOnTheWay({ holdings }: BookAccount, before: Prices, after: Prices): Prices {
  return Object.fromEntries(
    holdings.map(({ symbol, qty }) => {
      const two = [before[symbol] ?? 0, after[symbol] ?? 0];
      return [symbol, qty > 0 ? Math.min(...two) : Math.max(...two)];
    }),
  );
}
