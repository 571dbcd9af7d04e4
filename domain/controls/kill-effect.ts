/** When a kill is effective: on every holder of a lease, or past what the others may still let pass (DESIGN 21). */

/** A lease as its holder last told it (gate.leases.v1). Instants in ms. */
export interface Lease {
  readonly process: string;
  readonly left: boolean;
  /** Nothing that the holder lets pass on this lease is valid at or after it; never before its end. */
  readonly endsAt: number;
  /** Per partition of killswitch.commands.v1 the first offset that is not applied. */
  readonly commandPositions: readonly number[];
}

/** A command where it lies in killswitch.commands.v1, acknowledged at `at`. */
export interface WrittenCommand {
  readonly partition: number;
  readonly offset: number;
  readonly at: number;
}

/** `leases` that lived when the command was written, split into those that are through with it and not. */
export interface KillEffect {
  readonly leases: number;
  readonly applied: number;
  /** Holders that have not applied it, and can let nothing pass any more. */
  readonly lapsed: readonly string[];
  /** Holders that have not applied it, and may still. Empty: the command is effective. */
  readonly waitingFor: readonly string[];
  /** The last instant at which one of these may let something pass; null when none. */
  readonly until: number | null;
}

/** Clocks of a broker-dealer's machines are within 50 ms of NIST (FINRA Rule 4590). */
export const CLOCKS_APART_MS = 50;

/**
 * How far a command is effective, by the leases read up to their end after it was acknowledged: a
 * holder that had no lease by then opens only when it has read the command. `now` in ms.
 */
export function killEffect(
  leases: Iterable<Lease>,
  { partition, offset, at }: WrittenCommand,
  now: number,
): KillEffect {
  const waiting: Lease[] = [];
  const lapsed: string[] = [];
  let applied = 0;
  for (const lease of leases) {
    const endsAt = lease.endsAt + CLOCKS_APART_MS;
    if (lease.left || endsAt <= at) continue;
    if ((lease.commandPositions[partition] ?? 0) > offset) applied += 1;
    else if (now >= endsAt) lapsed.push(lease.process);
    else waiting.push(lease);
  }
  return {
    leases: applied + lapsed.length + waiting.length,
    applied,
    lapsed,
    waitingFor: waiting.map(({ process }) => process).sort(),
    until: waiting.length === 0 ? null : Math.max(...waiting.map(({ endsAt }) => endsAt)),
  };
}
