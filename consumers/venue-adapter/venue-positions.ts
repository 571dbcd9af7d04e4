import { TOPICS } from '#contracts/topics.ts';
import type { ConsumedPosition, FencedWriter } from '#ports/partition-owner.ts';

const GATED = TOPICS.gatedOrders.name;

/** What the venue takes, co-partitioned by account. */
export const INPUTS = [GATED, TOPICS.orderCancels.name] as const;

/** How far the inputs of a partition are decided, and how far that is committed. */
export class VenuePositions {
  /** Per input the first offset not yet decided, and what was committed last. */
  readonly #read = new Map<string, number>();
  readonly #committed = new Map<string, number>();

  constructor(writer: Pick<FencedWriter, 'committedPosition'>) {
    for (const topic of INPUTS) {
      this.#read.set(topic, writer.committedPosition(topic));
      this.#committed.set(topic, writer.committedPosition(topic));
    }
  }

  /** Everything of an input before `position` is decided. */
  readTo(topic: string, position: number): void {
    this.#read.set(topic, Math.max(position, this.#read.get(topic) ?? 0));
  }

  /** What a restart need not read again and is not committed: a working order is not finished. */
  uncommitted(oldestWorkingOffset: number | null): ConsumedPosition[] {
    return INPUTS.map((topic) => {
      const read = this.#read.get(topic) ?? 0;
      return { topic, position: topic === GATED ? (oldestWorkingOffset ?? read) : read };
    }).filter(({ topic, position }) => position !== this.#committed.get(topic));
  }

  committed(consumed: readonly ConsumedPosition[]): void {
    for (const { topic, position } of consumed) this.#committed.set(topic, position);
  }
}
