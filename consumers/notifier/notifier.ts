import type { Clock } from '#ports/clock.ts';
import type { EndOffsets } from '#ports/log-reader.ts';
import type { Logger } from '#ports/logger.ts';
import type { MessageChannels } from '#ports/message-channel.ts';
import type { PartitionOwner } from '#ports/partition-owner.ts';
import type { Readiness } from '#ports/readiness.ts';
import type { NotifierMetrics } from './notifier-metrics.ts';
import { NOTIFIER_TOPICS, NotifierPartition } from './notifier-partition.ts';

/** How often open notices and alerts are looked through. */
const TICK_MS = 200;

export interface NotifierParts {
  readonly owner: PartitionOwner;
  readonly ends: EndOffsets;
  readonly channels: MessageChannels;
  /** A person is paged for an open alert this often. */
  readonly pageEveryMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: NotifierMetrics;
}

/**
 * Delivers what a case could not deliver at once, and pages people until they acknowledge. Several
 * processes share the partitions; the log is its only memory (DESIGN, notices.v1 and alerts.v1).
 */
export class Notifier {
  readonly #parts: NotifierParts;
  readonly #partitions = new Map<number, { processor: NotifierPartition; working: boolean }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: NotifierParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { owner, ends, ...parts } = this.#parts;
    this.#timer = setInterval(() => {
      for (const own of this.#partitions.values()) void this.#work(own);
    }, TICK_MS);
    await owner.run(NOTIFIER_TOPICS, async (partition, writer) => {
      const found = new Map<string, number>();
      for (const topic of NOTIFIER_TOPICS) {
        found.set(topic, (await ends.endOffsets(topic))[partition] ?? 0);
      }
      const processor = new NotifierPartition({ ...parts, writer, ends: found });
      const own = { processor, working: false };
      this.#partitions.set(partition, own);
      return {
        onBatch: (records) => processor.onBatch(records),
        onPosition: (topic, position) => {
          processor.onPosition(topic, position);
        },
        onRelease: () => {
          processor.onRelease();
          if (this.#partitions.get(partition) === own) this.#partitions.delete(partition);
        },
      };
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#parts.owner.stop();
  }

  /** Ready when all that was open is known, and the last page has reached somebody. */
  ready(): Readiness {
    for (const [partition, { processor }] of this.#partitions) {
      if (!processor.isCaughtUp) {
        return { ready: false, reason: `partition ${String(partition)} is still being read` };
      }
      if (!processor.isReachingPeople)
        return { ready: false, reason: 'no channel reaches a person' };
    }
    return { ready: true };
  }

  async #work(own: { processor: NotifierPartition; working: boolean }): Promise<void> {
    if (own.working) return;
    own.working = true;
    try {
      await own.processor.work();
    } catch (error) {
      // What cannot be written gives the partition up: whoever takes it next reads what is open.
      this.#parts.logger.debug({ err: error }, 'a partition was given up at work');
    }
    own.working = false;
  }
}
