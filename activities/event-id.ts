import { createHash } from 'node:crypto';
import type { RecordRequest } from '#contracts/case-activities.ts';
import type { ControlRecordRequest } from '#contracts/control-activities.ts';
import type { RefusedCommandRequest } from '#contracts/refused-command.ts';
import { scopeName } from '#domain/scopes.ts';

/**
 * The id of the events of an action: account, first execution run, episode and action number, hashed
 * into the shape of a UUID (version 8). A repeated attempt writes the same id again (DESIGN 9).
 */
export function eventIdOf({
  accountId,
  caseId,
  action,
}: Pick<RecordRequest, 'accountId' | 'caseId' | 'action'>): string {
  return hashedId([accountId, caseId, action.episode, action.number]);
}

/** The id of the event of a refused command: account, case and refusal, hashed in the same way. */
export function refusalEventIdOf({
  accountId,
  caseId,
  refusalId,
}: Pick<RefusedCommandRequest, 'accountId' | 'caseId' | 'refusalId'>): string {
  return hashedId([accountId, caseId, 'refused', refusalId]);
}

/** The id of an audit event of a decision about a scope: workflow, decision and its number in it. */
export function controlEventIdOf(
  { state, workflowRunId, decision }: ControlRecordRequest,
  number: number,
): string {
  return hashedId([scopeName(state.scope), workflowRunId, decision, number]);
}

/** A hash of names in the shape of a UUID (version 8). */
export function hashedId(names: readonly (string | number)[]): string {
  const name = names.join('/');
  const hex = createHash('sha256').update(name).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
