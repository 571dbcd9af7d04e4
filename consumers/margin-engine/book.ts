import { fillEffect } from '#domain/books.ts';
import { accountFigures } from '#domain/margin.ts';
import type { AccountFigures, Position } from '#domain/margin.ts';
import { MoneyRangeError, sumE4 } from '#domain/money.ts';
import type { Policy } from '#domain/policy.ts';
import { stressRows } from '#domain/stress.ts';
import type { StressRow } from '#domain/stress.ts';
import type { Cause } from '#contracts/margin-figures.ts';
import type { Market } from './market.ts';

/** With more symbols than this an account's figures would not fit the record that readers take. */
export const POSITIONS_MAX = 800;

/** The books of one account (1/10,000 dollar and share). */
export interface Account {
  readonly accountId: string;
  cashE4: number;
  creditedTotalE4: number;
  /** Rises with each change of the figures. */
  sequence: number;
  correlationId: string;
  cause: Cause;
  /** Signed quantity per symbol; a flat position is absent. */
  readonly positions: Map<string, number>;
}

/** What an account is worth now, and what eight SPY moves would make of it. */
export interface Valuation {
  readonly figures: AccountFigures;
  /** Empty while a price is missing. */
  readonly stress: readonly StressRow[];
}

/**
 * The books of one partition's accounts and who holds what. Changes throw MoneyRangeError, and then
 * nothing has changed, when an amount would leave the range in which cents are exact.
 */
export class Book {
  readonly #accounts = new Map<string, Account>();
  readonly #holders = new Map<string, Set<Account>>();
  readonly #market: Market;
  readonly #policy: Policy;

  constructor(market: Market, policy: Policy) {
    this.#market = market;
    this.#policy = policy;
  }

  get size(): number {
    return this.#accounts.size;
  }

  accounts(): IterableIterator<Account> {
    return this.#accounts.values();
  }

  /** Who holds a symbol. */
  holders(symbol: string): Iterable<Account> {
    return this.#holders.get(symbol) ?? [];
  }

  /** Takes an account back from the changelog, which has one record of each. */
  restore(account: Account): void {
    this.#accounts.set(account.accountId, account);
    for (const symbol of account.positions.keys()) this.#hold(symbol, account);
  }

  applyFill(
    accountId: string,
    fill: { readonly symbol: string; readonly qtyE4: number; readonly priceE4: number },
    correlationId: string,
  ): Account {
    const account = this.#account(accountId);
    const { symbol } = fill;
    const effect = fillEffect(
      symbol,
      account.positions.get(symbol) ?? 0,
      fill,
      this.#market.priceE4(symbol),
      this.#policy,
    );
    const cashE4 = sumE4(account.cashE4, effect.cashDeltaE4);
    const creditedTotalE4 = sumE4(account.creditedTotalE4, effect.creditE4);
    if (account.positions.size >= POSITIONS_MAX && !account.positions.has(symbol)) {
      throw new MoneyRangeError(`the account holds ${String(POSITIONS_MAX)} symbols already`);
    }
    account.cashE4 = cashE4;
    account.creditedTotalE4 = creditedTotalE4;
    if (effect.qtyAfterE4 === 0) {
      account.positions.delete(symbol);
      this.#letGo(symbol, account);
    } else {
      account.positions.set(symbol, effect.qtyAfterE4);
      this.#hold(symbol, account);
    }
    this.touch(account, 'FILL', correlationId);
    return account;
  }

  applyCash(accountId: string, amountE4: number, correlationId: string): Account {
    const account = this.#account(accountId);
    const cashE4 = sumE4(account.cashE4, amountE4);
    account.creditedTotalE4 = sumE4(account.creditedTotalE4, amountE4);
    account.cashE4 = cashE4;
    this.touch(account, 'CASH', correlationId);
    return account;
  }

  /** Marks that an account's figures change, and why. */
  touch(account: Account, cause: Cause, correlationId: string): void {
    account.sequence += 1;
    account.cause = cause;
    account.correlationId = correlationId;
    this.#accounts.set(account.accountId, account);
  }

  /** An account at the market's last prices. */
  value(account: Account): Valuation {
    const positions: Position[] = [];
    for (const [symbol, qtyE4] of account.positions) {
      positions.push({
        symbol,
        qtyE4,
        priceE4: this.#market.priceE4(symbol),
        betaE4: this.#market.betaE4(symbol),
      });
    }
    try {
      const figures = accountFigures(account.cashE4, positions, this.#policy);
      return { figures, stress: figures.status === 'INDETERMINATE' ? [] : stressRows(figures) };
    } catch (error) {
      if (!(error instanceof MoneyRangeError)) throw error;
      return { figures: beyondValue(account.cashE4, positions), stress: [] };
    }
  }

  /** The account, or a new one that joins the books with its first change. */
  #account(accountId: string): Account {
    return (
      this.#accounts.get(accountId) ?? {
        accountId,
        cashE4: 0,
        creditedTotalE4: 0,
        sequence: 0,
        correlationId: '',
        cause: 'REFERENCE',
        positions: new Map(),
      }
    );
  }

  #hold(symbol: string, account: Account): void {
    const holders = this.#holders.get(symbol);
    if (holders === undefined) this.#holders.set(symbol, new Set([account]));
    else holders.add(account);
  }

  #letGo(symbol: string, account: Account): void {
    const holders = this.#holders.get(symbol);
    holders?.delete(account);
    if (holders?.size === 0) this.#holders.delete(symbol);
  }
}

/** Prices or betas that put an account beyond exact cents cannot value it: the same as having none. */
function beyondValue(cashE4: number, positions: readonly Position[]): AccountFigures {
  return {
    status: 'INDETERMINATE',
    cashE4,
    positions,
    pricesMissing: positions.map(({ symbol }) => symbol).sort(),
    betaDefaulted: [],
  };
}
