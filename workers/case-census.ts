import type { RUNG_NAMES } from '#contracts/case-events.ts';
import type { Logger } from '#ports/logger.ts';
import type { Readiness } from '#ports/readiness.ts';

/** How many cases stand on each rung. */
export type CaseCounts = ReadonlyMap<(typeof RUNG_NAMES)[number], number>;

const PAUSE_MS = 15_000;
/** After so long without an answer the server is away: no case moves. */
const SILENCE_MS_MAX = 40_000;

/**
 * Counts the cases by rung, again and again; each answer is also the proof that Temporal is there.
 * Every worker counts all cases: a reader takes the maximum, not the sum.
 */
export class CaseCensus {
  readonly #count: () => Promise<CaseCounts>;
  readonly #onCounts: (counts: CaseCounts) => void;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  #answeredAt = performance.now();
  #stopped = false;

  constructor(
    count: () => Promise<CaseCounts>,
    onCounts: (counts: CaseCounts) => void,
    logger: Logger,
  ) {
    this.#count = count;
    this.#onCounts = onCounts;
    this.#logger = logger;
  }

  start(): void {
    void this.#takeAndGoOn();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  ready(): Readiness {
    const silentMs = performance.now() - this.#answeredAt;
    if (silentMs <= SILENCE_MS_MAX) return { ready: true };
    const seconds = String(Math.round(silentMs / 1_000));
    return { ready: false, reason: `Temporal has not answered for ${seconds} s` };
  }

  async #takeAndGoOn(): Promise<void> {
    try {
      this.#onCounts(await this.#count());
      this.#answeredAt = performance.now();
    } catch (error) {
      this.#logger.debug({ error: String(error) }, 'the cases could not be counted');
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#takeAndGoOn(), PAUSE_MS);
  }
}
