/**
 * The order ids that were decided, so that each order has one decision; two accounts may name their
 * orders alike. Two generations: the younger takes new ids until it is full, then becomes the older and
 * the oldest are forgotten. At least `idsMax` and at most twice that are remembered (DESIGN 4: a
 * rotating set).
 */
export class DecidedIds {
  #younger = new IdTable(SLOTS_AT_FIRST);
  #older = new IdTable(SLOTS_AT_FIRST);
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
      this.#older = this.#younger;
      this.#younger = new IdTable(this.#older.slots);
    }
    const hash = hashOf(this.#seed, accountId, orderId);
    return (
      this.#younger.add(hash, accountId, orderId) && !this.#older.has(hash, accountId, orderId)
    );
  }
}

const SLOTS_AT_FIRST = 1_024;
/** The share of slots that is in use at most. */
const FILLED_MAX = 0.8;
/** In place of the hash of an id in a slot that is free. */
const FREE = 0;

/**
 * A set of pairs of strings. A Set of their concatenations takes four times as long: it makes a string
 * of each, and follows pointers from one place of memory to the next; here mostly one look at a row of
 * numbers shows that an id is new. A fifth of the slots stays free: small tables are quick, because the
 * processor keeps them at hand.
 */
class IdTable {
  /** Of the id at each slot. */
  #hashes: Int32Array;
  /** Where the id at each slot lies in the lists. */
  #places: Int32Array;
  readonly #accountIds: string[] = [];
  readonly #orderIds: string[] = [];

  /** `slots` is a power of two. */
  constructor(slots: number) {
    this.#hashes = new Int32Array(slots);
    this.#places = new Int32Array(slots);
  }

  get slots(): number {
    return this.#hashes.length;
  }

  get size(): number {
    return this.#orderIds.length;
  }

  has(hash: number, accountId: string, orderId: string): boolean {
    return this.#hashes[this.#slotOf(hash, accountId, orderId)] !== FREE;
  }

  /** False: it is there already. */
  add(hash: number, accountId: string, orderId: string): boolean {
    const slot = this.#slotOf(hash, accountId, orderId);
    if (this.#hashes[slot] !== FREE) return false;
    this.#hashes[slot] = hash;
    this.#places[slot] = this.size;
    this.#accountIds.push(accountId);
    this.#orderIds.push(orderId);
    if (this.size > this.slots * FILLED_MAX) this.#grow();
    return true;
  }

  /** Where an id lies, or the free slot where it would. */
  #slotOf(hash: number, accountId: string, orderId: string): number {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    let slot = hash & mask;
    for (; hashes[slot] !== FREE; slot = (slot + 1) & mask) {
      if (hashes[slot] !== hash) continue;
      const place = this.#places[slot] ?? 0;
      if (this.#orderIds[place] === orderId && this.#accountIds[place] === accountId) break;
    }
    return slot;
  }

  #grow(): void {
    const [hashes, places] = [this.#hashes, this.#places];
    this.#hashes = new Int32Array(hashes.length * 2);
    this.#places = new Int32Array(hashes.length * 2);
    const mask = this.#hashes.length - 1;
    hashes.forEach((hash, from) => {
      if (hash === FREE) return;
      let slot = hash & mask;
      while (this.#hashes[slot] !== FREE) slot = (slot + 1) & mask;
      this.#hashes[slot] = hash;
      this.#places[slot] = places[from] ?? 0;
    });
  }
}

/** FNV-1a over the characters, stirred so that its low bits depend on all of them. 32 bits. */
function mixed(seed: number, text: string): number {
  let hash = seed;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
    hash ^= hash >>> 13;
  }
  return hash;
}

function hashOf(seed: number, accountId: string, orderId: string): number {
  const hash = mixed(mixed(seed, accountId), orderId);
  return hash === FREE ? 1 : hash;
}
