/**
 * How far the inputs of one partition are, each as the first offset not yet there: in the books, in the
 * committed books, and in committed figures. Figures say the first, heartbeats the last (DESIGN 5, 8).
 */
export class InputProgress {
  readonly #booked: Map<string, number>;
  readonly #committed: Map<string, number>;
  readonly #applied: Map<string, number>;
  /** Batches whose figures were left to a flush, and how many of them have had it. */
  #deferredCount = 0;
  #publishedCount = 0;

  constructor(committed: ReadonlyMap<string, number>) {
    this.#booked = new Map(committed);
    this.#committed = new Map(committed);
    this.#applied = new Map(committed);
  }

  booked(topic: string): number {
    return this.#booked.get(topic) ?? 0;
  }

  applied(topic: string): number {
    return this.#applied.get(topic) ?? 0;
  }

  /** A batch is in the books. */
  book(topic: string, position: number): void {
    this.#booked.set(topic, position);
  }

  /** A batch is in the committed books; its figures are committed too, or deferred before. */
  commit(topic: string, position: number): void {
    this.#committed.set(topic, Math.max(position, this.#committed.get(topic) ?? 0));
    this.#apply();
  }

  /**
   * An input was passed up to `position` without a batch, by transaction markers alone; false when that
   * is no news. Figures do not say so: nobody has committed it, and whoever takes the partition over
   * would have to say less again.
   */
  pass(topic: string, position: number): boolean {
    if (position <= (this.#committed.get(topic) ?? 0)) return false;
    this.commit(topic, position);
    return true;
  }

  /** The figures of a batch are left to a flush that has not begun. */
  defer(): void {
    this.#deferredCount += 1;
  }

  /** What a flush that begins now will publish; to be given to `flushEnded`. */
  flushBegins(): FlushContent {
    return { deferredCount: this.#deferredCount, booked: new Map(this.#booked) };
  }

  /**
   * A flush has ended, and with it every transaction handed over before it: they are committed in their
   * order. In a backlog another batch has been deferred meanwhile, so `commit` alone would never apply.
   */
  flushEnded({ deferredCount, booked }: FlushContent): void {
    this.#publishedCount = deferredCount;
    this.#raise(booked);
    this.#apply();
  }

  /** What is committed is also published, unless a batch still waits for its flush. */
  #apply(): void {
    if (this.#deferredCount === this.#publishedCount) this.#raise(this.#committed);
  }

  #raise(positions: ReadonlyMap<string, number>): void {
    for (const [topic, position] of positions) {
      this.#applied.set(topic, Math.max(position, this.applied(topic)));
    }
  }
}

/** What was in the books when a flush began: all of it has figures by its end. */
interface FlushContent {
  readonly deferredCount: number;
  readonly booked: ReadonlyMap<string, number>;
}
