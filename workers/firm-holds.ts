import { decodeRecord } from '#contracts/decode-record.ts';
import { enforcementSchema, holdIn } from '#contracts/firm-records.ts';
import type { EnforcementRecord } from '#contracts/firm-records.ts';
import type { AdoptedHolds } from '#contracts/firm-messages.ts';
import type { FirmHold } from '#domain/firm-enforcement.ts';
import type { FirmWatch } from '#ports/firm-enforcement.ts';
import type { LogReader } from '#ports/log-reader.ts';
import type { Logger } from '#ports/logger.ts';
import type { InboundRecord } from '#ports/records.ts';

/** How long a reading waits for the view to reach the end of the log. */
const CATCH_UP_MS_MAX = 3_000;
/** The broker is asked at most once in this time, however many cases read at once. */
const PAUSE_MS = 50;

/** What enforcement.v1 says, each scope by its highest version. As small as the scopes ever held. */
export class FirmHoldsView {
  readonly #logger: Logger;
  readonly #latest = new Map<string, EnforcementRecord>();
  #unreadable: string | null = null;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  take(records: readonly InboundRecord[]): void {
    for (const { topic, partition, offset, key, value } of records) {
      const decoded = decodeRecord(enforcementSchema, value, key);
      if (!decoded.ok) {
        // Whoever cannot tell what is held must take everything for held.
        this.#unreadable = `${topic}:${String(partition)}:${String(offset)}`;
        this.#logger.error({ origin: this.#unreadable }, 'a change of enforcement is not readable');
        continue;
      }
      const { record } = decoded;
      const known = this.#latest.get(record.scope)?.version ?? -1;
      if (record.version > known) this.#latest.set(record.scope, record);
    }
  }

  /** By the order in which they were put on. Throws when a record of the log cannot be read. */
  holds(): readonly FirmHold[] {
    if (this.#unreadable !== null) throw new Error(`${this.#unreadable} cannot be read`);
    return [...this.#latest.values()]
      .flatMap((record) => holdIn(record) ?? [])
      .sort((a, b) => a.since - b.since);
  }

  /** What a workflow that knows nothing begins with. Throws as `holds` does. */
  adopted(): AdoptedHolds {
    const versions = [...this.#latest.values()].map(({ version }) => version);
    return { version: Math.max(0, ...versions), holds: this.holds() };
  }
}

/** Reads what is held, proved complete as of the question (DESIGN 8, 17). */
export class FirmHoldsReader implements Pick<FirmWatch, 'holds'> {
  readonly #view: FirmHoldsView;
  readonly #reader: Pick<LogReader, 'caughtUp'>;
  /** A reading that has not begun; whoever comes before it begins may share it. */
  #next: Promise<void> | null = null;

  constructor(view: FirmHoldsView, reader: Pick<LogReader, 'caughtUp'>) {
    this.#view = view;
    this.#reader = reader;
  }

  async holds(): Promise<readonly FirmHold[]> {
    await this.#caughtUp();
    return this.#view.holds();
  }

  async adopted(): Promise<AdoptedHolds> {
    await this.#caughtUp();
    return this.#view.adopted();
  }

  #caughtUp(): Promise<void> {
    this.#next ??= this.#catchUpSoon();
    return this.#next;
  }

  async #catchUpSoon(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    this.#next = null;
    await this.#reader.caughtUp(CATCH_UP_MS_MAX);
  }
}
