import type { BookedEntry, Entry, Ledger } from '#domain/corrections.ts';
import { COUNTED_HORIZON_MS } from '#domain/input-times.ts';
import { EntryPages } from './entry-pages.ts';
import type { CountedEntry } from './entry-pages.ts';

/** Entries are kept for seven days and at most a million a partition (DESIGN 4; the figures). */
export const COUNTED_IDS_MAX = 1_000_000;

/** Entries that were counted together, in the order in which they were booked. */
export interface CountedBlock {
  readonly block: number;
  /** The latest timestamp of its entries, ms. */
  readonly latestAt: number;
  readonly entries: readonly BlockEntry[];
}

/** An entry with its id and, of a cancel or correction, the id that it takes back. */
export interface BlockEntry extends Entry {
  readonly id: string;
}

interface BlockPlace {
  /** Running numbers of its entries: from, and up to without `to`. */
  readonly from: number;
  readonly to: number;
  readonly latestAt: number;
}

/**
 * Which fills, cash movements and adjustments are in the books already and what they said, in blocks
 * as they were counted. Blocks older than the horizon leave; at the cap the oldest leaves early.
 * Whenever one leaves, the floor rises to its latest instant: what is dated at or before the floor can
 * no longer be told from a duplicate, so it is refused and goes to a person, never counted on a guess;
 * and what left can no longer be cancelled: an adjustment corrects it. An engine that works off a
 * backlog meets duplicates whose first appearance it has forgotten meanwhile: only the floor knows them.
 */
export class CountedIds implements Ledger {
  readonly #numbers = new Map<string, number>();
  readonly #pages = new EntryPages();
  /** By the number of a cancel or correction: the id that it takes back. */
  readonly #reverses = new Map<number, string>();
  /** By the id of what was taken back: the id that did it. */
  readonly #endedBy = new Map<string, string>();
  /** By the number of a split or change of symbol: the symbol that it converts. */
  readonly #converts = new Map<number, string>();
  /** By account and symbol: the number of its last conversion. */
  readonly #lastConversions = new Map<string, number>();
  readonly #blocks = new Map<number, BlockPlace>();
  readonly #idsMax: number;
  /** The first entry that is in no block yet, and the latest timestamp since. */
  #openFrom = 0;
  #openLatestAt = 0;
  #nextBlock = 0;
  #floorAt: number;

  constructor(floorAt: number, idsMax = COUNTED_IDS_MAX) {
    this.#floorAt = floorAt;
    this.#idsMax = idsMax;
  }

  /** Dated at or before this instant nothing can be counted any more. */
  get floorAt(): number {
    return this.#floorAt;
  }

  get size(): number {
    return this.#numbers.size;
  }

  find(id: string): BookedEntry | null {
    const number = this.#numbers.get(id);
    if (number === undefined) return null;
    const { accountId, subject, qtyE4, priceE4 } = this.#pages.at(number);
    return {
      accountId,
      reverses: this.#reverses.get(number) ?? null,
      subject,
      qtyE4,
      priceE4,
      endedBy: this.#endedBy.get(id) ?? null,
      convertedBy: this.#convertedBy(number, accountId, subject),
    };
  }

  #convertedBy(number: number, accountId: string, symbol: string): string | null {
    const last = this.#lastConversions.get(`${accountId}/${symbol}`) ?? -1;
    return last > number ? this.#pages.at(last).id : null;
  }

  /** Is something of `at` too old to be told from a duplicate, for a record that arrived at `brokerAt`? */
  isTooOld(at: number, brokerAt: number): boolean {
    return at <= this.#floorAt || at < brokerAt - COUNTED_HORIZON_MS;
  }

  /** Takes a block back from the changelog; blocks come in their order. */
  restore({ block, latestAt, entries }: CountedBlock): void {
    for (const entry of entries) this.count(entry.id, entry, latestAt);
    this.#nextBlock = block;
    this.close();
  }

  /** Remembers an entry of `at` at once, before its batch becomes a block: a batch can repeat itself. */
  count(id: string, entry: Entry, at: number): void {
    const { accountId, subject, qtyE4, priceE4, reverses, converts } = entry;
    const counted: CountedEntry = { id, accountId, subject, qtyE4, priceE4 };
    const number = this.#pages.append(counted);
    this.#numbers.set(id, number);
    this.#openLatestAt = Math.max(this.#openLatestAt, at);
    if (converts !== undefined) {
      this.#converts.set(number, converts);
      this.#lastConversions.set(`${accountId}/${converts}`, number);
    }
    if (reverses === null) return;
    this.#reverses.set(number, reverses);
    if (this.#numbers.has(reverses)) this.#endedBy.set(reverses, id);
  }

  /** Makes what was counted since the last block a block that can be kept and forgotten; null when nothing was. */
  close(): CountedBlock | null {
    const from = this.#openFrom;
    const to = this.#pages.end;
    if (from === to) return null;
    const block = this.#nextBlock;
    const latestAt = this.#openLatestAt;
    this.#nextBlock += 1;
    this.#openFrom = to;
    this.#openLatestAt = 0;
    this.#blocks.set(block, { from, to, latestAt });
    const entries: BlockEntry[] = [];
    for (let number = from; number < to; number += 1) {
      const reverses = this.#reverses.get(number) ?? null;
      const converts = this.#converts.get(number);
      const entry = { ...this.#pages.at(number), reverses };
      entries.push(converts === undefined ? entry : { ...entry, converts });
    }
    return { block, latestAt, entries };
  }

  /** Forgets what is older than the horizon or beyond the cap; returns the numbers of the blocks gone. */
  evict(now: number): number[] {
    const gone: number[] = [];
    for (const [number, block] of this.#blocks) {
      const expired = block.latestAt < now - COUNTED_HORIZON_MS;
      if (!expired && this.#numbers.size <= this.#idsMax) break;
      this.#floorAt = Math.max(this.#floorAt, block.latestAt);
      this.#forget(block);
      this.#blocks.delete(number);
      gone.push(number);
    }
    return gone;
  }

  #forget({ from, to }: BlockPlace): void {
    for (let number = from; number < to; number += 1) {
      const { id, accountId } = this.#pages.at(number);
      this.#forgetConversion(number, accountId);
      this.#numbers.delete(id);
      this.#reverses.delete(number);
      this.#endedBy.delete(id);
    }
    this.#pages.leaveBefore(to);
  }

  #forgetConversion(number: number, accountId: string): void {
    const symbol = this.#converts.get(number);
    if (symbol === undefined) return;
    this.#converts.delete(number);
    const key = `${accountId}/${symbol}`;
    if (this.#lastConversions.get(key) === number) this.#lastConversions.delete(key);
  }
}
