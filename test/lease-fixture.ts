import { LEASE_MS } from '#contracts/gate-leases.ts';
import type { GateLeaseRecord } from '#contracts/gate-leases.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { OutboundRecord } from '#ports/records.ts';

/** A record of gate.leases.v1, as a gate writes it that has applied `positions` of the commands. */
export function leaseRecord(
  process: string,
  positions: readonly number[],
  changes: Partial<GateLeaseRecord> = {},
): OutboundRecord {
  const ts = Date.now();
  const record: GateLeaseRecord = {
    process,
    kind: 'GATE',
    state: 'HELD',
    ts,
    lease_ms: LEASE_MS,
    valid_until_max: ts + LEASE_MS,
    applied: {
      'killswitch.commands.v1': [...positions],
      'killswitch.state.v1': positions.map(() => 0),
    },
    owned_partitions: [0],
    cancels_pending: [],
    cancels_pending_more: false,
    unreadable: [],
    ...changes,
  };
  return { topic: TOPICS.gateLeases.name, key: process, value: JSON.stringify(record) };
}
