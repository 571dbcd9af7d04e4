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

  has(id: string): boolean {
    return this.#younger.has(id) || this.#older.has(id);
  }

  add(id: string): void {
    if (this.#younger.size >= this.#idsMax) {
      this.#older = this.#younger;
      this.#younger = new Set();
    }
    this.#younger.add(id);
  }
}
