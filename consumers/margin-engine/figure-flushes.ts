/**
 * Whether any partition of the process is telling figures of many accounts. Stress rows are eight times
 * as many records and nobody's call hangs on them: they let all figures go first.
 */
export class FigureFlushes {
  #underWay = 0;
  #waiting: (() => void)[] = [];

  /** Runs a flush of figures. */
  async run(flush: () => Promise<void>): Promise<void> {
    this.#underWay += 1;
    try {
      await flush();
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#tellNone();
    }
  }

  /** Resolves when no flush is under way, or after `waitMsMax`: prices may move without end. */
  none(waitMsMax: number): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const late = setTimeout(resolve, waitMsMax);
      this.#waiting.push(() => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  #tellNone(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }
}
