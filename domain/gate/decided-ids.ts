/**
 * The order ids that were decided, so that each order has one decision. Two generations: the younger
 * takes new ids until it is full, then becomes the older and the oldest are forgotten. At least
 * `idsMax` and at most twice that are remembered (DESIGN 4: a rotating set).
 */
export class DecidedIds {
  #younger = new Set<string>();
  #older = new Set<string>();
  readonly #idsMax: number;

  constructor(idsMax: number) {
    this.#idsMax = idsMax;
  }

  /** Remembers an id. False: it is known already. */
  add(id: string): boolean {
    if (this.#younger.size >= this.#idsMax) {
      this.#older = this.#younger;
      this.#younger = new Set();
    }
    const before = this.#younger.size;
    this.#younger.add(id);
    return this.#younger.size > before && !this.#older.has(id);
  }
}
