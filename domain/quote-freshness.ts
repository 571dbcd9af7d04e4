import type { ClosesFrom, MarketHours } from './market-hours.ts';
import type { Quote } from './price-acceptance.ts';

/**
 * Is the price of a position fresh (DESIGN 8)? In session its last quote is to be young; out of session
 * the official close of the session that has just been counts. Instants in Unix ms.
 */

/** A quote as somebody beside the engine saw it come. */
export type SeenQuote = Pick<Quote, 'kind' | 'at'>;

/** The price that figures were computed with: its kind, and its own time; null when that is not known. */
export interface PriceOfFigures {
  readonly kind: Quote['kind'];
  readonly at: number | null;
}

/**
 * When the price was last quoted: figures do not tell of a quote that repeats it, who saw the quote
 * does. What the engine ignores is no quote: a trade out of session after the official close
 * (domain/price-acceptance.ts).
 */
export function lastQuotedAt(
  price: PriceOfFigures,
  seen: SeenQuote | null,
  isOpen: MarketHours,
): number | null {
  if (seen === null) return price.at;
  const isIgnored = price.kind === 'CLOSE' && seen.kind === 'TRADE' && !isOpen(seen.at);
  return isIgnored ? price.at : seen.at;
}

/** Does a price count as fresh at `now`, last quoted then? */
export function isFreshlyQuoted(
  price: PriceOfFigures,
  quotedAt: number | null,
  now: number,
  quoteAgeMaxMs: number,
  closesFrom: ClosesFrom,
): boolean {
  if (quotedAt === null) return false;
  if (now - quotedAt <= quoteAgeMaxMs) return true;
  const from = closesFrom(now);
  return from !== null && price.kind === 'CLOSE' && price.at !== null && price.at >= from;
}
