import { hashOf } from './names.ts';

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
  readonly #seed: number;

  /** `seed` decides where ids come to lie: one that nobody knows keeps ids from being chosen to collide. */
  constructor(idsMax: number, seed: number) {
    this.#idsMax = idsMax;
    this.#seed = seed;
  }

  /** Remembers an id. False: it is known already. */
  add(accountId: string, orderId: string): boolean {
    if (this.#younger.size >= this.#idsMax) {
      [this.#younger, this.#older] = [this.#older, this.#younger];
      this.#younger.clear();
    }
    const hash = this.#hashOf(accountId, orderId);
    const isNew = !this.#older.has(hash, accountId, orderId);
    return this.#younger.add(hash, accountId, orderId) && isNew;
  }

  has(accountId: string, orderId: string): boolean {
    const hash = this.#hashOf(accountId, orderId);
    return this.#younger.has(hash, accountId, orderId) || this.#older.has(hash, accountId, orderId);
  }

  #hashOf(accountId: string, orderId: string): number {
    // FREE stands for none.
    return hashOf(hashOf(this.#seed, accountId), orderId) || 1;
  }
}

const SLOTS_AT_FIRST = 1_024;
/** The share of slots that is in use at most. */
const FILLED_MAX = 0.8;
/** In place of the hash of an id in a slot that is free. */
const FREE = 0;
/** Characters that are made room for at a time: of some thousand ids. */
const CHUNK = 0x1_0000;
const NO_CHUNK = new Uint16Array(0);

/**
 * A set of pairs of strings, without an object for any of them. A Set of their concatenations takes
 * four times as long: it makes a string of each, follows pointers from one place of memory to the next,
 * and the garbage collector visits them all again and again. Here mostly one look at a row of numbers
 * shows that an id is new; its characters are written down one after the other.
 */
class IdTable {
  /** At 2 × slot the hash of the id there, beside it where its characters are: one look shows both. */
  #slots = new Int32Array(2 * SLOTS_AT_FIRST);
  /** Each id as the lengths of its two parts, then the characters of both. It lies whole in a chunk. */
  readonly #chunks: Uint16Array[] = [];
  #chunk = -1;
  /** Where the next id goes in the last chunk in use. */
  #end = CHUNK;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Forgets all ids; keeps their memory, so that the next ones need none. */
  clear(): void {
    this.#slots.fill(FREE);
    this.#chunk = -1;
    this.#end = CHUNK;
    this.#size = 0;
  }

  has(hash: number, accountId: string, orderId: string): boolean {
    return this.#slots[this.#slotOf(hash, accountId, orderId)] !== FREE;
  }

  /** False: it is there already. */
  add(hash: number, accountId: string, orderId: string): boolean {
    const slot = this.#slotOf(hash, accountId, orderId);
    if (this.#slots[slot] !== FREE) return false;
    this.#slots[slot] = hash;
    this.#slots[slot + 1] = this.#write(accountId, orderId);
    this.#size += 1;
    if (2 * this.#size > this.#slots.length * FILLED_MAX) this.#grow();
    return true;
  }

  /** Where an id lies, or the free place where it would. */
  #slotOf(hash: number, accountId: string, orderId: string): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (hash << 1) & mask;
    for (; slots[slot] !== FREE; slot = (slot + 2) & mask) {
      if (slots[slot] === hash && this.#isAt(slots[slot + 1] ?? 0, accountId, orderId)) break;
    }
    return slot;
  }

  #grow(): void {
    const full = this.#slots;
    const slots = new Int32Array(full.length * 2);
    const mask = slots.length - 1;
    for (let from = 0; from < full.length; from += 2) {
      const hash = full[from] ?? FREE;
      if (hash === FREE) continue;
      let slot = (hash << 1) & mask;
      while (slots[slot] !== FREE) slot = (slot + 2) & mask;
      slots[slot] = hash;
      slots[slot + 1] = full[from + 1] ?? 0;
    }
    this.#slots = slots;
  }

  /** Is that id written at that place? */
  #isAt(place: number, accountId: string, orderId: string): boolean {
    const chunk = this.#chunks[Math.floor(place / CHUNK)];
    const from = place % CHUNK;
    if (chunk?.[from] !== accountId.length || chunk[from + 1] !== orderId.length) return false;
    return (
      isWritten(chunk, from + 2, accountId) &&
      isWritten(chunk, from + 2 + accountId.length, orderId)
    );
  }

  /** Writes an id down after the others; returns the place. */
  #write(accountId: string, orderId: string): number {
    const words = 2 + accountId.length + orderId.length;
    if (this.#end + words > CHUNK) this.#beginChunk(words);
    const chunk = this.#chunks[this.#chunk] ?? NO_CHUNK;
    const from = this.#end;
    chunk[from] = accountId.length;
    chunk[from + 1] = orderId.length;
    write(chunk, from + 2, accountId);
    write(chunk, from + 2 + accountId.length, orderId);
    this.#end += words;
    return this.#chunk * CHUNK + from;
  }

  #beginChunk(words: number): void {
    if (words > CHUNK) throw new RangeError('an id is too long to be remembered');
    this.#chunk += 1;
    this.#end = 0;
    if (this.#chunk === this.#chunks.length) this.#chunks.push(new Uint16Array(CHUNK));
  }
}

function write(chunk: Uint16Array, from: number, text: string): void {
  for (let index = 0; index < text.length; index += 1) chunk[from + index] = text.charCodeAt(index);
}

function isWritten(chunk: Uint16Array, from: number, text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (chunk[from + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
