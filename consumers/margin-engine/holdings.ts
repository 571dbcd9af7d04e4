import type { Position } from '#domain/margin.ts';
import type { LiveQuote } from './market.ts';

/** A holding: price and beta are always those that the market has now. */
class Holding implements Position {
  qtyE4: number;
  readonly #quote: LiveQuote;

  constructor(quote: LiveQuote, qtyE4: number) {
    this.#quote = quote;
    this.qtyE4 = qtyE4;
  }

  get symbol(): string {
    return this.#quote.symbol;
  }

  get priceE4(): number | null {
    return this.#quote.priceE4;
  }

  get betaE4(): number | null {
    return this.#quote.betaE4;
  }
}

/**
 * What an account holds: signed quantities (1/10,000 share), never 0, each with the live quote of its
 * symbol, so that a valuation looks nothing up. In an array: accounts hold few symbols (POSITIONS_MAX),
 * and a map would take several times the memory.
 */
export class Holdings implements Iterable<readonly [symbol: string, qtyE4: number]> {
  readonly #held: Holding[] = [];

  get size(): number {
    return this.#held.length;
  }

  /** The holdings themselves: their prices and betas move with the market. */
  get positions(): readonly Position[] {
    return this.#held;
  }

  get(symbol: string): number | undefined {
    return this.#held[this.#placeOf(symbol)]?.qtyE4;
  }

  has(symbol: string): boolean {
    return this.#placeOf(symbol) >= 0;
  }

  /** A quantity of 0 ends the holding. */
  put(quote: LiveQuote, qtyE4: number): void {
    const place = this.#placeOf(quote.symbol);
    const held = this.#held[place];
    if (qtyE4 === 0) {
      if (held !== undefined) this.#held.splice(place, 1);
    } else if (held === undefined) this.#held.push(new Holding(quote, qtyE4));
    else held.qtyE4 = qtyE4;
  }

  *[Symbol.iterator](): Generator<readonly [symbol: string, qtyE4: number]> {
    for (const { symbol, qtyE4 } of this.#held) yield [symbol, qtyE4];
  }

  #placeOf(symbol: string): number {
    return this.#held.findIndex((holding) => holding.symbol === symbol);
  }
}
