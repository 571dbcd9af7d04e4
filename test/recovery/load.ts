import { setTimeout as sleep } from 'node:timers/promises';
import type { CashRecord, FillRecord } from '#contracts/ingest.ts';
import { seededRandom } from '../seeded-random.ts';
import type { Random } from '../seeded-random.ts';

/** A broker's day through the REST API, faster: quotes, trades, and accounts that fall below the line. */

/** Dollars at the beginning. */
const OPENING: Readonly<Record<string, number>> = {
  NVDA: 400.25,
  TSLA: 251.1234,
  SPY: 600,
  F: 12.0001,
  AAPL: 190.5,
  XOM: 104.99,
};
const SYMBOLS = Object.keys(OPENING);
const QUOTE_EVERY_MS = 500;
/** The most that a price moves from quote to quote. */
const QUOTE_MOVE = 0.002;
/** As a client gives up and sends the same again. */
const POST_MS_MAX = 3_000;
const POST_AGAIN_MS = 200;
const STEADY_CASH = 1_000_000;
/** A canary sings so often; its figures tell how long the pipeline was silent. */
const CANARY_EVERY_MS = 500;
export const CANARY = 'CANARY';

/** What becomes of an account that falls: it pays, it does not, or its equity is gone at once. */
const FATES = ['PAYS', 'PAYS_NOT', 'IS_LOST'] as const;

export interface LoadOptions {
  readonly apiUrl: string;
  /** A token with role `feed`. */
  readonly token: string;
  readonly seed: number;
  readonly steadyAccounts: number;
  readonly fillEveryMs: number;
  readonly fallEveryMs: number;
}

type Posted = CashRecord | FillRecord;

/** Feeds a product until it is told to stop; whatever was not taken is sent again until it is. */
export class Load {
  /** Ids of fills and cash movements that the API answered 202 for. */
  readonly accepted = new Set<string>();
  /** When the canary's n-th dollar was first sent, Unix ms. */
  readonly canarySentAt: number[] = [];
  /** Refused by the API: a defect of the test or of the product. */
  readonly refused: string[] = [];
  posts = 0;
  repeatedPosts = 0;
  fallen = 0;
  readonly #options: LoadOptions;
  readonly #random: Random;
  readonly #prices = new Map(Object.entries(OPENING));
  readonly #loops: Promise<void>[] = [];
  readonly #fates: Promise<void>[] = [];
  #trading = true;
  #quoting = true;
  #count = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  /** Funds the steady accounts, then trades until `stopTrading`. */
  async start(): Promise<void> {
    this.#loops.push(this.#quote());
    await Promise.all(
      this.#steadyAccounts().map((accountId) => this.#cash(accountId, STEADY_CASH)),
    );
    const { fillEveryMs, fallEveryMs } = this.#options;
    this.#loops.push(
      this.#whileTrading(CANARY_EVERY_MS, () => this.#sing()),
      this.#whileTrading(fillEveryMs, () => this.#trade()),
      this.#whileTrading(fallEveryMs, () => {
        this.#fates.push(this.#fall());
        return Promise.resolve();
      }),
    );
  }

  /** No more trades or falls; resolves when all that was begun is accepted. Quotes go on, unmoved. */
  async stopTrading(): Promise<void> {
    this.#trading = false;
    await Promise.all(this.#loops.slice(1));
    await Promise.all(this.#fates);
  }

  async stop(): Promise<void> {
    this.#trading = false;
    this.#quoting = false;
    await Promise.all([...this.#loops, ...this.#fates]);
  }

  #steadyAccounts(): string[] {
    return Array.from({ length: this.#options.steadyAccounts }, (_, n) => `STEADY_${String(n)}`);
  }

  async #whileTrading(everyMs: number, act: () => Promise<void>): Promise<void> {
    while (this.#trading) {
      await act();
      await sleep(everyMs);
    }
  }

  async #quote(): Promise<void> {
    while (this.#quoting) {
      const timestamp = Date.now();
      const quotes = SYMBOLS.map((symbol) => {
        const before = this.#price(symbol);
        const move = this.#trading ? 1 + (this.#random.next() * 2 - 1) * QUOTE_MOVE : 1;
        const price = Math.max(1, Math.round(before * move * 10_000)) / 10_000;
        this.#prices.set(symbol, price);
        return { symbol, price, timestamp };
      });
      // A quote that was lost is not sent again: the next one is better.
      await this.#post('/prices', quotes).catch(() => undefined);
      await sleep(QUOTE_EVERY_MS);
    }
  }

  async #sing(): Promise<void> {
    this.canarySentAt.push(Date.now());
    await this.#cash(CANARY, 1);
  }

  async #trade(): Promise<void> {
    const accountId = this.#random.pick(this.#steadyAccounts());
    const shares = Math.ceil(this.#random.next() * 20) / (this.#random.next() < 0.2 ? 8 : 1);
    const symbol = this.#random.pick(SYMBOLS);
    const qty = this.#random.next() < 0.5 ? shares : -shares;
    await this.#fill(accountId, symbol, qty, this.#near(symbol, 0.05));
  }

  /** A new account that is below the line as soon as it trades. */
  async #fall(): Promise<void> {
    this.fallen += 1;
    const accountId = `FALLS_${String(this.fallen)}`;
    const fate = this.#random.pick(FATES);
    const symbol = this.#random.pick(SYMBOLS);
    const price = this.#price(symbol);
    const shares = Math.max(1, Math.round(20_000 / price));
    const value = shares * price;
    const short = this.#random.next() < 0.3;
    const payAfterMs = 500 + this.#random.next() * 4_500;
    await this.#cash(accountId, Math.round(value * 0.2));
    // Bought far above the market or sold far below it, the equity is gone.
    const loss = fate === 'IS_LOST' ? 0.3 : 0;
    const paid = Math.round(price * (short ? 1 - loss : 1 + loss) * 10_000) / 10_000;
    await this.#fill(accountId, symbol, short ? -shares : shares, paid);
    if (fate !== 'PAYS') return;
    await sleep(payAfterMs);
    await this.#cash(accountId, Math.round(value * 0.3));
  }

  #cash(accountId: string, amount: number): Promise<void> {
    const cash_id = this.#id('C');
    return this.#postUntilTaken('/cash', cash_id, {
      cash_id,
      account_id: accountId,
      amount,
      kind: amount > 0 ? 'DEPOSIT' : 'WITHDRAWAL',
      timestamp: Date.now(),
    });
  }

  #fill(accountId: string, symbol: string, qty: number, price: number): Promise<void> {
    const fill_id = this.#id('F');
    return this.#postUntilTaken('/fills', fill_id, {
      fill_id,
      account_id: accountId,
      symbol,
      qty,
      price,
      timestamp: Date.now(),
    });
  }

  async #postUntilTaken(path: string, id: string, record: Posted): Promise<void> {
    for (;;) {
      try {
        const status = await this.#post(path, record);
        if (status === 202) this.accepted.add(id);
        else this.refused.push(`${path} ${id}: ${String(status)}`);
        return;
      } catch {
        // Not reached, or answered that it cannot now: the very same is sent again.
        this.repeatedPosts += 1;
        await sleep(POST_AGAIN_MS);
      }
    }
  }

  /** The status of the answer; rejects when there is none, and for 5xx and 429. */
  async #post(path: string, body: unknown): Promise<number> {
    const response = await fetch(`${this.#options.apiUrl}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.#options.token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(POST_MS_MAX),
    });
    await response.arrayBuffer();
    if (response.status >= 500 || response.status === 429) {
      throw new Error(`${path} answered ${String(response.status)}`);
    }
    this.posts += 1;
    return response.status;
  }

  #price(symbol: string): number {
    return this.#prices.get(symbol) ?? 1;
  }

  #near(symbol: string, share: number): number {
    const factor = 1 + (this.#random.next() * 2 - 1) * share;
    return Math.max(1, Math.round(this.#price(symbol) * factor * 10_000)) / 10_000;
  }

  #id(kind: string): string {
    this.#count += 1;
    return `${kind}-${String(this.#count)}`;
  }
}
