import { BLOCKS_MAX } from '#contracts/adjustments.ts';
import type { AccountBlock } from '#contracts/adjustments.ts';
import type { Cause } from '#contracts/margin-figures.ts';
import { afterMovements } from '#domain/books.ts';
import type { BooksAfter, Movement } from '#domain/books.ts';
import { accountFigures } from '#domain/margin.ts';
import type { AccountFigures, Position } from '#domain/margin.ts';
import { MoneyRangeError } from '#domain/money.ts';
import type { Policy } from '#domain/policy.ts';
import type { Mark } from '#domain/price-acceptance.ts';
import { stressRows } from '#domain/stress.ts';
import type { StressRow } from '#domain/stress.ts';
import { afterFurtherSplit, isQuoted, markAfterSplit } from '#domain/unquoted-split.ts';
import type { UnquotedSplit } from '#domain/unquoted-split.ts';
import { Holdings } from './holdings.ts';
import type { Market } from './market.ts';

/** With more symbols than this an account's figures would not fit the record that readers take. */
export const POSITIONS_MAX = 800;

/** Signed quantity per symbol, 1/10,000 share. */
export type Quantities = Iterable<readonly [symbol: string, qtyE4: number]>;

/** The books of one account (1/10,000 dollar and share). */
export interface Account<Positions extends Quantities = Holdings> {
  readonly accountId: string;
  cashE4: number;
  creditedTotalE4: number;
  /** Rises with each change of the figures. */
  sequence: number;
  correlationId: string;
  cause: Cause;
  /** Signed quantity per symbol; a flat position is absent. */
  readonly positions: Positions;
  /** Why its figures do not count; none for almost every account. */
  blocks: readonly AccountBlock[];
  /** By symbol, the splits that the market may not have quoted yet; none for almost every account. */
  splits: ReadonlyMap<string, UnquotedSplit>;
}

const NO_BLOCKS: readonly AccountBlock[] = [];
const NO_SPLITS: Account['splits'] = new Map();

/** What an account is worth now, and what eight SPY moves would make of it. */
export interface Valuation {
  readonly figures: AccountFigures;
  /** Empty while a price is missing or the account is blocked. */
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
  restore(kept: Account<Quantities>): void {
    const account: Account = { ...kept, positions: new Holdings() };
    this.#accounts.set(account.accountId, account);
    for (const [symbol, qtyE4] of kept.positions) this.#hold(symbol, qtyE4, account);
    for (const [symbol, { at }] of kept.splits) this.#market.awaitQuote(symbol, at);
  }

  /** The account as it is; null when the books do not have it. */
  find(accountId: string): Account | null {
    return this.#accounts.get(accountId) ?? null;
  }

  /** Applies movements to an account, all or none; the first change makes it join the books. */
  apply(
    accountId: string,
    movements: readonly Movement[],
    cause: Cause,
    correlationId: string,
  ): Account {
    const account = this.#account(accountId);
    const after = afterMovements(
      account,
      movements,
      (symbol) => this.#market.priceE4(symbol),
      this.#policy,
    );
    refuseTooManyPositions(account, after);
    account.cashE4 = after.cashE4;
    account.creditedTotalE4 = after.creditedTotalE4;
    for (const [symbol, qtyE4] of after.quantities) this.#hold(symbol, qtyE4, account);
    this.touch(account, cause, correlationId);
    return account;
  }

  /** Blocks an account: its figures do not count until a person clears `block.what`. */
  block(account: Account, block: AccountBlock): void {
    if (account.blocks.some(({ what }) => what === block.what)) return;
    // At the cap the last one gives way: whoever clears what stood there has not seen this one.
    account.blocks = [...account.blocks.slice(0, BLOCKS_MAX - 1), block];
  }

  /** Takes blocks off an account by their names; what is not there is passed over. */
  clear(account: Account, names: readonly string[]): void {
    account.blocks = account.blocks.filter(({ what }) => !names.includes(what));
  }

  /**
   * What a split, together with earlier ones, leaves unquoted of an account's symbol. Throws
   * MoneyRangeError, and changes nothing.
   */
  unquotedBy(account: Account, symbol: string, split: UnquotedSplit): UnquotedSplit {
    const earlier = account.splits.get(symbol);
    const isOpen = earlier !== undefined && this.#isUnquoted(symbol, earlier);
    return isOpen ? afterFurtherSplit(earlier, split) : split;
  }

  /** The price of a symbol is doubtful to an account until there is a quote younger than `split`. */
  doubt(account: Account, symbol: string, split: UnquotedSplit): void {
    const open = [...account.splits].filter(([other, entry]) => this.#isUnquoted(other, entry));
    account.splits = new Map([...open, [symbol, split]]);
    this.#market.awaitQuote(symbol, split.at);
  }

  /** The price that counts, and what an account has to doubt it for; null while there is none. */
  markOf(account: Account, symbol: string): Mark | null {
    const mark = this.#market.markOf(symbol);
    const split = account.splits.get(symbol);
    return mark === null || split === undefined ? mark : markAfterSplit(mark, split);
  }

  #isUnquoted(symbol: string, split: UnquotedSplit): boolean {
    const mark = this.#market.markOf(symbol);
    return mark === null || !isQuoted(split, mark);
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
    const positions = account.positions.positions;
    if (account.blocks.length > 0)
      return { figures: unjudged(account.cashE4, positions), stress: [] };
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
        positions: new Holdings(),
        blocks: NO_BLOCKS,
        splits: NO_SPLITS,
      }
    );
  }

  #hold(symbol: string, qtyE4: number, account: Account): void {
    const quote = this.#market.live(symbol);
    account.positions.put(quote, qtyE4);
    const holders = this.#holders.get(symbol);
    if (qtyE4 === 0) {
      holders?.delete(account);
      if (holders?.size === 0) this.#holders.delete(symbol);
    } else if (holders === undefined) this.#holders.set(quote.symbol, new Set([account]));
    else holders.add(account);
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

/** Books that are known to lack something, or to have too much: nothing is computed from them. */
function unjudged(cashE4: number, positions: readonly Position[]): AccountFigures {
  const unpriced = positions.filter(({ priceE4 }) => priceE4 === null);
  return {
    status: 'INDETERMINATE',
    cashE4,
    positions,
    pricesMissing: unpriced.map(({ symbol }) => symbol).sort(),
    betaDefaulted: [],
  };
}

function refuseTooManyPositions({ positions }: Account, { quantities }: BooksAfter): void {
  let count = positions.size;
  let added = false;
  for (const [symbol, qtyE4] of quantities) {
    const held = positions.has(symbol);
    if (held && qtyE4 === 0) count -= 1;
    if (!held && qtyE4 !== 0) {
      count += 1;
      added = true;
    }
  }
  if (added && count > POSITIONS_MAX) {
    throw new MoneyRangeError(`the account holds ${String(POSITIONS_MAX)} symbols already`);
  }
}
