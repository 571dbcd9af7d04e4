import { encodeControlState } from '#contracts/control-states.ts';
import type { ControlStateRecord } from '#contracts/control-states.ts';
import { decodeScope } from '#contracts/scopes.ts';
import { TOPICS } from '#contracts/topics.ts';
import { openScope } from '#domain/controls/control-state.ts';
import type { Holder } from '#domain/controls/control-state.ts';
import type { OutboundRecord } from '#ports/records.ts';

/** A scope with these holders, killed by ann at epoch 3 unless said otherwise, as its workflow writes it. */
export function controlState(
  name: string,
  holders: readonly Partial<Holder>[],
  changes: Partial<ControlStateRecord> = {},
): ControlStateRecord {
  const at = Date.now();
  const held: Holder[] = holders.map((holder) => ({
    name: 'operator',
    mode: { kind: 'BLOCK' },
    reason: 'runaway',
    actor: 'ann',
    commandId: 'c-1',
    since: at,
    epoch: 3,
    ...holder,
  }));
  const state = { ...openScope(decodeScope(name)), version: 1, holders: held };
  const change = { reason: 'runaway', actor: 'ann', commandId: 'c-1', corrId: 'k', at };
  return { ...encodeControlState(state, change), ...changes };
}

/** What bob asks of a scope that ann has killed at epoch 3; waits for a minute. */
export function liftRequest(
  requestId: string,
  expiresAt = Date.now() + 60_000,
): NonNullable<ControlStateRecord['request']> {
  return {
    request_id: requestId,
    holder: 'operator',
    to_mode: null,
    to_max_rate_per_second: null,
    epoch: 3,
    reason: 'fixed',
    requested_by: 'bob',
    expires_at: expiresAt,
  };
}

/** Records of killswitch.state.v1. */
export function stateRecords(...states: readonly ControlStateRecord[]): OutboundRecord[] {
  return states.map((state) => ({
    topic: TOPICS.controlState.name,
    key: state.scope,
    value: JSON.stringify(state),
  }));
}
