import { z } from 'zod';
import { BRAKE, parseFirmScope } from '#domain/firm-enforcement.ts';
import type { FirmChange, FirmHold } from '#domain/firm-enforcement.ts';
import { MACHINE_ACTORS } from './audit-actors.ts';
import { clearedAlert, raisedAlert } from './alerts.ts';
import type { AlertRecord, RaisedAlert } from './alerts.ts';
import type { AuditRecord } from './case-events.ts';
import type { FirmChangeRequest, RefusedFirmCommandRequest } from './firm-messages.ts';
import { count, id, instant, text } from './wire.ts';

/** What the firm's enforcement writes: enforcement.v1, and its part of audit.v1 and alerts.v1. */

/**
 * enforcement.v1, keyed by scope: every change of what is held. A scope is as its highest version
 * says, whatever comes later in the log: an older change that was written late changes nothing.
 */
export const enforcementSchema = z
  .strictObject({
    event_id: id,
    scope: id.describe('GLOBAL, LIQUIDATIONS or SYMBOL:x'),
    version: count.describe('rises by one with each change, over all scopes'),
    change: z.enum(['HELD', 'RESUME_ASKED', 'RESUMED', 'BRAKED']),
    held: z.boolean().describe('whether the scope is held after the change'),
    held_by: text(64).describe(`who put the hold on: a person, or ${BRAKE}`),
    since: instant,
    hold_reason: text(500),
    resume_asked_by: text(64).nullable(),
    by: text(64).describe('who made this change'),
    reason: text(500).describe('why'),
    timestamp: instant,
    correlation_id: id,
  })
  .meta({ id: 'EnforcementChange' });
export type EnforcementRecord = z.infer<typeof enforcementSchema>;

/** A change as its record. */
export function enforcementRecord(
  { change, firmId }: FirmChangeRequest,
  eventId: string,
): EnforcementRecord {
  const { hold } = change;
  return {
    event_id: eventId,
    scope: hold.scope,
    version: change.version,
    change: change.type,
    held: change.type !== 'RESUMED',
    held_by: hold.by,
    since: hold.since,
    hold_reason: hold.reason,
    resume_asked_by: hold.resumeAskedBy,
    by: change.by,
    reason: change.reason,
    timestamp: change.at,
    correlation_id: change.commandId ?? firmId,
  };
}

/** The hold that a record tells of; null when the scope is free, or the scope is none. */
export function holdIn(record: EnforcementRecord): FirmHold | null {
  const scope = parseFirmScope(record.scope);
  if (!record.held || scope === null) return null;
  const { held_by: by, since, hold_reason: reason, resume_asked_by: resumeAskedBy } = record;
  return { scope, by, since, reason, resumeAskedBy };
}

const AUDIT_EVENT_TYPES: Readonly<Record<FirmChange['type'], string>> = {
  HELD: 'ENFORCEMENT_HELD',
  RESUME_ASKED: 'ENFORCEMENT_RESUME_REQUESTED',
  RESUMED: 'ENFORCEMENT_RESUMED',
  BRAKED: 'LIQUIDATION_BRAKE',
};

/** The audit event of a change. */
export function firmAudit({ change, firmId }: FirmChangeRequest, eventId: string): AuditRecord {
  const { hold, commandId, by, reason, version } = change;
  return {
    event_id: eventId,
    event_type: AUDIT_EVENT_TYPES[change.type],
    account_id: null,
    actor: by,
    timestamp: new Date(change.at).toISOString(),
    details: {
      scope: hold.scope,
      version,
      reason,
      held_by: hold.by,
      since: hold.since,
      hold_reason: hold.reason,
      resume_asked_by: hold.resumeAskedBy,
    },
    correlation_id: commandId ?? firmId,
    causation_id: commandId,
  };
}

/** The audit event of a command that was not obeyed. No envelope, no key. */
export function refusedFirmCommandAudit(
  { command, by, refusal, refusedAt, firmId }: RefusedFirmCommandRequest,
  eventId: string,
): AuditRecord {
  return {
    event_id: eventId,
    event_type: 'COMMAND_REFUSED',
    account_id: null,
    actor: MACHINE_ACTORS.firmEnforcement,
    timestamp: new Date(refusedAt).toISOString(),
    details: {
      command: command.type,
      command_id: command.commandId,
      scope: command.scope,
      by,
      code: refusal.code,
      observed: refusal.observed,
      limit: refusal.limit,
    },
    correlation_id: firmId,
    causation_id: command.commandId,
  };
}

/** The alert that the brake raises and its release ends; null for what people did knowingly. */
export function firmAlert({ change, firmId }: FirmChangeRequest): AlertRecord | null {
  const { hold, at, type } = change;
  if (hold.scope !== 'LIQUIDATIONS' || hold.by !== BRAKE) return null;
  const raised: RaisedAlert = {
    code: 'LIQUIDATION_BRAKE',
    severity: 'CRITICAL',
    subject: 'LIQUIDATIONS',
    what: `${hold.reason}: liquidations wait for two of us, one by one (sentinel case release) or all (sentinel enforcement resume LIQUIDATIONS)`,
    since: hold.since,
    timestamp: at,
    correlation_id: firmId,
  };
  if (type === 'BRAKED') return raisedAlert(raised);
  return type === 'RESUMED' ? clearedAlert(raisedAlert(raised), at) : null;
}
