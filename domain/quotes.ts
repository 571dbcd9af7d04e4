/** When a quote of a security replaces the last one (DESIGN 6). Instants are ms. */

/** How far ahead of the broker's timestamp a quote may be dated. */
export const QUOTE_AHEAD_MAX_MS = 1_000;

/** Is a quote dated so far ahead of its arrival at the broker that it cannot be true? */
export function isFromTheFuture(quoteAt: number, brokerAt: number): boolean {
  return quoteAt > brokerAt + QUOTE_AHEAD_MAX_MS;
}

/** Does a quote of `nextAt` replace the one of `lastAt`? Ties break by arrival: the later wins. */
export function replacesQuote(lastAt: number | undefined, nextAt: number): boolean {
  return lastAt === undefined || nextAt >= lastAt;
}
