/** The number of a name that has none. */
export const NO_NUMBER = -1;

const SLOTS_AT_FIRST = 16;
/** In a slot that no name uses; else its number + 1. */
const FREE = 0;

/**
 * Gives each name a number, 0, 1, 2 …: its place in whatever arrays its owner keeps. A Map walks from
 * one place of memory to the next to tell one name of ten thousand; this mostly looks at one.
 */
export class Names {
  /** At 2 × slot the hash of a name, beside it its number + 1. At most half of the slots are in use. */
  #slots = new Int32Array(2 * SLOTS_AT_FIRST);
  readonly #names: string[] = [];
  readonly #seed: number;

  /** `seed` decides where names come to lie: one that nobody knows keeps them from being chosen to collide. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  get count(): number {
    return this.#names.length;
  }

  /** The name's number, or NO_NUMBER. */
  find(name: string): number {
    return (this.#slots[this.#slotOf(hashOf(this.#seed, name), name) + 1] ?? FREE) - 1;
  }

  /** The name's number, from now on if it had none. */
  add(name: string): number {
    const hash = hashOf(this.#seed, name);
    const slot = this.#slotOf(hash, name);
    const number = (this.#slots[slot + 1] ?? FREE) - 1;
    if (number !== NO_NUMBER) return number;
    this.#slots[slot] = hash;
    this.#slots[slot + 1] = this.#names.push(name);
    if (4 * this.count > this.#slots.length) this.#grow();
    return this.count - 1;
  }

  nameOf(number: number): string {
    const name = this.#names[number];
    if (name === undefined) throw new RangeError(`no name has number ${String(number)}`);
    return name;
  }

  /** Where a name is, or the free slot where it would be. */
  #slotOf(hash: number, name: string): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (2 * hash) & mask;
    for (;;) {
      const number = (slots[slot + 1] ?? FREE) - 1;
      if (number === NO_NUMBER) return slot;
      if (slots[slot] === hash && this.#names[number] === name) return slot;
      slot = (slot + 2) & mask;
    }
  }

  #grow(): void {
    const full = this.#slots;
    const slots = new Int32Array(2 * full.length);
    const mask = slots.length - 1;
    for (let from = 0; from < full.length; from += 2) {
      if (full[from + 1] === FREE) continue;
      let slot = (2 * (full[from] ?? 0)) & mask;
      while (slots[slot + 1] !== FREE) slot = (slot + 2) & mask;
      slots[slot] = full[from] ?? 0;
      slots[slot + 1] = full[from + 1] ?? FREE;
    }
    this.#slots = slots;
  }
}

/**
 * FNV-1a over the characters, begun at `seed` and stirred so that the low bits depend on all of them.
 * 32 bits.
 */
export function hashOf(seed: number, text: string): number {
  let hash = seed;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
    hash ^= hash >>> 13;
  }
  return hash;
}
