import { decodeRecord } from '#contracts/decode-record.ts';
import { heartbeatSchema } from '#contracts/margin-figures.ts';
import type { InboundRecord } from '#ports/records.ts';

/** Figures count as the engine's last word while its heartbeat is so young (DESIGN 8). */
const HEARTBEAT_AGE_MS_MAX = 5_000;

/** Whether the engine of each partition lives: the excess of a dead one opens nothing. */
export class EnginePulse {
  readonly #beats = new Map<number, number>();

  take(records: readonly InboundRecord[]): void {
    for (const { value } of records) {
      const decoded = decodeRecord(heartbeatSchema, value, null);
      if (!decoded.ok) continue;
      const { partition, ts } = decoded.record;
      this.#beats.set(partition, Math.max(ts, this.#beats.get(partition) ?? 0));
    }
  }

  isAlive(partition: number, now: number): boolean {
    return now - (this.#beats.get(partition) ?? -Infinity) <= HEARTBEAT_AGE_MS_MAX;
  }
}
