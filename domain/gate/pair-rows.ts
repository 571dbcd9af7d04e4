/** No row. */
export const NO_ROW = -1;

const SLOTS_AT_FIRST = 64;
/** In a slot that no row uses; else its row + 1. */
const FREE = 0;

/**
 * Gives each pair of small numbers a row: a place in whatever arrays its owner keeps, taken again once
 * it is given back. A table with open addressing, at most half full: to find a row is mostly one look
 * at one place of memory, however many pairs there are.
 */
export class PairRows {
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
    return (this.#slots[this.#slotOf(first, second)] ?? FREE) - 1;
  }

  /** A row for a pair that has none. */
  add(first: number, second: number): number {
    const row = this.#free.pop() ?? this.#count++;
    if (row >= this.capacity) this.#grow();
    this.#pairs[2 * row] = first;
    this.#pairs[2 * row + 1] = second;
    this.#slots[this.#slotOf(first, second)] = row + 1;
    return row;
  }

  /** Gives a row back. What lay behind it in the way of others moves up, so that no search stops short. */
  remove(row: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = this.#slotOf(this.first(row), this.second(row));
    for (let slot = (hole + 1) & mask; ; slot = (slot + 1) & mask) {
      const other = slots[slot] ?? FREE;
      if (other === FREE) break;
      const home = this.#home(this.first(other - 1), this.second(other - 1));
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

  /** Where a pair's row is, or the free slot where it would be. */
  #slotOf(first: number, second: number): number {
    const slots = this.#slots;
    const pairs = this.#pairs;
    const mask = slots.length - 1;
    let slot = this.#home(first, second);
    for (;;) {
      const row = (slots[slot] ?? FREE) - 1;
      if (row < 0 || (pairs[2 * row] === first && pairs[2 * row + 1] === second)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #home(first: number, second: number): number {
    const mixed = Math.imul(Math.imul(first, 0x9e37_79b1) ^ second, 0x85eb_ca6b);
    return (mixed ^ (mixed >>> 15)) & (this.#slots.length - 1);
  }

  #grow(): void {
    const pairs = this.#pairs;
    const rows = this.capacity;
    this.#slots = new Int32Array(this.#slots.length * 2);
    this.#pairs = new Int32Array(pairs.length * 2);
    this.#pairs.set(pairs);
    for (let row = 0; row < rows; row += 1) {
      this.#slots[this.#slotOf(this.first(row), this.second(row))] = row + 1;
    }
  }
}
