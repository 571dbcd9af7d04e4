import { encodeDeadLetter, deadLetterKey } from '#contracts/dead-letter.ts';
import type { DeadLetterRecord, Refusal } from '#contracts/dead-letter.ts';
import { encodeGatedOrder } from '#contracts/gated-orders.ts';
import type { GatedDecision, OrderEvidence, OrderSource } from '#contracts/gated-orders.ts';
import { orderAudit } from '#contracts/order-audit.ts';
import { encodeVerdict } from '#contracts/order-decisions.ts';
import { deadLetterTopicName, TOPICS } from '#contracts/topics.ts';
import { fromE4 } from '#contracts/wire.ts';
import type { GateDecision } from '#domain/gate/gate.ts';
import type { GatePolicy } from '#domain/gate/gate-policy.ts';
import type { Order } from '#domain/gate/orders.ts';
import type { InboundRecord, OutboundRecord } from '#ports/records.ts';

/** Decisions of the gate as records of their topics. */

/** What a decision was made with. */
export interface DecisionContext {
  readonly epoch: number;
  readonly policy: GatePolicy;
  readonly policyVersion: number;
  /** When it was decided, Unix ms. */
  readonly now: number;
  readonly evidence: OrderEvidence | null;
  readonly corrId: string;
}

/** The decision on a record; `order` is null when its form is wrong. */
export function decisionRecord(
  record: InboundRecord,
  order: Order | null,
  decided: GateDecision,
  { epoch, policy, policyVersion, now, evidence, corrId }: DecisionContext,
): GatedDecision {
  const { verdict, accepted } = decided;
  const passes = verdict.decision === 'ALLOW' && order?.type === 'NEW' ? order : null;
  const expiresAt = passes === null ? null : (passes.validUntil ?? now + policy.orderLifeMs);
  return {
    kind: 'DECISION',
    event_id: deadLetterKey(record),
    epoch,
    source: sourceOf(record),
    ts: now,
    order: order === null ? null : encodeGatedOrder(order),
    ...encodeVerdict(verdict),
    valid_until: expiresAt === null ? null : Math.min(now + policy.orderValidMs, expiresAt),
    expires_at: expiresAt,
    accepted:
      accepted === null
        ? null
        : {
            opens_qty: fromE4(accepted.opensE4),
            adverse_price: fromE4(accepted.adversePriceE4),
          },
    policy_version: policyVersion,
    evidence,
    corr_id: corrId,
  };
}

/** The audit of a decision that lies at `gatedOffset`. */
export function auditRecord(
  decision: GatedDecision,
  gatedOffset: number,
  accountId: string,
): OutboundRecord {
  const record = orderAudit(decision, gatedOffset, accountId);
  return {
    topic: TOPICS.audit.name,
    key: record.account_id ?? accountId,
    value: JSON.stringify(record),
  };
}

/** The dead letter of an order whose form is wrong: evidence, never sent again (DESIGN 25). */
export function deadLetterRecord(
  record: InboundRecord,
  refusal: Refusal,
  now: number,
): { readonly letter: DeadLetterRecord; readonly outbound: OutboundRecord } {
  const letter = encodeDeadLetter(record, refusal, 'order-gate', now);
  const topic = deadLetterTopicName(record.topic);
  const outbound = { topic, key: deadLetterKey(record), value: JSON.stringify(letter) };
  return { letter, outbound };
}

function sourceOf({ topic, partition, offset }: InboundRecord): OrderSource {
  const { orders, liquidationOrders } = TOPICS;
  const from = topic === liquidationOrders.name ? liquidationOrders.name : orders.name;
  return { topic: from, partition, offset };
}
