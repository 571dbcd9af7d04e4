/** The width of every throttle's window: at most N in any 1,000 ms (issue: THROTTLE). */
export const THROTTLE_WINDOW_MS = 1_000;

/**
 * What passed in the last while, by each order's own `ts`. Orders may come out of the order of their
 * `ts`; however they come, no window of THROTTLE_WINDOW_MS has more than the limit. A window is
 * half-open: instants exactly 1,000 ms apart share none. Keeps what an order that is not yet too old
 * can still meet, and no more than that.
 */
export class SlidingLimit {
  /** Ascending from `#head` on; what lies before it is outdated. */
  readonly #passed: number[] = [];
  readonly #horizonMs: number;
  #head = 0;

  /** `orderAgeMsMax`: how much older than the newest a later order may be. */
  constructor(orderAgeMsMax: number) {
    this.#horizonMs = orderAgeMsMax + THROTTLE_WINDOW_MS;
  }

  /**
   * The most that a window with `ts` in it would hold if an order of `ts` passed too, when that is more
   * than `limit`; else null.
   */
  excessWith(ts: number, limit: number): number | null {
    // All that is kept is no more: then nothing need be looked up.
    if (this.#passed.length - this.#head + 1 <= limit) return null;
    const from = this.#after(ts - THROTTLE_WINDOW_MS);
    const to = this.#after(ts + THROTTLE_WINDOW_MS - 1);
    // No window can hold more than all that any of them meets; mostly that is few enough.
    if (to - from + 1 <= limit) return null;
    const most = this.#mostWith(ts, from, to);
    return most > limit ? most : null;
  }

  /** Of all windows that begin at `ts` or at one of the passed within the second before it. */
  #mostWith(ts: number, from: number, to: number): number {
    const at = this.#after(ts);
    let most = 0;
    let end = at;
    for (let start = from; start <= at; start += 1) {
      const opens = start === at ? ts : this.#at(start);
      while (end < to && this.#at(end) - opens < THROTTLE_WINDOW_MS) end += 1;
      most = Math.max(most, end - start + 1);
    }
    return most;
  }

  /** An order of `ts` passed. */
  pass(ts: number): void {
    const passed = this.#passed;
    if (ts >= (passed.at(-1) ?? -Infinity)) passed.push(ts);
    else passed.splice(this.#after(ts), 0, ts);
    const newest = this.#at(passed.length - 1);
    while (newest - this.#at(this.#head) > this.#horizonMs) this.#head += 1;
    // In lumps, so that dropping costs little however many passed.
    if (this.#head > 1_000 && this.#head > passed.length / 2) {
      passed.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** The first index whose instant is later than `instant`. */
  #after(instant: number): number {
    const last = this.#passed.length;
    // Orders mostly come in the order of their `ts`: then that is the end, at once.
    if (last === this.#head || this.#at(last - 1) <= instant) return last;
    let low = this.#head;
    let high = last - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at(middle) <= instant) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #at(index: number): number {
    return this.#passed[index] ?? Number.NaN;
  }
}
