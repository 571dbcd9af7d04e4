interface Entry<Item> {
  readonly item: Item;
  readonly deficiencyE4: number;
  /** Breaks ties: who came first. */
  readonly arrival: number;
}

/** A heap is rebuilt when more than this and most of its entries are out of date. */
const OUTDATED_MAX = 1_000;

/** Who waits, largest deficiency first; of equal ones the first who came. Each item waits once. */
export class DeficiencyQueue<Item> {
  #heap: Entry<Item>[] = [];
  readonly #current = new Map<Item, Entry<Item>>();
  #arrivals = 0;

  get size(): number {
    return this.#current.size;
  }

  /** Queues the item, or moves it to its new deficiency (1/10,000 dollar). */
  put(item: Item, deficiencyE4: number): void {
    const known = this.#current.get(item);
    if (known?.deficiencyE4 === deficiencyE4) return;
    this.#arrivals += 1;
    const entry = { item, deficiencyE4, arrival: known?.arrival ?? this.#arrivals };
    this.#current.set(item, entry);
    if (this.#heap.length > 2 * this.#current.size + OUTDATED_MAX) this.#rebuild();
    else this.#push(entry);
  }

  /** Takes the item with the largest deficiency; undefined when nobody waits. */
  take(): Item | undefined {
    for (;;) {
      const entry = this.#pop();
      if (entry === undefined) return undefined;
      // An entry that was moved stays in the heap until it comes up.
      if (this.#current.get(entry.item) !== entry) continue;
      this.#current.delete(entry.item);
      return entry.item;
    }
  }

  #rebuild(): void {
    this.#heap = [];
    for (const entry of this.#current.values()) this.#push(entry);
  }

  #push(entry: Entry<Item>): void {
    let index = this.#heap.push(entry) - 1;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#heap[parentIndex];
      if (parent === undefined || !isBefore(entry, parent)) break;
      this.#heap[index] = parent;
      index = parentIndex;
    }
    this.#heap[index] = entry;
  }

  #pop(): Entry<Item> | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let index = 0;
    for (;;) {
      const childIndex = this.#firstChild(index);
      const child = this.#heap[childIndex];
      if (child === undefined || !isBefore(child, last)) break;
      this.#heap[index] = child;
      index = childIndex;
    }
    this.#heap[index] = last;
    return first;
  }

  #firstChild(index: number): number {
    const left = 2 * index + 1;
    const [a, b] = [this.#heap[left], this.#heap[left + 1]];
    return a !== undefined && b !== undefined && isBefore(b, a) ? left + 1 : left;
  }
}

function isBefore<Item>(a: Entry<Item>, b: Entry<Item>): boolean {
  if (a.deficiencyE4 !== b.deficiencyE4) return a.deficiencyE4 > b.deficiencyE4;
  return a.arrival < b.arrival;
}
