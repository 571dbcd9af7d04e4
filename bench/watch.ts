import type { KafkaSurroundings } from '#platform/kafka/client.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import type { LogReader } from '#ports/log-reader.ts';
import type { InboundRecord } from '#ports/records.ts';

const POLL_MS = 10;
const CAUGHT_UP_MS_MAX = 120_000;

/** A record and when this process had it, Unix ms. */
export interface Seen {
  readonly record: InboundRecord;
  readonly seenAt: number;
}

/** Reads topics as any consumer would, committed records only, and keeps what `keeps` says. */
export class Watch {
  readonly #reader: LogReader;
  #failure: Error | undefined;

  /** `fetchPauseMs`: `seenAt` may come so much later, and the broker has less to do meanwhile. */
  constructor(surroundings: KafkaSurroundings, fetchPauseMs?: number) {
    this.#reader = createLogReader(surroundings, {
      ...(fetchPauseMs === undefined ? {} : { fetchPauseMs }),
      onFatal: (error) => {
        this.#failure = error;
      },
    });
  }

  /** `onSeen` gets every record, from the topics' beginning. */
  async start(topics: readonly string[], onSeen: (seen: Seen) => void): Promise<void> {
    await this.#reader.start(topics, (records) => {
      const seenAt = Date.now();
      for (const record of records) onSeen({ record, seenAt });
    });
  }

  /** Resolves when everything that the topics hold now has been seen. */
  caughtUp(): Promise<void> {
    return this.#reader.caughtUp(CAUGHT_UP_MS_MAX);
  }

  /** Resolves with whether `holds` came true in time. Rejects when the topics cannot be read. */
  async until(timeoutMs: number, holds: () => boolean): Promise<boolean> {
    const giveUpAt = Date.now() + timeoutMs;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      if (holds()) return true;
      if (Date.now() > giveUpAt) return false;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  stop(): Promise<void> {
    return this.#reader.stop();
  }
}
