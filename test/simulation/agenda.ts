/** What is to happen in simulated time, earliest first; of the same instant, what was asked for first. */
export class Agenda {
  /** Unix ms. It only goes forward: what jumps are the clocks that the case reads. */
  now: number;
  #asked = 0;
  readonly #waiting: {
    readonly at: number;
    readonly order: number;
    readonly happens: () => void;
  }[] = [];

  constructor(beginAt: number) {
    this.now = beginAt;
  }

  after(ms: number, happens: () => void): void {
    this.#asked += 1;
    const entry = { at: this.now + Math.max(0, ms), order: this.#asked, happens };
    // Few are waiting at once, and most new ones belong near the end.
    let place = this.#waiting.length;
    while (place > 0 && (this.#waiting[place - 1]?.at ?? 0) > entry.at) place -= 1;
    this.#waiting.splice(place, 0, entry);
  }

  /** Lets everything happen up to an instant. */
  runUntil(end: number): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && next.at <= end;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.now = next.at;
      next.happens();
    }
    this.now = end;
  }
}
