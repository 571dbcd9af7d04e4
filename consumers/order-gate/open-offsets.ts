/**
 * Which records of one input are not finished, so that a commit never passes one of them: decisions go
 * out in order, but a liquidation order may wait for cancels while others pass it.
 */
export class OpenOffsets {
  /** Ascending: records are read in order. */
  readonly #open = new Set<number>();
  #read: number;

  /** `position` is the first offset to be read. */
  constructor(position: number) {
    this.#read = position;
  }

  /** A record has been read: it is open. */
  read(offset: number): void {
    this.#open.add(offset);
    this.#read = Math.max(this.#read, offset + 1);
  }

  finish(offset: number): void {
    this.#open.delete(offset);
  }

  /** The first offset that is not finished. */
  get position(): number {
    for (const offset of this.#open) return offset;
    return this.#read;
  }
}
