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

const SLOTS_AT_FIRST = 256;
/** To one slot so many ids at most, on average. */
const IDS_PER_SLOT_MAX = 4;
const LOG_AT_FIRST = 1_024;
/** Before the words of an id in the log: where the id before it in its slot is, and its hash. */
const HEAD = 2;
/** No id lies there. */
const NOWHERE = 0;

/**
 * A set of ids, without an object for any of them. A Set of strings takes four times as long: it follows
 * pointers from one place of memory to the next, and the garbage collector visits them all again and
 * again. Here ids are written down one after the other, and one look at a slot shows mostly that an id
 * is new. All slots together are so few that they stay in a core's own cache.
 */
class IdTable {
  /**
   * At 2 × slot the marks of its ids: each sets three bits, so that an id whose bits are not all set is
   * not there (a Bloom filter). Beside it where the newest of its ids is in the log.
   */
  #slots = new Int32Array(2 * SLOTS_AT_FIRST);
  #log = new Int32Array(LOG_AT_FIRST);
  #end = NOWHERE + 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Forgets all ids; keeps their memory, so that the next ones need none. */
  clear(): void {
    this.#slots.fill(NOWHERE);
    this.#end = NOWHERE + 1;
    this.#size = 0;
  }

  has(id: PackedId): boolean {
    const slot = this.#slotOf(id.hash);
    const marks = marksOf(id.hash);
    if (((this.#slots[slot] ?? 0) & marks) !== marks) return false;
    return this.#isBehind(slot, id);
  }

  /** An id that is not there. */
  add(id: PackedId): void {
    const slot = this.#slotOf(id.hash);
    const place = this.#write(id, this.#slots[slot + 1] ?? NOWHERE);
    this.#mark(slot, id.hash, place);
    this.#size += 1;
    if (2 * this.#size > IDS_PER_SLOT_MAX * this.#slots.length) this.#grow();
  }

  #slotOf(hash: number): number {
    return (2 * hash) & (this.#slots.length - 1);
  }

  #mark(slot: number, hash: number, place: number): void {
    this.#slots[slot] = (this.#slots[slot] ?? 0) | marksOf(hash);
    this.#slots[slot + 1] = place;
  }

  #isBehind(slot: number, { hash, words, length }: PackedId): boolean {
    const log = this.#log;
    for (let place = this.#slots[slot + 1] ?? NOWHERE; place !== NOWHERE; place = log[place] ?? 0) {
      if (log[place + 1] !== hash) continue;
      let index = 0;
      // The first word tells how long the texts are: where it is another, so is the id.
      while (index < length && log[place + HEAD + index] === words[index]) index += 1;
      if (index === length) return true;
    }
    return false;
  }

  /** Writes an id down after the others; returns the place. */
  #write({ hash, words, length }: PackedId, before: number): number {
    const place = this.#end;
    this.#end += HEAD + length;
    while (this.#end > this.#log.length) this.#log = doubled(this.#log);
    const log = this.#log;
    log[place] = before;
    log[place + 1] = hash;
    for (let index = 0; index < length; index += 1) log[place + HEAD + index] = words[index] ?? 0;
    return place;
  }

  /** Twice as many slots. */
  #grow(): void {
    const full = this.#slots;
    this.#slots = new Int32Array(2 * full.length);
    for (let from = 1; from < full.length; from += 2) {
      let place = full[from] ?? NOWHERE;
      while (place !== NOWHERE) {
        const before = this.#log[place] ?? NOWHERE;
        const hash = this.#log[place + 1] ?? 0;
        const slot = this.#slotOf(hash);
        this.#log[place] = this.#slots[slot + 1] ?? NOWHERE;
        this.#mark(slot, hash, place);
        place = before;
      }
    }
  }
}

/** Three of 32 bits, by the bits of the hash that do not choose the slot. */
function marksOf(hash: number): number {
  return (1 << (hash >>> 27)) | (1 << (hash >>> 22)) | (1 << (hash >>> 17));
}

function doubled(full: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * full.length);
  larger.set(full);
  return larger;
}
