import type { HolderEvent } from '#domain/controls/control-events.ts';
import type { RestrictionRecord } from './case-events.ts';

/** A record of restrictions.v1 as the account's scope takes it; `offset` is where it lies in its partition. */
export function holderEventOf(record: RestrictionRecord, offset: number): HolderEvent {
  return {
    type: 'HOLD',
    commandId: record.event_id,
    offset,
    holder: record.holder,
    mode: record.action === 'CLOSE_ONLY' ? { kind: 'REDUCE_ONLY' } : null,
    reason: record.reason,
    actor: 'account-case',
  };
}
