import { z } from 'zod';
import { decodeRecord } from '#contracts/decode-record.ts';
import { figuresVersionString } from '#contracts/figures-version.ts';
import { CASE_EVENT_TOPICS } from '#contracts/live-events.ts';
import { ORDER_DECISION } from '#contracts/order-audit.ts';
import type { CaseEventName, LiveEventName, LiveFigures } from '#contracts/live-events.ts';
import { marginCalcSchema } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { InboundRecord } from '#ports/records.ts';

/** Events of cases that a client can still be given when it comes back. */
const EVENTS_KEPT_MAX = 5_000;

/** One event as it goes out. `id` is the place after which a client goes on. */
export interface LiveEvent {
  readonly id: string;
  readonly name: LiveEventName;
  readonly accountId: string | null;
  /** JSON. */
  readonly data: string;
}

type Listener = (event: LiveEvent) => void;

/** What was missed since a place; null when it is no longer, or was never, known. */
type Missed = readonly LiveEvent[] | null;

const about = z.looseObject({
  account_id: z.string().nullish(),
  event_type: z.string().nullish(),
});

/** Topic to the name of its events. */
const NAMES = new Map<string, CaseEventName>(
  Object.entries(CASE_EVENT_TOPICS).map(([name, topic]) => [topic, name as CaseEventName]),
);

/** The topics whose events the hub passes on; figures come beside them. */
export const HUB_TOPICS: readonly string[] = Object.values(CASE_EVENT_TOPICS);

/**
 * Passes on what happens. Events of cases are numbered and the last 5,000 kept; figures are the last
 * of each account, put together until the next flush, and not kept. Numbers hold within one process:
 * its `epoch` stands before them.
 */
export class EventHub {
  readonly #epoch: string;
  readonly #startedAt: number;
  readonly #kept: LiveEvent[] = [];
  readonly #listeners = new Set<Listener>();
  readonly #changed = new Map<string, InboundRecord>();
  #sequence = 0;

  /** `startedAt` is Unix ms: older figures, of before, are not passed on. */
  constructor(epoch: string, startedAt: number) {
    this.#epoch = epoch;
    this.#startedAt = startedAt;
  }

  /** The place of the last event of a case. */
  get place(): string {
    return this.#placeOf(this.#sequence);
  }

  /** How many listen. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** Calls `listener` with every event from now on; the function given ends that. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** What happened since a place. */
  since(place: string): Missed {
    const [, epoch, digits = ''] = /^([\w.:]+)-(\d{1,15})$/.exec(place) ?? [];
    if (epoch !== this.#epoch) return null;
    const missed = this.#sequence - Number(digits);
    if (missed < 0 || missed > this.#kept.length) return null;
    return missed === 0 ? [] : this.#kept.slice(-missed);
  }

  /** Takes records of one topic, in order. */
  take(records: readonly InboundRecord[]): void {
    if (records[0]?.topic === TOPICS.marginCalc.name) {
      if (this.#listeners.size === 0) return;
      for (const record of records) {
        if (record.key !== null && record.timestamp >= this.#startedAt) {
          this.#changed.set(record.key, record);
        }
      }
      return;
    }
    for (const record of records) this.#takeCaseEvent(record);
  }

  /** Passes on the figures that changed since the last time. */
  flush(): void {
    for (const inbound of this.#changed.values()) {
      const decoded = decodeRecord(marginCalcSchema, inbound.value, inbound.key);
      if (!decoded.ok) continue;
      const { record } = decoded;
      const figures: LiveFigures = {
        account_id: record.account_id,
        at: record.as_of,
        status: record.status,
        figures_version: figuresVersionString(record),
        cash: record.cash,
        market_value: record.total_mv,
        equity: record.equity,
        maintenance_req: record.maintenance_req,
        excess: record.excess,
        deficiency: record.deficiency,
      };
      const data = JSON.stringify(figures);
      this.#tell({ id: this.place, name: 'figures', accountId: record.account_id, data });
    }
    this.#changed.clear();
  }

  #takeCaseEvent(record: InboundRecord): void {
    const name = NAMES.get(record.topic);
    const decoded = decodeRecord(about, record.value, record.key);
    if (name === undefined || !decoded.ok) return;
    // As many as there are orders: who follows orders reads their topics.
    if (decoded.record.event_type === ORDER_DECISION) return;
    this.#sequence += 1;
    const accountId = decoded.record.account_id ?? null;
    const data = JSON.stringify(decoded.record);
    const event = { id: this.place, name, accountId, data };
    this.#kept.push(event);
    if (this.#kept.length > EVENTS_KEPT_MAX) this.#kept.shift();
    this.#tell(event);
  }

  #tell(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #placeOf(sequence: number): string {
    return `${this.#epoch}-${String(sequence)}`;
  }
}
