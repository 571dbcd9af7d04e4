import type { GateLeaseRecord } from '#contracts/gate-leases.ts';
import { CLOCKS_APART_MS } from '#domain/controls/kill-effect.ts';

/** A word of a gate or venue adapter on gate.leases.v1, and the broker's timestamp of it, Unix ms. */
export interface LeaseWord {
  readonly lease: GateLeaseRecord;
  readonly at: number;
}

/** A command on killswitch.commands.v1, and the broker's timestamp of it, Unix ms. */
export interface PlacedCommand {
  readonly partition: number;
  readonly offset: number;
  readonly at: number;
}

/** Since when a command is effective, by the broker's clock alone. */
export interface EffectiveAt {
  /** Gates and venue adapters that lived when it came. */
  readonly leases: number;
  /** Unix ms; null while one of them has not applied it. */
  readonly at: number | null;
}

/**
 * Since when a command is effective, from what the leases said in the log's order: when the last of those
 * that lived as it came had applied it, or had left (DESIGN 21). The product's own answer comes from
 * domain/controls/kill-effect.ts, which also lets a lease lapse.
 */
export function effectiveAt(
  words: readonly LeaseWord[],
  { partition, offset, at: writtenAt }: PlacedCommand,
): EffectiveAt {
  const processes = new Set(words.map(({ lease }) => lease.process));
  const times = [...processes].flatMap((process) => {
    const said = words.filter(({ lease }) => lease.process === process);
    const before = said.filter(({ at }) => at <= writtenAt).at(-1);
    if (before === undefined || before.lease.state === 'LEFT') return [];
    if (endOf(before) <= writtenAt) return [];
    const applied = said.find(
      ({ lease, at }) =>
        at >= writtenAt &&
        (lease.state === 'LEFT' ||
          (lease.applied['killswitch.commands.v1'][partition] ?? 0) > offset),
    );
    return [applied?.at ?? null];
  });
  const open = times.includes(null);
  const known = times.filter((time) => time !== null);
  return { leases: times.length, at: open || known.length === 0 ? null : Math.max(...known) };
}

/** Nothing that a holder lets pass on its word is valid any more then. */
function endOf({ lease, at }: LeaseWord): number {
  const held = Math.max(lease.ts, at) + lease.lease_ms;
  return Math.max(held, lease.valid_until_max) + CLOCKS_APART_MS;
}
