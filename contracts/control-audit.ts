import { statusOf, strictestMode } from '#domain/controls/control-state.ts';
import { scopeName } from '#domain/scopes.ts';
import { MACHINE_ACTORS } from './audit-actors.ts';
import type { AuditRecord } from './case-events.ts';
import type { ControlAudit, ControlRecordRequest } from './control-activities.ts';
import { ID_PATTERN } from './wire.ts';

/** What a scope decides by its rules, whoever asked; every other decision is that of who asked. */
const DECIDED_BY_RULE: readonly ControlAudit['what'][] = [
  'REPEATED',
  'LOOSE_COMMAND_IGNORED',
  'LIFT_EXPIRED',
  'LOOSENED_AFTER_COOLDOWN',
  'REFUSED',
];

/**
 * One audit event of a decision, with the controls that it led to (DESIGN 24), and its key: an
 * account's events lie with the account's others. `by` is who asked, `asked_by` the first of two.
 */
export function controlAudit(
  request: ControlRecordRequest,
  audit: ControlAudit,
  eventId: string,
): { readonly key: string; readonly record: AuditRecord } {
  const { state, change } = request;
  const scope = scopeName(state.scope);
  const mode = strictestMode(state.holders);
  const accountId = state.scope.kind === 'ACCOUNT' ? state.scope.id : null;
  const record: AuditRecord = {
    event_id: eventId,
    event_type: `CONTROL_${audit.what}`,
    account_id: accountId,
    actor: DECIDED_BY_RULE.includes(audit.what) ? MACHINE_ACTORS.killSwitch : audit.subject,
    timestamp: new Date(change.at).toISOString(),
    details: {
      scope,
      by: audit.subject,
      asked_by: audit.askedBy,
      reason: audit.reason,
      status: statusOf(state),
      max_rate_per_second: mode?.kind === 'THROTTLE' ? mode.maxRatePerSecond : null,
      holders: [...new Set(state.holders.map(({ name }) => name))],
      version: state.version,
      covers_offset: state.coversOffset,
      policy_version: request.policyVersion,
    },
    correlation_id: ID_PATTERN.test(change.corrId) ? change.corrId : audit.commandId,
    causation_id: audit.commandId,
  };
  return { key: accountId ?? scope, record };
}
