import { doubled } from './doubled.ts';
import { PackedId } from './packed-id.ts';

/**
 * The order ids that were decided, so that each order has one decision; two accounts may name their
 * orders alike. Two generations: the younger takes new ids until it is full, then becomes the older and
 * the oldest are forgotten. At least `idsMax` and at most twice that are remembered (DESIGN 4: a
 * rotating set).
 */
export class DecidedIds {
  #younger = new IdTable();
  #older = new IdTable();
  readonly #idsMax: number;
  readonly #id: PackedId;

  /** `seed` decides where ids come to lie: one that nobody knows keeps ids from being chosen to collide. */
  constructor(idsMax: number, seed: number) {
    this.#idsMax = idsMax;
    this.#id = new PackedId(seed);
  }

  /** Remembers an id. False: it is known already. */
  add(accountId: string, orderId: string): boolean {
    if (this.#younger.size >= this.#idsMax) {
      [this.#younger, this.#older] = [this.#older, this.#younger];
      this.#younger.clear();
    }
    const id = this.#id.write(accountId, orderId);
    const isNew = !this.#older.has(id);
    if (this.#younger.has(id)) return false;
    this.#younger.add(id);
    return isNew;
  }

  has(accountId: string, orderId: string): boolean {
    const id = this.#id.write(accountId, orderId);
    return this.#younger.has(id) || this.#older.has(id);
  }
}

const CHAINS_AT_FIRST = 64;
/** To one chain so many ids at most, on average. */
const IDS_PER_CHAIN_MAX = 8;
/** A mark is for two ids at most, on average. */
const MARKS_PER_CHAIN = 4;
const LOG_AT_FIRST = 1_024;
/** Before the words of an id in the log: where the id before it in its chain is, and its hash. */
const HEAD = 2;
/** No id lies there. */
const NOWHERE = 0;

/**
 * A set of ids, without an object for any of them. A Set of strings takes four times as long: it follows
 * pointers from one place of memory to the next, and the garbage collector visits them all again and
 * again. Here ids are written down one after the other, chained by their hashes, and one look at a row
 * of marks shows mostly that an id is new: so short a row that it stays in a core's own cache.
 */
class IdTable {
  /**
   * By the hash: each id sets three of the 32 bits, and one whose bits are not all set is not there (a
   * Bloom filter). Of 1,000 new ids about three look as if they were there; then the chain tells.
   */
  #marks = new Int32Array(MARKS_PER_CHAIN * CHAINS_AT_FIRST);
  /** By the hash where the newest id of the chain is in the log. */
  #chains = new Int32Array(CHAINS_AT_FIRST);
  #log = new Int32Array(LOG_AT_FIRST);
  #end = NOWHERE + 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Forgets all ids; keeps their memory, so that the next ones need none. */
  clear(): void {
    this.#marks.fill(0);
    this.#chains.fill(NOWHERE);
    this.#end = NOWHERE + 1;
    this.#size = 0;
  }

  has(id: PackedId): boolean {
    const marks = marksOf(id.hash);
    if (((this.#marks[this.#markAt(id.hash)] ?? 0) & marks) !== marks) return false;
    return this.#isInChain(id);
  }

  /** An id that is not there. */
  add(id: PackedId): void {
    const place = this.#end;
    this.#write(id);
    this.#chain(id.hash, place);
    this.#size += 1;
    if (this.#size > IDS_PER_CHAIN_MAX * this.#chains.length) this.#grow();
  }

  #markAt(hash: number): number {
    return hash & (this.#marks.length - 1);
  }

  #chainAt(hash: number): number {
    return hash & (this.#chains.length - 1);
  }

  /** What is written at that place is the newest of its chain. */
  #chain(hash: number, place: number): void {
    const mark = this.#markAt(hash);
    this.#marks[mark] = (this.#marks[mark] ?? 0) | marksOf(hash);
    const chain = this.#chainAt(hash);
    this.#log[place] = this.#chains[chain] ?? NOWHERE;
    this.#chains[chain] = place;
  }

  #isInChain({ hash, words, length }: PackedId): boolean {
    const log = this.#log;
    let place = this.#chains[this.#chainAt(hash)] ?? NOWHERE;
    for (; place !== NOWHERE; place = log[place] ?? NOWHERE) {
      if (log[place + 1] !== hash) continue;
      let index = 0;
      // The first word tells how long the names are: where it is another, so is the id.
      while (index < length && log[place + HEAD + index] === words[index]) index += 1;
      if (index === length) return true;
    }
    return false;
  }

  /** Writes an id down after the others. */
  #write({ hash, words, length }: PackedId): void {
    const place = this.#end;
    this.#end += HEAD + length;
    while (this.#end > this.#log.length) this.#log = doubled(this.#log, Int32Array);
    const log = this.#log;
    log[place + 1] = hash;
    for (let index = 0; index < length; index += 1) log[place + HEAD + index] = words[index] ?? 0;
  }

  /** Twice as many chains. */
  #grow(): void {
    const full = this.#chains;
    this.#chains = new Int32Array(2 * full.length);
    this.#marks = new Int32Array(2 * this.#marks.length);
    for (const newest of full) {
      let place = newest;
      while (place !== NOWHERE) {
        const before = this.#log[place] ?? NOWHERE;
        this.#chain(this.#log[place + 1] ?? 0, place);
        place = before;
      }
    }
  }
}

/** Three of 32 bits, by the bits of the hash that do not choose the mark. */
function marksOf(hash: number): number {
  return (1 << (hash >>> 27)) | (1 << (hash >>> 22)) | (1 << (hash >>> 17));
}
