import { z } from 'zod';
import { HOLDERS, MODE_SORTS, statusOf, strictestMode } from '#domain/controls/control-state.ts';
import type { ControlMode, ControlState, Holder } from '#domain/controls/control-state.ts';
import type { AppliedState } from '#domain/controls/applied-controls.ts';
import { scopeName } from '#domain/scopes.ts';
import { maxRatePerSecond } from './control-commands.ts';
import { decodeScope, scopeSchema } from './scopes.ts';
import { count, id, instant, text } from './wire.ts';

/** control.events.v1 and killswitch.state.v1: the whole set of a scope's controls (DESIGN 13, 14). */

export const CONTROL_STATUSES = [
  'ACTIVE',
  'THROTTLED',
  'NO_NEW_DEBIT_OR_SHORT',
  'CLOSE_ONLY',
  'KILLED',
] as const;

/** An offset in killswitch.commands.v1 or restrictions.v1; −1 before the first record. */
const covered = z.int().min(-1);
/** Two persons' names, or one. */
const actor = text(130);

const mode = z.enum(['BLOCK', 'REDUCE_ONLY', 'NO_NEW_DEBIT_OR_SHORT', 'THROTTLE']);
const rate = maxRatePerSecond.nullable().describe('of a THROTTLE; null for every other mode');

const holderSchema = z
  .object({
    name: z.enum(HOLDERS),
    mode,
    max_rate_per_second: rate,
    reason: text(500),
    actor,
    command_id: id,
    since: instant,
    epoch: count.nullable().describe('the offset of the command that it rests on; null for none'),
  })
  .meta({ id: 'ControlHolder' });

type HolderRecord = z.infer<typeof holderSchema>;

const requestSchema = z
  .object({
    request_id: id,
    holder: z.enum(HOLDERS),
    to_mode: mode.nullable().describe('what is there afterwards: null for nothing'),
    to_max_rate_per_second: rate,
    epoch: count,
    reason: text(500),
    requested_by: id,
    expires_at: instant,
  })
  .meta({ id: 'ControlRequest' });

/**
 * The whole set of one scope, as of one version. `status`, `mode` and `max_rate_per_second` are the
 * strictest over all holders. `covers_offset`: every command of the scope up to that offset in
 * killswitch.commands.v1 is in it; `reason`, `updated_by` and `command_id` tell the last change.
 * An unknown field is passed over: gates of one version read what projectors of another write.
 */
export const controlStateSchema = z
  .object({
    scope: scopeSchema,
    status: z.enum(CONTROL_STATUSES),
    updated_ts: instant,
    reason: text(500),
    updated_by: actor,
    command_id: id,
    corr_id: text(64),
    version: count,
    covers_offset: covered,
    covers_restriction_offset: covered
      .default(-1)
      .describe('the same for an account in restrictions.v1'),
    mode: mode.nullable(),
    max_rate_per_second: rate,
    holders: z
      .array(holderSchema)
      .max(MODE_SORTS.length * HOLDERS.length)
      .describe('a holder that kills and throttles is there twice'),
    cancels_pending: z.boolean().describe('working orders in the scope still await their cancel'),
    cancels_pending_version: count
      .nullable()
      .describe('the version that asked for them; null when none are pending'),
    request: requestSchema.nullable().describe('what one person asked and a second may approve'),
    loosens_at: instant
      .nullable()
      .describe('when policy loosens a kill by the monitor; mostly null'),
    loosened_at: instant
      .nullable()
      .default(null)
      .describe('when people, or a cooldown, last let more pass than before; null for never'),
  })
  .meta({ id: 'ControlState' });

export type ControlStateRecord = z.infer<typeof controlStateSchema>;

/** What the last change of a scope was: for the record that it leaves. */
export interface ControlChange {
  readonly reason: string;
  readonly actor: string;
  readonly commandId: string;
  readonly corrId: string;
  /** Unix ms. */
  readonly at: number;
}

/** A scope's state as both topics have it. */
export function encodeControlState(state: ControlState, change: ControlChange): ControlStateRecord {
  const strictest = strictestMode(state.holders);
  return {
    scope: scopeName(state.scope),
    status: statusOf(state),
    updated_ts: change.at,
    reason: change.reason,
    updated_by: change.actor,
    command_id: change.commandId,
    corr_id: change.corrId,
    version: state.version,
    covers_offset: state.coversOffset,
    covers_restriction_offset: state.coversRestriction,
    mode: strictest?.kind ?? null,
    max_rate_per_second: strictest?.kind === 'THROTTLE' ? strictest.maxRatePerSecond : null,
    holders: state.holders.map(encodeHolder),
    cancels_pending: state.cancelsPendingSince !== null,
    cancels_pending_version: state.cancelsPendingSince,
    request: encodeRequest(state.request),
    loosens_at: state.loosensAt,
    loosened_at: state.loosenedAt,
  };
}

/** The state that a record of either topic tells. */
export function decodeControlState(record: ControlStateRecord): ControlState {
  const { request } = record;
  return {
    ...appliedStateOf(record),
    coversRestriction: record.covers_restriction_offset,
    request:
      request === null
        ? null
        : {
            requestId: request.request_id,
            holder: request.holder,
            to:
              request.to_mode === null
                ? null
                : decodeMode(request.to_mode, request.to_max_rate_per_second),
            epoch: request.epoch,
            reason: request.reason,
            requestedBy: request.requested_by,
            expiresAt: request.expires_at,
          },
    loosensAt: record.loosens_at,
    loosenedAt: record.loosened_at,
  };
}

/** The part of it that a gate or venue applies. */
export function appliedStateOf(record: ControlStateRecord): AppliedState {
  return {
    scope: decodeScope(record.scope),
    version: record.version,
    coversOffset: record.covers_offset,
    cancelsPendingSince: record.cancels_pending_version,
    holders: record.holders.map((holder) => ({
      name: holder.name,
      mode: decodeMode(holder.mode, holder.max_rate_per_second),
      reason: holder.reason,
      actor: holder.actor,
      commandId: holder.command_id,
      since: holder.since,
      epoch: holder.epoch,
    })),
  };
}

function encodeHolder({ name, mode: of, commandId, ...holder }: Holder): HolderRecord {
  return { name, ...encodeMode(of), command_id: commandId, ...holder };
}

function encodeRequest(request: ControlState['request']): ControlStateRecord['request'] {
  if (request === null) return null;
  const to = request.to === null ? null : encodeMode(request.to);
  return {
    request_id: request.requestId,
    holder: request.holder,
    to_mode: to?.mode ?? null,
    to_max_rate_per_second: to?.max_rate_per_second ?? null,
    epoch: request.epoch,
    reason: request.reason,
    requested_by: request.requestedBy,
    expires_at: request.expiresAt,
  };
}

function encodeMode(of: ControlMode): Pick<HolderRecord, 'mode' | 'max_rate_per_second'> {
  return {
    mode: of.kind,
    max_rate_per_second: of.kind === 'THROTTLE' ? of.maxRatePerSecond : null,
  };
}

/** A throttle whose rate is missing lets nothing pass. */
function decodeMode(kind: ControlMode['kind'], maxRate: number | null): ControlMode {
  return kind === 'THROTTLE' ? { kind, maxRatePerSecond: maxRate ?? 0 } : { kind };
}
