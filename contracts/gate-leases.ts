import { z } from 'zod';
import { scopeSchema } from './scopes.ts';
import { count, id, instant, text } from './wire.ts';

/** gate.leases.v1: what holds orders up or lets them pass, alive, and how far it knows the controls (DESIGN 21). */

/** How often a holder says so, ms. */
export const LEASE_HEARTBEAT_MS = 100;
/** How long it may act on what it said, ms. */
export const LEASE_MS = 1_000;

/** So many scopes are named at most; beyond them `cancels_pending_more` says that more have orders. */
export const LEASE_SCOPES_MAX = 1_000;

const positions = z.array(count).describe('per partition the first offset that is not applied');

export const unreadableSchema = z
  .strictObject({
    scope: scopeSchema,
    topic: text(200).describe('killswitch.commands.v1 or killswitch.state.v1'),
    partition: count,
    offset: count,
    since: instant.describe('when it was written'),
  })
  .meta({ id: 'UnreadableControl' });
export type UnreadableControlRecord = z.infer<typeof unreadableSchema>;

/**
 * gate.leases.v1, keyed by process. What a holder promises with each record, so that whoever kills can
 * prove that nothing passes any more:
 *
 * - it lets an order pass, or executes one, only while a record of its own is acknowledged whose
 *   `ts` + `lease_ms` is later than now, so that a paused one, awake again, stops by itself;
 * - `applied` moves past a command only when every send is acknowledged that was decided before it;
 * - nothing that it lets pass on this record is valid at or after `valid_until_max`;
 * - it opens only after its first record is acknowledged and it has then applied both topics up to
 *   their ends as fetched after that: a kill that saw no lease of it is one that it has seen.
 *
 * An unknown field is passed over: whoever kills may be of an earlier version than a holder.
 */
export const gateLeaseSchema = z
  .object({
    process: id.describe('one run of one process; another run is another'),
    kind: z.enum(['GATE', 'VENUE']),
    state: z
      .enum(['HELD', 'LEFT'])
      .describe('LEFT is the last word of one that ends in order: nothing passes it any more'),
    ts: instant,
    lease_ms: count,
    valid_until_max: instant,
    applied: z.strictObject({
      'killswitch.commands.v1': positions,
      'killswitch.state.v1': positions,
    }),
    owned_partitions: z
      .array(count)
      .describe('of which it knows every order that may still work, and whose it may cancel'),
    cancels_pending: z
      .array(scopeSchema)
      .max(LEASE_SCOPES_MAX)
      .describe(
        'scopes with orders on its partitions that their controls do not let stand, and whose cancel is not confirmed',
      ),
    cancels_pending_more: z.boolean(),
    unreadable: z
      .array(unreadableSchema)
      .max(LEASE_SCOPES_MAX)
      .default([])
      .describe(
        'scopes that it stops because it cannot read a control of theirs, and where that lies',
      ),
  })
  .meta({ id: 'GateLease' });

export type GateLeaseRecord = z.infer<typeof gateLeaseSchema>;
