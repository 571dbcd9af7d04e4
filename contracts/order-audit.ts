import { MACHINE_ACTORS } from './audit-actors.ts';
import type { AuditRecord } from './case-events.ts';
import type { GatedDecision } from './gated-orders.ts';

/** The decisions of the gate in audit.v1: as many as there are orders. */
export const ORDER_DECISION = 'ORDER_DECISION';

/**
 * The audit event of a decision, once for each order. Its `event_id` is the order's place; `gated_offset`
 * says where the decision lies, and so whether it is valid. It follows from the decision and its place
 * alone: told again after a crash it says the same. `accountId`: whose it is when the order cannot tell.
 */
export function orderAudit(
  decision: GatedDecision,
  gatedOffset: number,
  accountId: string,
): AuditRecord {
  return {
    event_id: decision.event_id,
    event_type: ORDER_DECISION,
    account_id: decision.order?.account_id ?? accountId,
    actor: MACHINE_ACTORS.orderGate,
    timestamp: new Date(decision.ts).toISOString(),
    details: {
      decision: decision.decision,
      code: decision.code,
      reason: reasonOf(decision),
      observed: decision.observed,
      limit: decision.limit,
      order_id: decision.order?.order_id ?? null,
      corr_id: decision.corr_id,
      order: decision.order,
      valid_until: decision.valid_until,
      epoch: decision.epoch,
      gated_partition: decision.source.partition,
      gated_offset: gatedOffset,
      policy_version: decision.policy_version,
      evidence: decision.evidence,
    },
    correlation_id: /^[A-Za-z0-9_.:-]+$/.test(decision.corr_id)
      ? decision.corr_id
      : decision.event_id,
    causation_id: decision.event_id,
  };
}

/** In words, as the reference has it: `Kill switch active for ACCOUNT:12345`. */
function reasonOf({ code, observed, limit }: GatedDecision): string {
  if (code === 'ALLOW') return 'All checks passed';
  if (code === 'KILLED') return `Kill switch active for ${String(observed)}`;
  const seen = observed === null ? '' : `: ${String(observed)}`;
  return `${code}${seen}${limit === null ? '' : `, limit ${String(limit)}`}`;
}
