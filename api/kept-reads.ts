/**
 * Reads each thing once and keeps what it read. A read that failed is not kept: the next who asks
 * reads again. Those who ask while a read is under way share it. Bounded by the names there are.
 */
export class KeptReads<Name> {
  readonly #read: (name: Name) => Promise<string>;
  readonly #kept = new Map<Name, Promise<string>>();

  constructor(read: (name: Name) => Promise<string>) {
    this.#read = read;
  }

  /** Rejects as the read does. */
  async of(name: Name): Promise<string> {
    const read = this.#kept.get(name) ?? this.#read(name);
    this.#kept.set(name, read);
    try {
      return await read;
    } catch (error) {
      if (this.#kept.get(name) === read) this.#kept.delete(name);
      throw error;
    }
  }
}
