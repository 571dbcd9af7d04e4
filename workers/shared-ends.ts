import { TOPICS } from '#contracts/topics.ts';
import type { Clock } from '#ports/clock.ts';
import type { EndOffsets } from '#ports/log-reader.ts';

/** The broker is asked at most once in this time, however many cases read at once. */
const PAUSE_MS = 50;

/** Where the engine's inputs and its figures ended at one moment: per partition the next offset. */
export interface Ends {
  readonly fills: readonly number[];
  readonly cash: readonly number[];
  readonly adjustments: readonly number[];
  readonly prices: readonly number[];
  readonly betas: readonly number[];
  readonly instruments: readonly number[];
  readonly calc: readonly number[];
}

/** Fetches ends for many readers at once. Every reader gets ends that were asked for after it came. */
export class SharedEnds {
  readonly #source: EndOffsets;
  readonly #clock: Clock;
  #lastAt = -Infinity;
  /** A fetch that has not begun; whoever comes before it begins may share it. */
  #next: Promise<Ends> | null = null;

  constructor(source: EndOffsets, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  fetch(): Promise<Ends> {
    this.#next ??= this.#fetchSoon();
    return this.#next;
  }

  async #fetchSoon(): Promise<Ends> {
    // A clock that was set back must not make the pause longer.
    const sinceMs = Math.max(0, this.#clock.now() - this.#lastAt);
    const waitMs = Math.max(0, PAUSE_MS - sinceMs);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    this.#next = null;
    this.#lastAt = this.#clock.now();
    const [fills, cash, adjustments, prices, betas, instruments, calc] = await Promise.all([
      this.#source.endOffsets(TOPICS.fills.name),
      this.#source.endOffsets(TOPICS.cash.name),
      this.#source.endOffsets(TOPICS.adjustments.name),
      this.#source.endOffsets(TOPICS.prices.name),
      this.#source.endOffsets(TOPICS.betas.name),
      this.#source.endOffsets(TOPICS.instruments.name),
      this.#source.endOffsets(TOPICS.marginCalc.name),
    ]);
    return { fills, cash, adjustments, prices, betas, instruments, calc };
  }
}
