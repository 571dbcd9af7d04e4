import type { ListedScope } from '#contracts/control-rest.ts';
import type { ControlStateRecord } from '#contracts/control-states.ts';
import type { GateLeaseRecord } from '#contracts/gate-leases.ts';

/** The controls and leases, as far as they have been read. */
export interface ControlBook {
  /** The last state of every scope that was ever held. */
  states(): readonly ControlStateRecord[];
  /** A scope's state with the commands that it does not cover yet; null when nobody ever held it. */
  listed(scope: string): ListedScope | null;
  /** The same of every scope. */
  listedAll(): readonly ListedScope[];
  /** Has a scope's state of that version, or a later one, been read within so many ms? */
  stateShown(scope: string, version: number, msMax: number): Promise<boolean>;
  /** Has a state that covers every command of the scope that is known been read within so many ms? */
  toldCovered(scope: string, msMax: number): Promise<boolean>;
  /** The last word of every process that had a lease of late. */
  leases(): readonly HeardLease[];
  /** Resolves when states and commands are read to the end that they have now; rejects when that takes too long. */
  statesRead(): Promise<void>;
  /** The same for leases. */
  leasesRead(): Promise<void>;
}

export interface HeardLease extends GateLeaseRecord {
  /** The broker's timestamp of the record, ms. */
  readonly heardAt: number;
}
