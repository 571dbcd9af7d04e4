interface Entry {
  /** The first offset whose news waits to be told; null when none waits. */
  waiting: number | null;
  /** The first offset whose news is being told; null when nothing is under way. */
  underWay: number | null;
}

/**
 * Which offsets of one topic partition are settled, so that they may be committed: the news of each
 * offset before `position` was acknowledged, or superseded by later news that was (DESIGN 7). A key
 * that is slow holds its own offset back, not the reading of the partition.
 */
export class OffsetLedger<Key> {
  readonly #entries = new Map<Key, Entry>();

  /** Something of `key` at `offset` may have to be told; earlier waiting news is superseded. */
  waits(key: Key, offset: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, { waiting: offset, underWay: null });
    else entry.waiting ??= offset;
  }

  /** What waits of `key` is being told now. */
  sent(key: Key): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.underWay = entry.waiting;
    entry.waiting = null;
  }

  /** What was being told is acknowledged; what has come since still waits. */
  acknowledged(key: Key): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.underWay = null;
    if (entry.waiting === null) this.#entries.delete(key);
  }

  /** What was being told has to be told again. */
  failed(key: Key): void {
    const entry = this.#entries.get(key);
    if (entry?.underWay === undefined || entry.underWay === null) return;
    entry.waiting = entry.underWay;
    entry.underWay = null;
  }

  /** Nothing of `key` has to be told any more. */
  settled(key: Key): void {
    this.#entries.delete(key);
  }

  /** Keys with something not settled. */
  keys(): IterableIterator<Key> {
    return this.#entries.keys();
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The first offset not settled; `read`, the first offset not read, when all are. */
  position(read: number): number {
    let position = read;
    for (const { waiting, underWay } of this.#entries.values()) {
      // What is under way came before what waits.
      const oldest = underWay ?? waiting;
      if (oldest !== null && oldest < position) position = oldest;
    }
    return position;
  }
}
