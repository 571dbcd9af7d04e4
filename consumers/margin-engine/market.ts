import { replacesQuote } from '#domain/quotes.ts';

interface Quote {
  readonly priceE4: number;
  /** The quote's own time, ms. */
  readonly at: number;
}

/** The last price and beta of every symbol: broadcast data, one for all partitions of a process. */
export class Market {
  readonly #quotes = new Map<string, Quote>();
  readonly #betas = new Map<string, { readonly betaE4: number; readonly at: number }>();

  /** Takes a quote over; false when it is older than the last one or changes nothing but its time. */
  quote(symbol: string, priceE4: number, at: number): boolean {
    const last = this.#quotes.get(symbol);
    if (!replacesQuote(last?.at, at)) return false;
    this.#quotes.set(symbol, { priceE4, at });
    return last?.priceE4 !== priceE4;
  }

  /** Takes a beta over; false when it is older than the last one or the same. */
  beta(symbol: string, betaE4: number, at: number): boolean {
    const last = this.#betas.get(symbol);
    if (!replacesQuote(last?.at, at)) return false;
    this.#betas.set(symbol, { betaE4, at });
    return last?.betaE4 !== betaE4;
  }

  /** 1/10,000 dollar per share; null while unknown. */
  priceE4(symbol: string): number | null {
    return this.#quotes.get(symbol)?.priceE4 ?? null;
  }

  /** When the last price was quoted, ms; null while unknown. */
  pricedAt(symbol: string): number | null {
    return this.#quotes.get(symbol)?.at ?? null;
  }

  /** 1/10,000; null while unknown. */
  betaE4(symbol: string): number | null {
    return this.#betas.get(symbol)?.betaE4 ?? null;
  }
}
