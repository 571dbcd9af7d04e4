/** Comparing an account keeper's start-of-day file with the engine's books (1/10,000 share and dollar). */

/** An item of an account on which file and books differ: a symbol, or its cash. */
export interface Break {
  readonly accountId: string;
  readonly item: string;
  /** What the file has; 0 when it has nothing. */
  readonly fileE4: number;
  readonly booksE4: number;
}

/** How a file names an account's cash: no symbol can have this name. */
export const CASH_ITEM = '$USD';

interface Pair {
  fileE4: number;
  booksE4: number;
}

/**
 * Takes the books and the rows of a file in any order and tells what differs. Rows of one account and
 * item add up: a file may list lots. What only one side has is a break as well.
 */
export class Reconciliation {
  readonly #accounts = new Map<string, Map<string, Pair>>();

  /** The accounts that one side or the other has. */
  get accountCount(): number {
    return this.#accounts.size;
  }

  addBooks(accountId: string, item: string, qtyE4: number): void {
    this.#pair(accountId, item).booksE4 += qtyE4;
  }

  addRow(accountId: string, item: string, qtyE4: number): void {
    this.#pair(accountId, item).fileE4 += qtyE4;
  }

  /** By account and item. */
  breaks(): Break[] {
    const found: Break[] = [];
    for (const accountId of [...this.#accounts.keys()].sort()) {
      const items = this.#accounts.get(accountId) ?? new Map<string, Pair>();
      for (const item of [...items.keys()].sort()) {
        const pair = items.get(item);
        if (pair === undefined || pair.fileE4 === pair.booksE4) continue;
        found.push({ accountId, item, fileE4: pair.fileE4, booksE4: pair.booksE4 });
      }
    }
    return found;
  }

  #pair(accountId: string, item: string): Pair {
    const items = this.#accounts.get(accountId) ?? new Map<string, Pair>();
    this.#accounts.set(accountId, items);
    const pair = items.get(item) ?? { fileE4: 0, booksE4: 0 };
    items.set(item, pair);
    return pair;
  }
}
