import type { ControlStateRecord } from '#contracts/control-states.ts';
import type { GateLeaseRecord } from '#contracts/gate-leases.ts';

/** The controls and leases, as far as they have been read. */
export interface ControlBook {
  /** The last state of a scope; null when nobody ever held it. */
  state(scope: string): ControlStateRecord | null;
  states(): readonly ControlStateRecord[];
  /** Has a scope's state of that version, or a later one, been read within so many ms? */
  stateShown(scope: string, version: number, msMax: number): Promise<boolean>;
  /** The last word of every process that had a lease of late. */
  leases(): readonly HeardLease[];
  /** Resolves when states are read to the end that they have now; rejects when that takes too long. */
  statesRead(): Promise<void>;
  /** The same for leases. */
  leasesRead(): Promise<void>;
}

export interface HeardLease extends GateLeaseRecord {
  /** The broker's timestamp of the record, ms. */
  readonly heardAt: number;
}
