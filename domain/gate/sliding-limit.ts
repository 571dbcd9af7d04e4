/** The width of every throttle's window: at most N in any 1,000 ms (issue: THROTTLE). */
export const THROTTLE_WINDOW_MS = 1_000;

/**
 * What passed in the last while, by each order's own `ts`. Orders may come out of the order of their
 * `ts`; however they come, no window of THROTTLE_WINDOW_MS has more than the limit. A window is
 * half-open: instants exactly 1,000 ms apart share none. Keeps what an order that is not yet too old
 * can still meet, and no more than that.
 */
export class SlidingLimit {
  /** Ascending. */
  readonly #passed: number[] = [];
  readonly #horizonMs: number;

  /** `orderAgeMsMax`: how much older than the newest a later order may be. */
  constructor(orderAgeMsMax: number) {
    this.#horizonMs = orderAgeMsMax + THROTTLE_WINDOW_MS;
  }

  /**
   * The most that a window would hold if an order of `ts` passed too: above `limit` it must not.
   * Looks only at windows with `ts` in them.
   */
  countWith(ts: number): number {
    const passed = this.#passed;
    const at = insertionIndex(passed, ts);
    let from = at;
    while (from > 0 && ts - at0(passed, from - 1) < THROTTLE_WINDOW_MS) from -= 1;
    let most = 0;
    let to = at;
    for (let start = from; start <= at; start += 1) {
      const opens = start === at ? ts : at0(passed, start);
      while (to < passed.length && at0(passed, to) - opens < THROTTLE_WINDOW_MS) to += 1;
      most = Math.max(most, to - start + 1);
    }
    return most;
  }

  /** An order of `ts` passed. */
  pass(ts: number): void {
    const passed = this.#passed;
    passed.splice(insertionIndex(passed, ts), 0, ts);
    const newest = at0(passed, passed.length - 1);
    let outdated = 0;
    while (newest - at0(passed, outdated) > this.#horizonMs) outdated += 1;
    // In lumps, so that dropping costs little however many passed.
    if (outdated > 1_000 || outdated > passed.length / 2) passed.splice(0, outdated);
  }
}

/** After all that are ≤ ts: in order of arrival that is the end, at once. */
function insertionIndex(ascending: readonly number[], ts: number): number {
  let index = ascending.length;
  while (index > 0 && at0(ascending, index - 1) > ts) index -= 1;
  return index;
}

function at0(values: readonly number[], index: number): number {
  return values[index] ?? Number.NaN;
}
