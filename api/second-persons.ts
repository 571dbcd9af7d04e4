import { createHash } from 'node:crypto';

/** A request waits so long for its second person, … */
const WAITING_MS = 3_600_000;
/** … and at most so many wait: the oldest gives way to the next. */
const WAITING_MAX = 1_000;

/** Who has asked for the same. */
export interface TwoPersons {
  readonly first: string;
  readonly second: string;
}

interface Asked {
  readonly first: string;
  readonly second: string | null;
  /** Unix ms. */
  readonly since: number;
}

/**
 * Requests that take two different persons: the first asks, the second asks for the very same. Known to
 * this process only; after a restart the first person asks again.
 */
export class SecondPersons {
  readonly #asked = new Map<string, Asked>();

  /**
   * `subject` asks for `content` at `now` (Unix ms). Both persons as soon as there are two, and the same
   * two whoever repeats it: what they wrote is not written again in another name. null before.
   */
  ask(content: unknown, subject: string, now: number): TwoPersons | null {
    const key = createHash('sha256').update(JSON.stringify(content)).digest('base64url');
    const known = this.#asked.get(key);
    if (known === undefined || now - known.since >= WAITING_MS) {
      this.#remember(key, { first: subject, second: null, since: now });
      return null;
    }
    const { first } = known;
    const second = known.second ?? (subject === first ? null : subject);
    if (second === null) return null;
    this.#asked.set(key, { ...known, second });
    return { first, second };
  }

  #remember(key: string, asked: Asked): void {
    this.#asked.delete(key);
    this.#asked.set(key, asked);
    if (this.#asked.size <= WAITING_MAX) return;
    for (const oldest of this.#asked.keys()) {
      this.#asked.delete(oldest);
      return;
    }
  }
}
