import { z } from 'zod';
import type { MarginCalcRecord, StressRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { LogReader } from '#ports/log-reader.ts';
import type { InboundRecord } from '#ports/records.ts';

const POLL_MS = 20;
/** Longer than anybody waits for figures, unless the machine has much other work. */
const PATIENCE_MS = 60_000;

/** What the observer reads. */
const WATCHED = [
  TOPICS.fills,
  TOPICS.cash,
  TOPICS.marginCalc,
  TOPICS.stress,
  TOPICS.marginCalls,
  TOPICS.restrictions,
  TOPICS.liquidations,
  TOPICS.liquidationOrders,
  TOPICS.executions,
  TOPICS.notices,
  TOPICS.audit,
].map(({ name }) => name);

/** One of contracts/topics.ts, with the type of its records. */
interface TypedTopic<S extends z.ZodType> {
  readonly name: string;
  readonly schema: S;
}

/** A record that was seen, when it was written, ms, and where it lies in its partition. */
export interface Seen<T> {
  readonly record: T;
  readonly at: number;
  readonly offset: number;
}

/** Is a record of this topic under this key (an account) worth keeping? */
export type Keeps = (topic: string, key: string | null) => boolean;

const ofAnAccount = z.looseObject({ account_id: z.string().nullable() });

/** Watches the product's topics as any consumer could, and sorts them by account. */
export class Observer {
  readonly #reader: LogReader;
  readonly #keeps: Keeps;
  readonly #seen = new Map<string, Seen<unknown>[]>();

  constructor(reader: LogReader, keeps: Keeps) {
    this.#reader = reader;
    this.#keeps = keeps;
  }

  async start(): Promise<void> {
    await this.#reader.start(WATCHED, (records) => {
      for (const record of records) {
        if (this.#keeps(record.topic, record.key)) this.#keep(record);
      }
    });
  }

  stop(): Promise<void> {
    return this.#reader.stop();
  }

  /** What one topic has told about an account so far, in its order. */
  of<S extends z.ZodType>(topic: TypedTopic<S>, accountId: string): Seen<z.infer<S>>[] {
    return (this.#seen.get(`${topic.name}/${accountId}`) ?? []).map((seen) => ({
      ...seen,
      record: topic.schema.parse(seen.record),
    }));
  }

  /** The last that a topic has told about an account; undefined before the first. */
  last<S extends z.ZodType>(topic: TypedTopic<S>, accountId: string): z.infer<S> | undefined {
    const seen = this.#seen.get(`${topic.name}/${accountId}`)?.at(-1);
    return seen === undefined ? undefined : topic.schema.parse(seen.record);
  }

  /** Resolves when all that the topics hold now has been seen. */
  caughtUp(timeoutMs: number): Promise<void> {
    return this.#reader.caughtUp(timeoutMs);
  }

  /** The first record of a topic about an account that fits; rejects when none comes in time. */
  async until<S extends z.ZodType>(
    topic: TypedTopic<S>,
    accountId: string,
    fits: (record: z.infer<S>) => boolean,
    timeoutMs: number,
  ): Promise<Seen<z.infer<S>>> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = this.of(topic, accountId).find(({ record }) => fits(record));
      if (found !== undefined) return found;
      if (Date.now() > deadline) {
        throw new Error(
          `nothing that fits came on ${topic.name} for ${accountId} within ${String(timeoutMs)} ms`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** The account's first figures that fit. */
  figures(
    accountId: string,
    fits: (calc: MarginCalcRecord) => boolean,
    timeoutMs = PATIENCE_MS,
  ): Promise<Seen<MarginCalcRecord>> {
    return this.until(TOPICS.marginCalc, accountId, fits, timeoutMs);
  }

  /** The eight stress rows that belong to figures. */
  async stress(calc: MarginCalcRecord, timeoutMs = PATIENCE_MS): Promise<StressRecord[]> {
    const { account_id: accountId, generation, sequence } = calc;
    const same = (row: StressRecord): boolean =>
      row.generation === generation && row.sequence === sequence;
    await this.until(
      TOPICS.stress,
      accountId,
      (row) => same(row) && row.scenario === 0.06,
      timeoutMs,
    );
    return this.of(TOPICS.stress, accountId)
      .map(({ record }) => record)
      .filter(same);
  }

  #keep(record: InboundRecord): void {
    if (record.value === null) return;
    const content = ofAnAccount.parse(JSON.parse(new TextDecoder().decode(record.value)));
    // What concerns the whole firm is no account's.
    if (content.account_id === null) return;
    const lane = `${record.topic}/${content.account_id}`;
    const seen = this.#seen.get(lane) ?? [];
    seen.push({ record: content, at: record.timestamp, offset: record.offset });
    this.#seen.set(lane, seen);
  }
}
