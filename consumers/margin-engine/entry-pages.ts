import type { Entry } from '#domain/corrections.ts';

/** An entry under its id: `f:<fill_id>`, `c:<cash_id>` or `a:<adjustment_id>`. */
export interface CountedEntry extends Omit<Entry, 'reverses' | 'converts'> {
  readonly id: string;
}

const PAGE_ENTRIES = 4_096;

interface Page {
  readonly ids: string[];
  readonly accounts: string[];
  readonly subjects: string[];
  readonly quantities: Float64Array;
  readonly prices: Float64Array;
}

/**
 * Entries by their running number, in columns: an object for each would take three times the memory.
 * They come at the end and leave at the beginning.
 */
export class EntryPages {
  readonly #pages = new Map<number, Page>();
  /** Accounts and symbols come again and again, each time as another string of the parser's. */
  readonly #same = new Map<string, string>();
  #end = 0;

  /** The number that the next entry gets. */
  get end(): number {
    return this.#end;
  }

  append(entry: CountedEntry): number {
    const number = this.#end;
    const page = this.#pageFor(Math.floor(number / PAGE_ENTRIES));
    const place = number % PAGE_ENTRIES;
    page.ids[place] = entry.id;
    page.accounts[place] = this.#shared(entry.accountId);
    page.subjects[place] = entry.priceE4 === 0 ? entry.subject : this.#shared(entry.subject);
    page.quantities[place] = entry.qtyE4;
    page.prices[place] = entry.priceE4;
    this.#end += 1;
    return number;
  }

  /** The entry of a number that has not left. */
  at(number: number): CountedEntry {
    const page = this.#pages.get(Math.floor(number / PAGE_ENTRIES));
    const place = number % PAGE_ENTRIES;
    const id = page?.ids[place];
    if (page === undefined || id === undefined) {
      throw new RangeError(`entry ${String(number)} is not remembered`);
    }
    return {
      id,
      accountId: page.accounts[place] ?? '',
      subject: page.subjects[place] ?? '',
      qtyE4: page.quantities[place] ?? 0,
      priceE4: page.prices[place] ?? 0,
    };
  }

  /** Gives up the pages of which nothing is at or after `number`. */
  leaveBefore(number: number): void {
    const first = Math.floor(number / PAGE_ENTRIES);
    for (const page of this.#pages.keys()) {
      if (page >= first) return;
      this.#pages.delete(page);
    }
  }

  #pageFor(number: number): Page {
    const known = this.#pages.get(number);
    if (known !== undefined) return known;
    const page: Page = {
      ids: [],
      accounts: [],
      subjects: [],
      quantities: new Float64Array(PAGE_ENTRIES),
      prices: new Float64Array(PAGE_ENTRIES),
    };
    this.#pages.set(number, page);
    return page;
  }

  #shared(text: string): string {
    const known = this.#same.get(text);
    if (known !== undefined) return known;
    this.#same.set(text, text);
    return text;
  }
}
