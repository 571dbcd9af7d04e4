import type { OrderRecord } from '#contracts/orders.ts';

/** What the order generator sends: normal trading, or one account's algorithm that has run away. */

export type FlowMode = 'normal' | 'panic';

export interface FlowOptions {
  readonly mode: FlowMode;
  /** Normal: one of these at a time. Panic: the first, again and again. At least one each. */
  readonly accounts: readonly string[];
  readonly symbols: readonly string[];
  /** The same seed gives the same accounts, symbols, sides and quantities. */
  readonly seed: number;
  /** Stands before every order id: no two runs name an order alike. */
  readonly run: string;
  /** Dollars per share. */
  readonly priceOf: (symbol: string) => number;
}

const STRATEGIES = ['alpha', 'beta', 'gamma'];
/** Shares of a normal order at most, and of a runaway's. */
const NORMAL_QTY_MAX = 5;
const PANIC_QTY = 10;
/** Normal trading buys more than it sells: a broker's customers begin without positions. */
const BUY_SHARE = 0.7;
/** A limit so much better for the market than the last price is executed at once. */
const LIMIT_SLACK = 0.002;

/** The orders of a flow, one after another. */
export class OrderFlow {
  readonly #options: FlowOptions;
  readonly #random: () => number;
  #count = 0;

  constructor(options: FlowOptions) {
    this.#options = options;
    this.#random = seeded(options.seed);
  }

  /** The next order, at `now` (Unix ms). */
  next(now: number): Extract<OrderRecord, { readonly symbol: string; readonly price: number }> {
    const { mode, accounts, symbols, run, priceOf } = this.#options;
    this.#count += 1;
    const isPanic = mode === 'panic';
    const symbol = isPanic ? first(symbols) : this.#pick(symbols);
    const side = isPanic || this.#random() < BUY_SHARE ? 'BUY' : 'SELL';
    const qty = isPanic ? PANIC_QTY : 1 + Math.floor(this.#random() * NORMAL_QTY_MAX);
    const slack = side === 'BUY' ? 1 + LIMIT_SLACK : 1 - LIMIT_SLACK;
    return {
      order_id: `${run}-${String(this.#count)}`,
      ts: now,
      account_id: isPanic ? first(accounts) : this.#pick(accounts),
      symbol,
      side,
      qty,
      price: Math.round(priceOf(symbol) * slack * 100) / 100,
      strategy: isPanic ? 'runaway' : this.#pick(STRATEGIES),
    };
  }

  #pick(from: readonly string[]): string {
    return from[Math.floor(this.#random() * from.length)] ?? first(from);
  }
}

function first(of: readonly string[]): string {
  const [one] = of;
  if (one === undefined) throw new RangeError('a flow needs an account and a symbol');
  return one;
}

/** Mulberry32: small, even, and the same everywhere. From 0 to below 1. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
