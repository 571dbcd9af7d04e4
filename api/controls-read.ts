import type { ListedScope } from '#contracts/control-rest.ts';
import { controlStateSchema } from '#contracts/control-states.ts';
import type { ControlStateRecord } from '#contracts/control-states.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import { gateLeaseSchema } from '#contracts/gate-leases.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { ControlBook, HeardLease } from '#ports/control-book.ts';
import type { LogReader } from '#ports/log-reader.ts';
import type { InboundRecord } from '#ports/records.ts';
import { ToldCommands, withTold } from './told-commands.ts';

/** A process that was not heard of for so long is forgotten: its lease is over many times. */
const FORGOTTEN_AFTER_MS = 3_600_000;
/** What a person waits for at most until what is there has been read. */
const READ_MS_MAX = 4_000;

interface Waiting {
  readonly isShown: () => boolean;
  readonly end: (shown: boolean) => void;
}

/** killswitch.state.v1, killswitch.commands.v1 above it, and gate.leases.v1 as the API has read them. */
export class ControlsRead implements ControlBook {
  readonly #states = new Map<string, ControlStateRecord>();
  readonly #told = new ToldCommands();
  readonly #leases = new Map<string, HeardLease>();
  readonly #waiting = new Set<Waiting>();
  readonly #stateReader: Pick<LogReader, 'caughtUp'>;
  readonly #leaseReader: Pick<LogReader, 'caughtUp'>;
  readonly #partitionOf: (scope: string) => number;

  /** `partitionOf`: where the records of a scope lie; a command elsewhere is nobody's, as for gates. */
  constructor(
    stateReader: Pick<LogReader, 'caughtUp'>,
    leaseReader: Pick<LogReader, 'caughtUp'>,
    partitionOf: (scope: string) => number,
  ) {
    this.#stateReader = stateReader;
    this.#leaseReader = leaseReader;
    this.#partitionOf = partitionOf;
  }

  /** Records of killswitch.state.v1 and killswitch.commands.v1; what does not fit is passed over. */
  takeControls(records: readonly InboundRecord[]): void {
    for (const record of records) {
      if (record.topic === TOPICS.controlCommands.name) {
        this.#takeCommand(record);
      } else this.#takeState(record);
    }
    for (const one of this.#waiting) {
      if (one.isShown()) one.end(true);
    }
  }

  #takeCommand(record: InboundRecord): void {
    if (record.key === null || record.partition !== this.#partitionOf(record.key)) return;
    this.#told.take(record, (scope) => this.#states.get(scope)?.covers_offset ?? -1);
  }

  #takeState({ value }: InboundRecord): void {
    const decoded = decodeRecord(controlStateSchema, value, null);
    if (!decoded.ok) return;
    const { scope, covers_offset: coversOffset } = decoded.record;
    this.#states.set(scope, decoded.record);
    this.#told.cover(scope, coversOffset);
  }

  takeLeases(records: readonly InboundRecord[]): void {
    for (const { value, timestamp: heardAt } of records) {
      const decoded = decodeRecord(gateLeaseSchema, value, null);
      if (!decoded.ok) continue;
      this.#leases.set(decoded.record.process, { ...decoded.record, heardAt });
      this.#forget(heardAt);
    }
  }

  states(): readonly ControlStateRecord[] {
    return [...this.#states.values()];
  }

  listed(scope: string): ListedScope | null {
    return withTold(scope, this.#states.get(scope) ?? null, this.#told.of(scope));
  }

  listedAll(): readonly ListedScope[] {
    const scopes = new Set([...this.#states.keys(), ...this.#told.scopes()]);
    return [...scopes].flatMap((scope) => this.listed(scope) ?? []);
  }

  stateShown(scope: string, version: number, msMax: number): Promise<boolean> {
    return this.#within(msMax, () => (this.#states.get(scope)?.version ?? -1) >= version);
  }

  toldCovered(scope: string, msMax: number): Promise<boolean> {
    return this.#within(msMax, () => this.#told.of(scope).length === 0);
  }

  async #within(msMax: number, isShown: () => boolean): Promise<boolean> {
    if (isShown()) return true;
    return new Promise((resolve) => {
      const end = (shown: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(one);
        resolve(shown);
      };
      const timer = setTimeout(end, msMax, false);
      const one: Waiting = { isShown, end };
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

  #forget(now: number): void {
    for (const [process, { heardAt }] of this.#leases) {
      if (now - heardAt > FORGOTTEN_AFTER_MS) this.#leases.delete(process);
    }
  }
}
