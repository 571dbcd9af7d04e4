/** A partition of a topic; the topic without its prefix. */
export interface LaneKey {
  readonly topic: string;
  readonly partition: number;
}

/** How far a consumer is behind the end of a partition. */
export interface LaneLag extends LaneKey {
  readonly consumer: string;
  readonly records: number;
  /** The oldest unfinished record is at most so old; 0 when there is none. */
  readonly ageMs: number;
}

interface Lane extends LaneKey {
  readonly consumer: string;
  /** The first offset not finished; null until it is known. */
  position: number | null;
  /** Where the partition ended when it was asked last; null before. */
  end: number | null;
  /** The broker's timestamp of the last finished record; whatever comes after it is younger. */
  lastRecordAt: number;
  /** When nothing was behind the position; whatever is there now came later. */
  caughtUpAt: number;
}

/**
 * What each consumer of a process reads, and how far behind it is. An unfinished record is younger than
 * the last finished one, and younger than the moment at which there was none: the later of the two
 * bounds its age, without reading it.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  /** A consumer has these partitions, and no others, from `now` (Unix ms) on. */
  assign(consumer: string, lanes: readonly LaneKey[], now: number): void {
    this.forget(consumer);
    for (const { topic, partition } of lanes) {
      this.#lanes.set(keyOf(consumer, topic, partition), {
        ...{ consumer, topic, partition, position: null, end: null },
        lastRecordAt: -Infinity,
        caughtUpAt: now,
      });
    }
  }

  /** A consumer has no partitions any more; returns those that it had. */
  forget(consumer: string): LaneKey[] {
    const forgotten = [...this.#lanes].filter(([, lane]) => lane.consumer === consumer);
    for (const [key] of forgotten) this.#lanes.delete(key);
    return forgotten.map(([, lane]) => lane);
  }

  /** Everything before `position` is finished; `at` is the broker's timestamp of the last record. */
  finished(consumer: string, key: LaneKey, position: number, at: number | null): void {
    const lane = this.#lanes.get(keyOf(consumer, key.topic, key.partition));
    if (lane === undefined) return;
    lane.position = Math.max(position, lane.position ?? 0);
    if (at !== null) lane.lastRecordAt = at;
  }

  /** Partitions ended there at `now` (Unix ms). */
  ended(ends: ReadonlyMap<string, ReadonlyMap<number, number>>, now: number): void {
    for (const lane of this.#lanes.values()) {
      const end = ends.get(lane.topic)?.get(lane.partition);
      if (end === undefined) continue;
      lane.end = end;
      if (lane.position !== null && lane.position >= end) lane.caughtUpAt = now;
    }
  }

  topics(): string[] {
    return [...new Set([...this.#lanes.values()].map(({ topic }) => topic))];
  }

  /** Partitions of a topic of which nothing has been read since the consumer joined. */
  unknown(consumer: string, topic: string): number[] {
    return [...this.#lanes.values()]
      .filter((lane) => lane.consumer === consumer && lane.topic === topic)
      .filter(({ position }) => position === null)
      .map(({ partition }) => partition);
  }

  /** The lag of each partition whose position and end are known, at `now` (Unix ms). */
  lags(now: number): LaneLag[] {
    return [...this.#lanes.values()].flatMap((lane) => {
      const { consumer, topic, partition, position, end } = lane;
      if (position === null || end === null) return [];
      const records = Math.max(0, end - position);
      const ageMs = records === 0 ? 0 : now - Math.max(lane.lastRecordAt, lane.caughtUpAt);
      return [{ consumer, topic, partition, records, ageMs: Math.max(0, ageMs) }];
    });
  }
}

function keyOf(consumer: string, topic: string, partition: number): string {
  return `${consumer}/${topic}/${partition}`;
}
