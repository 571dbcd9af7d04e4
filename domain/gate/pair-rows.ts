import { doubled } from './doubled.ts';

/** No row. */
export const NO_ROW = -1;

const SLOTS_AT_FIRST = 64;
/** In a slot that no row uses. */
const FREE = 0;

/**
 * Gives each pair of small numbers a row: a place in whatever arrays its owner keeps, taken again once
 * it is given back. A table with open addressing, at most half full: to find a row is mostly one look
 * at one place of memory, however many pairs there are.
 */
export class PairRows {
  /**
   * The row + 1 of each slot's pair in the bits that count the slots, above them that part of its hash:
   * another pair is mostly told by it.
   */
  #slots = new Int32Array(SLOTS_AT_FIRST);
  /** At 2 × row the first of its pair, then the second. */
  #pairs = new Int32Array(SLOTS_AT_FIRST);
  /** Rows that were given back. */
  readonly #free: number[] = [];
  #count = 0;

  /** Rows are below this; it grows. */
  get capacity(): number {
    return this.#slots.length / 2;
  }

  /** The pair's row, or NO_ROW. */
  find(first: number, second: number): number {
    const hash = hashOf(first, second);
    return this.#rowIn(this.#slots[this.#slotOf(hash, first, second)] ?? FREE);
  }

  /** A row for a pair that has none. */
  add(first: number, second: number): number {
    const row = this.#free.pop() ?? this.#count++;
    if (row >= this.capacity) this.#grow();
    this.#pairs[2 * row] = first;
    this.#pairs[2 * row + 1] = second;
    this.#use(row, first, second);
    return row;
  }

  /** Gives a row back. What lay behind it in the way of others moves up, so that no search stops short. */
  remove(row: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const [first, second] = [this.first(row), this.second(row)];
    let hole = this.#slotOf(hashOf(first, second), first, second);
    for (let slot = (hole + 1) & mask; ; slot = (slot + 1) & mask) {
      const other = slots[slot] ?? FREE;
      if (other === FREE) break;
      const behind = this.#rowIn(other);
      const home = hashOf(this.first(behind), this.second(behind)) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      slots[hole] = other;
      hole = slot;
    }
    slots[hole] = FREE;
    this.#free.push(row);
  }

  first(row: number): number {
    return this.#pairs[2 * row] ?? 0;
  }

  second(row: number): number {
    return this.#pairs[2 * row + 1] ?? 0;
  }

  #rowIn(entry: number): number {
    return (entry & (this.#slots.length - 1)) - 1;
  }

  #use(row: number, first: number, second: number): void {
    const hash = hashOf(first, second);
    this.#slots[this.#slotOf(hash, first, second)] = (hash & -this.#slots.length) | (row + 1);
  }

  /** Where a pair's row is, or the free slot where it would be. */
  #slotOf(hash: number, first: number, second: number): number {
    const slots = this.#slots;
    const pairs = this.#pairs;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const entry = slots[slot] ?? FREE;
      if (entry === FREE) return slot;
      if (((entry ^ hash) & ~mask) === 0) {
        const row = (entry & mask) - 1;
        if (pairs[2 * row] === first && pairs[2 * row + 1] === second) return slot;
      }
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const rows = this.capacity;
    this.#slots = new Int32Array(this.#slots.length * 2);
    this.#pairs = doubled(this.#pairs, Int32Array);
    for (let row = 0; row < rows; row += 1) this.#use(row, this.first(row), this.second(row));
  }
}

/** 32 bits. */
function hashOf(first: number, second: number): number {
  const mixed = Math.imul(Math.imul(first, 0x9e37_79b1) ^ second, 0x85eb_ca6b);
  return mixed ^ (mixed >>> 15);
}
