import { createHash } from 'node:crypto';
import type { RecordRequest } from '#contracts/case-activities.ts';

/**
 * The id of the events of an action: account, first execution run, episode and action number, hashed
 * into the shape of a UUID (version 8). A repeated attempt writes the same id again (DESIGN 9).
 */
export function eventIdOf({
  accountId,
  caseId,
  action,
}: Pick<RecordRequest, 'accountId' | 'caseId' | 'action'>): string {
  const name = [accountId, caseId, action.episode, action.number].join('/');
  const hex = createHash('sha256').update(name).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
