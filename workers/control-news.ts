import type { LoggedControl, ReadControls } from '#contracts/control-activities.ts';
import { controlStateSchema } from '#contracts/control-states.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import { isBeyond, loggedControl } from '#contracts/logged-controls.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { ControlLog } from '#ports/control-log.ts';
import type { LogReader } from '#ports/log-reader.ts';
import type { InboundRecord } from '#ports/records.ts';

/** What a worker reads to know what scopes have not taken in yet. */
export const CONTROL_NEWS_TOPICS = [
  TOPICS.controlCommands.name,
  TOPICS.restrictions.name,
  TOPICS.controlState.name,
] as const;

/** How long a reading waits for the ends of the logs. */
const CATCH_UP_MS_MAX = 5_000;

type Covered = Omit<ReadControls, 'scope'>;

const NOTHING_COVERED: Covered = { coversOffset: -1, coversRestriction: -1 };

/** What the logs say of scopes that their state does not cover: as small as what waits for them. */
export class ControlNews {
  readonly #partitionOf: (key: string) => number;
  readonly #waiting = new Map<string, LoggedControl[]>();
  readonly #covered = new Map<string, Covered>();

  constructor(partitionOf: (key: string) => number) {
    this.#partitionOf = partitionOf;
  }

  take(records: readonly InboundRecord[]): void {
    for (const record of records) {
      if (record.topic === TOPICS.controlState.name) this.#takeState(record);
      else this.#takeNews(record);
    }
  }

  /** What the logs say beyond `asked`; null when some of it is known to be covered, and forgotten here. */
  after(asked: ReadControls): readonly LoggedControl[] | null {
    const covered = this.#covered.get(asked.scope) ?? NOTHING_COVERED;
    const isBehind =
      asked.coversOffset < covered.coversOffset ||
      asked.coversRestriction < covered.coversRestriction;
    if (isBehind) return null;
    const waiting = this.#waiting.get(asked.scope) ?? [];
    return waiting.filter((control) => isBeyond(asked, control));
  }

  #takeNews(record: InboundRecord): void {
    const logged = loggedControl(record);
    // Offsets of two partitions do not compare: a scope's commands count in its own alone.
    if (logged === null || this.#partitionOf(record.key ?? '') !== record.partition) return;
    const { scope, control } = logged;
    if (!isBeyond(this.#covered.get(scope) ?? NOTHING_COVERED, control)) return;
    this.#waiting.set(scope, [...(this.#waiting.get(scope) ?? []), control]);
  }

  #takeState({ value, key }: InboundRecord): void {
    const decoded = decodeRecord(controlStateSchema, value, null);
    if (!decoded.ok || decoded.record.scope !== key) return;
    const { scope, covers_offset, covers_restriction_offset } = decoded.record;
    const before = this.#covered.get(scope) ?? NOTHING_COVERED;
    const covered = {
      coversOffset: Math.max(before.coversOffset, covers_offset),
      coversRestriction: Math.max(before.coversRestriction, covers_restriction_offset),
    };
    this.#covered.set(scope, covered);
    const waiting = (this.#waiting.get(scope) ?? []).filter((control) =>
      isBeyond(covered, control),
    );
    if (waiting.length === 0) this.#waiting.delete(scope);
    else this.#waiting.set(scope, waiting);
  }
}

/** Reads news of scopes proved complete as of the question; from the logs themselves where the view has forgotten. */
export function createControlNewsLog(
  news: ControlNews,
  reader: Pick<LogReader, 'caughtUp'>,
  logs: ControlLog,
): ControlLog {
  return {
    latest: (scope) => logs.latest(scope),
    after: async (covered) => {
      await reader.caughtUp(CATCH_UP_MS_MAX);
      return news.after(covered) ?? logs.after(covered);
    },
  };
}
