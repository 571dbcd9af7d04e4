import type { RestrictionRecord } from '#contracts/case-events.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { OutboundRecord } from '#ports/records.ts';

/** A record of restrictions.v1, as an account's case writes it when its call is past due, and after it. */
export function restrictionRecord(
  accountId: string,
  action: RestrictionRecord['action'],
  episode: number,
): OutboundRecord {
  const record: RestrictionRecord = {
    event_id: `${accountId}-${action}-${String(episode)}`,
    account_id: accountId,
    episode,
    timestamp: Date.now(),
    rung: action === 'LIFTED' ? 'ACTIVE' : 'RESTRICTED',
    status: 'MARGIN_CALL',
    figures_version: 'v1',
    deficiency: 1,
    excess: -1,
    equity: 1,
    maintenance_req: 2,
    policy_version: 'demo-1',
    correlation_id: 'c-1',
    action,
    reason: 'the margin call is past due',
    holder: 'stale-call',
  };
  return { topic: TOPICS.restrictions.name, key: accountId, value: JSON.stringify(record) };
}
