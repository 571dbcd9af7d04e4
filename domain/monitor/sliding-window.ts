import { sumE4 } from '../money.ts';

/** How finely a window forgets: an order may count for up to 1/600 of the window longer than it is wide. */
export const BUCKETS = 600;

/** What a window holds. Amounts in 1/10,000 dollar. */
export interface WindowTotals {
  readonly orders: number;
  readonly notionalE4: number;
}

/** The orders of one slice of time. */
interface Bucket {
  /** Its number: instant ÷ width. */
  readonly at: number;
  orders: number;
  notionalE4: number;
  readonly symbols: Map<string, number>;
}

/**
 * A window that slides with the orders' own `ts`, so that a burst across the edge of a minute cannot
 * escape it. Bounded: at most BUCKETS + 1 slices however many orders come. Orders that come late count
 * in the slice of their `ts` while it is still in the window, and not at all after that.
 */
export class SlidingWindow {
  readonly #bucketMs: number;
  /** Ascending by `at`. */
  readonly #buckets: Bucket[] = [];
  readonly #symbols = new Map<string, number>();
  #orders = 0;
  #notionalE4 = 0;
  #newestAt = Number.NEGATIVE_INFINITY;

  constructor(widthMs: number) {
    this.#bucketMs = widthMs / BUCKETS;
  }

  /** One order. `notionalE4` is 0 for one that was refused: it counts for the rate only. */
  add(ts: number, symbol: string, notionalE4: number): void {
    const at = Math.floor(ts / this.#bucketMs);
    this.#slideTo(at);
    if (at < this.#oldestAt()) return;
    const bucket = this.#bucketAt(at);
    bucket.orders += 1;
    bucket.notionalE4 = sumE4(bucket.notionalE4, notionalE4);
    bucket.symbols.set(symbol, (bucket.symbols.get(symbol) ?? 0) + notionalE4);
    this.#orders += 1;
    this.#notionalE4 = sumE4(this.#notionalE4, notionalE4);
    this.#symbols.set(symbol, (this.#symbols.get(symbol) ?? 0) + notionalE4);
  }

  /** What the window holds at an instant; later instants only from then on. */
  totalsAt(now: number): WindowTotals {
    this.#slideTo(Math.floor(now / this.#bucketMs));
    return { orders: this.#orders, notionalE4: this.#notionalE4 };
  }

  /** The notional of the symbol that has most of it, at the instant of the last totals. Looks at each. */
  topNotionalE4(): number {
    let topE4 = 0;
    for (const notionalE4 of this.#symbols.values()) topE4 = Math.max(topE4, notionalE4);
    return topE4;
  }

  /** Forgets everything: after an UNKILL a scope's windows start anew (RULES, Market access). */
  clear(): void {
    this.#buckets.length = 0;
    this.#symbols.clear();
    this.#orders = 0;
    this.#notionalE4 = 0;
  }

  #oldestAt(): number {
    return this.#newestAt - BUCKETS;
  }

  #slideTo(at: number): void {
    if (at <= this.#newestAt) return;
    this.#newestAt = at;
    let gone = 0;
    for (const bucket of this.#buckets) {
      if (bucket.at >= this.#oldestAt()) break;
      this.#forget(bucket);
      gone += 1;
    }
    this.#buckets.splice(0, gone);
  }

  #forget(bucket: Bucket): void {
    this.#orders -= bucket.orders;
    this.#notionalE4 -= bucket.notionalE4;
    for (const [symbol, notionalE4] of bucket.symbols) {
      const left = (this.#symbols.get(symbol) ?? 0) - notionalE4;
      if (left === 0) this.#symbols.delete(symbol);
      else this.#symbols.set(symbol, left);
    }
  }

  #bucketAt(at: number): Bucket {
    let index = this.#buckets.length;
    while (index > 0 && (this.#buckets[index - 1]?.at ?? at) > at) index -= 1;
    const found = this.#buckets[index - 1];
    if (found?.at === at) return found;
    const bucket = { at, orders: 0, notionalE4: 0, symbols: new Map<string, number>() };
    this.#buckets.splice(index, 0, bucket);
    return bucket;
  }
}
