import { controlStateSchema } from '#contracts/control-states.ts';
import type { ControlStateRecord } from '#contracts/control-states.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import { gateLeaseSchema } from '#contracts/gate-leases.ts';
import type { ControlBook, HeardLease } from '#ports/control-book.ts';
import type { LogReader } from '#ports/log-reader.ts';
import type { InboundRecord } from '#ports/records.ts';

/** A process that was not heard of for so long is forgotten: its lease is over many times. */
const FORGOTTEN_AFTER_MS = 3_600_000;
/** What a person waits for at most until what is there has been read. */
const READ_MS_MAX = 4_000;

interface Waiting {
  readonly scope: string;
  readonly version: number;
  readonly end: (shown: boolean) => void;
}

/** killswitch.state.v1 and gate.leases.v1 as the API has read them. */
export class ControlsRead implements ControlBook {
  readonly #states = new Map<string, ControlStateRecord>();
  readonly #leases = new Map<string, HeardLease>();
  readonly #waiting = new Set<Waiting>();
  readonly #stateReader: Pick<LogReader, 'caughtUp'>;
  readonly #leaseReader: Pick<LogReader, 'caughtUp'>;

  constructor(stateReader: Pick<LogReader, 'caughtUp'>, leaseReader: Pick<LogReader, 'caughtUp'>) {
    this.#stateReader = stateReader;
    this.#leaseReader = leaseReader;
  }

  /** What does not fit the schema is passed over. */
  takeStates(records: readonly InboundRecord[]): void {
    for (const { value } of records) {
      const decoded = decodeRecord(controlStateSchema, value, null);
      if (decoded.ok) this.#states.set(decoded.record.scope, decoded.record);
    }
    for (const one of this.#waiting) {
      if (this.#shows(one)) one.end(true);
    }
  }

  takeLeases(records: readonly InboundRecord[]): void {
    for (const { value, timestamp: heardAt } of records) {
      const decoded = decodeRecord(gateLeaseSchema, value, null);
      if (!decoded.ok) continue;
      this.#leases.set(decoded.record.process, { ...decoded.record, heardAt });
      this.#forget(heardAt);
    }
  }

  state(scope: string): ControlStateRecord | null {
    return this.#states.get(scope) ?? null;
  }

  states(): readonly ControlStateRecord[] {
    return [...this.#states.values()];
  }

  async stateShown(scope: string, version: number, msMax: number): Promise<boolean> {
    if (this.#shows({ scope, version })) return true;
    return new Promise((resolve) => {
      const end = (shown: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(one);
        resolve(shown);
      };
      const timer = setTimeout(end, msMax, false);
      const one: Waiting = { scope, version, end };
      this.#waiting.add(one);
    });
  }

  leases(): readonly HeardLease[] {
    return [...this.#leases.values()];
  }

  statesRead(): Promise<void> {
    return this.#stateReader.caughtUp(READ_MS_MAX);
  }

  leasesRead(): Promise<void> {
    return this.#leaseReader.caughtUp(READ_MS_MAX);
  }

  #shows({ scope, version }: Pick<Waiting, 'scope' | 'version'>): boolean {
    return (this.#states.get(scope)?.version ?? -1) >= version;
  }

  #forget(now: number): void {
    for (const [process, { heardAt }] of this.#leases) {
      if (now - heardAt > FORGOTTEN_AFTER_MS) this.#leases.delete(process);
    }
  }
}
