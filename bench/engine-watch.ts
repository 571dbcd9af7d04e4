import { heartbeatSchema } from '#contracts/margin-figures.ts';
import type { HeartbeatRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { EndOffsets } from '#ports/log-reader.ts';
import { WrongResultError } from './benchmark.ts';
import type { Watch } from './watch.ts';

/** How far the engine is, by what it tells on engine.heartbeats.v1. */
export class EngineWatch {
  readonly #watch: Watch;
  readonly #partitions: number;
  readonly #last = new Map<number, HeartbeatRecord>();
  #seenAt = 0;

  constructor(watch: Watch, partitions: number) {
    this.#watch = watch;
    this.#partitions = partitions;
  }

  async start(): Promise<void> {
    await this.#watch.start([TOPICS.heartbeats.name], ({ record, seenAt }) => {
      const heartbeat = heartbeatSchema.parse(JSON.parse(String(record.value)));
      this.#last.set(heartbeat.partition, heartbeat);
      this.#seenAt = seenAt;
    });
  }

  /** Resolves with when all partitions have a heartbeat of a take-over later than `generation`, Unix ms. */
  untilRevalued(generation: number, timeoutMs: number): Promise<number> {
    return this.#until('the engine has revalued every account', timeoutMs, () => {
      const beats = [...this.#last.values()];
      return beats.length === this.#partitions && beats.every((b) => b.generation > generation);
    });
  }

  /** Resolves with when all that fills.v1, cash.v1 and prices.v1 hold now is in published figures, Unix ms. */
  async untilApplied(ends: EndOffsets, timeoutMs: number): Promise<number> {
    const [fills, cash, prices] = await Promise.all(
      [TOPICS.fills, TOPICS.cash, TOPICS.prices].map(({ name }) => ends.endOffsets(name)),
    );
    return this.#until('the engine has worked everything off', timeoutMs, () =>
      [...this.#last.values()].every(({ partition, applied_offsets: applied }) => {
        const own =
          applied['fills.v1'] >= (fills?.[partition] ?? 0) &&
          applied['cash.v1'] >= (cash?.[partition] ?? 0);
        return own && (prices ?? []).every((end, at) => (applied['prices.v1'][at] ?? 0) >= end);
      }),
    );
  }

  async #until(what: string, timeoutMs: number, holds: () => boolean): Promise<number> {
    const inTime = await this.#watch.until(timeoutMs, holds);
    if (!inTime) throw new WrongResultError(`not within ${String(timeoutMs)} ms: ${what}`);
    return this.#seenAt;
  }
}
