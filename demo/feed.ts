import { BATCH_RECORDS_MAX } from '#contracts/rest.ts';
import type { OrderRecord } from '#contracts/orders.ts';
import type { BetaRecord, CashRecord, FillRecord, PriceRecord } from '#contracts/ingest.ts';

/** How often unchanged prices are quoted again: a case never escalates on an old quote. */
const REQUOTE_MS = 1_000;

/** The REST API as the broker's back office and market data feed use it. */
export class Feed {
  readonly #apiUrl: string;
  readonly #token: string;
  readonly #run: string;
  readonly #prices = new Map<string, number>();
  #requote: NodeJS.Timeout | undefined;
  #count = 0;
  #failure: Error | undefined;

  constructor(apiUrl: string, token: string, run: string) {
    this.#apiUrl = apiUrl;
    this.#token = token;
    this.#run = run;
  }

  /** Starts to quote every known price again each second, as a market does. */
  start(): void {
    this.#requote = setInterval(() => {
      const records = [...this.#prices].map(([symbol, price]) => priceRecord(symbol, price));
      if (records.length === 0) return;
      this.#post('/prices', records).catch((error: unknown) => {
        this.#failure = error instanceof Error ? error : new Error(String(error));
      });
    }, REQUOTE_MS);
  }

  /** Stops quoting; throws when a quote could not be sent meanwhile. */
  stop(): void {
    clearInterval(this.#requote);
    if (this.#failure !== undefined) throw this.#failure;
  }

  cash(accountId: string, amount: number): Promise<void> {
    return this.cashOf([{ accountId, amount }]);
  }

  /** Cash of several accounts in one request; a positive amount is a deposit. */
  async cashOf(
    movements: readonly { readonly accountId: string; readonly amount: number }[],
  ): Promise<void> {
    const records = movements.map(({ accountId, amount }): CashRecord => ({
      cash_id: this.#id('cash'),
      account_id: accountId,
      amount,
      kind: amount > 0 ? 'DEPOSIT' : 'WITHDRAWAL',
      timestamp: Date.now(),
    }));
    await this.#postAll('/cash', records);
  }

  fill(accountId: string, symbol: string, qty: number, price: number): Promise<void> {
    return this.fillsOf([{ accountId, symbol, qty, price }]);
  }

  /** Fills of several accounts, as few requests as may be. */
  async fillsOf(
    fills: readonly {
      readonly accountId: string;
      readonly symbol: string;
      readonly qty: number;
      readonly price: number;
    }[],
  ): Promise<void> {
    const records = fills.map(({ accountId, symbol, qty, price }): FillRecord => ({
      fill_id: this.#id('fill'),
      account_id: accountId,
      symbol,
      qty,
      price,
      timestamp: Date.now(),
    }));
    await this.#postAll('/fills', records);
  }

  async prices(prices: Readonly<Record<string, number>>): Promise<void> {
    for (const [symbol, price] of Object.entries(prices)) this.#prices.set(symbol, price);
    await this.#post(
      '/prices',
      Object.entries(prices).map(([symbol, price]) => priceRecord(symbol, price)),
    );
  }

  async betas(betas: Readonly<Record<string, number>>): Promise<void> {
    const records: BetaRecord[] = Object.entries(betas).map(([symbol, beta]) => ({
      symbol,
      beta,
      timestamp: Date.now(),
    }));
    await this.#post('/betas', records);
  }

  /** Orders of customers. */
  async orders(records: readonly OrderRecord[]): Promise<void> {
    await this.#postAll('/orders', records);
  }

  #id(kind: string): string {
    this.#count += 1;
    return `${this.#run}-${kind}-${String(this.#count)}`;
  }

  async #postAll(path: string, records: readonly object[]): Promise<void> {
    for (let from = 0; from < records.length; from += BATCH_RECORDS_MAX) {
      await this.#post(path, records.slice(from, from + BATCH_RECORDS_MAX));
    }
  }

  async #post(path: string, body: unknown): Promise<void> {
    const response = await fetch(`${this.#apiUrl}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    if (response.status !== 202) {
      throw new Error(`POST ${path} answered ${String(response.status)}: ${await response.text()}`);
    }
  }
}

function priceRecord(symbol: string, price: number): PriceRecord {
  return { symbol, price, timestamp: Date.now() };
}
