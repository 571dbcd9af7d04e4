import type { HeartbeatRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Logger } from '#ports/logger.ts';
import type { Publisher } from '#ports/publisher.ts';

/** engine.heartbeats.v1 tells at least this often that a partition is alive (DESIGN 8). */
const HEARTBEAT_MS = 1_000;
/** News of applied offsets waits at most this long for company. */
const PROGRESS_MS = 20;

/**
 * Tells how far each partition is: soon after news, and every second. One publishing at a time, each
 * with what is true when it begins: an older heartbeat never comes after a younger one.
 */
export class Heartbeats {
  readonly #publisher: Publisher;
  readonly #logger: Logger;
  readonly #collect: () => readonly HeartbeatRecord[];
  #interval: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #publishing = false;
  #newsCount = 0;
  #publishedAt = performance.now();
  #stopped = false;

  constructor(publisher: Publisher, logger: Logger, collect: () => readonly HeartbeatRecord[]) {
    this.#publisher = publisher;
    this.#logger = logger;
    this.#collect = collect;
  }

  start(onBeat: () => void): void {
    this.#interval = setInterval(() => {
      onBeat();
      this.news();
    }, HEARTBEAT_MS);
  }

  /** There is something new to tell. */
  news(): void {
    this.#newsCount += 1;
    if (this.#publishing || this.#soon !== undefined || this.#stopped) return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      this.#publish().catch((error: unknown) => {
        // A missing heartbeat makes the figures stale for every reader: the safe side.
        this.#logger.warn({ error: String(error) }, 'heartbeats were not published');
      });
    }, PROGRESS_MS);
  }

  /** Since the broker has acknowledged heartbeats, ms. */
  get ageMs(): number {
    return performance.now() - this.#publishedAt;
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#interval);
    clearTimeout(this.#soon);
  }

  async #publish(): Promise<void> {
    const records = this.#collect().map((heartbeat) => ({
      topic: TOPICS.heartbeats.name,
      key: String(heartbeat.partition),
      value: JSON.stringify(heartbeat),
    }));
    if (records.length === 0) {
      // Nobody waits for what there is not.
      this.#publishedAt = performance.now();
      return;
    }
    this.#publishing = true;
    const toldCount = this.#newsCount;
    try {
      await this.#publisher.publish(records);
      this.#publishedAt = performance.now();
    } finally {
      this.#publishing = false;
      if (this.#newsCount > toldCount) this.news();
    }
  }
}
