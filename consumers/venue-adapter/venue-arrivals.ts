import { orderCancelSchema } from '#contracts/case-events.ts';
import { deadLetterKey, encodeDeadLetter } from '#contracts/dead-letter.ts';
import type { Refusal } from '#contracts/dead-letter.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import { gatedOrderSchema } from '#contracts/gated-orders.ts';
import type { GatedDecision } from '#contracts/gated-orders.ts';
import { deadLetterTopicName, TOPICS } from '#contracts/topics.ts';
import type { Ownership } from '#domain/gate/ownership.ts';
import type { Clock } from '#ports/clock.ts';
import type { Logger } from '#ports/logger.ts';
import type { InboundRecord, OutboundRecord } from '#ports/records.ts';
import { decodeOrder } from './execution-records.ts';
import type { OrderName, VenueOrder } from './venue-book.ts';
import { decodeKeyed } from './venue-memory.ts';
import type { VenueMetrics } from './venue-metrics.ts';

/** What a record of the venue's inputs asks of it: read once, however often it is decided on. */
export type Arrival =
  /** The gate let it pass; `offset` is where that lies in orders.gated.v1. */
  | { readonly is: 'ORDER'; readonly order: VenueOrder; readonly offset: number }
  /** A liquidation that the gate did not let pass, and why. */
  | { readonly is: 'REFUSED'; readonly order: VenueOrder; readonly why: string }
  /** `mayPrecede`: order.cancels.v1 and the gate's log have no common order. */
  | { readonly is: 'CANCEL'; readonly cancel: OrderName; readonly mayPrecede: boolean }
  | { readonly is: 'BAD'; readonly letter: OutboundRecord };

export interface ArrivalSurroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: VenueMetrics;
}

/** What a record asks for, or null for nothing. `ownership` learns who speaks from here on. */
export function arrivalOf(
  record: InboundRecord,
  ownership: Ownership,
  surroundings: ArrivalSurroundings,
): Arrival | null {
  if (record.topic === TOPICS.gatedOrders.name) return gatedOf(record, ownership, surroundings);
  const decoded = decodeKeyed(orderCancelSchema, record);
  if (!decoded.ok) return badOf(record, decoded.refusal, surroundings);
  const { order_id: orderId, account_id: accountId } = decoded.record;
  return { is: 'CANCEL', cancel: { orderId, accountId }, mayPrecede: true };
}

/** A decision of the gate; what a gate that has lost the partition wrote is void (DESIGN 19). */
function gatedOf(
  record: InboundRecord,
  ownership: Ownership,
  { logger, metrics }: ArrivalSurroundings,
): Arrival | null {
  const decoded = decodeRecord(gatedOrderSchema, record.value, null);
  if (!decoded.ok) {
    const { code, reason } = decoded.refusal;
    metrics.unreadable.inc({ topic: record.topic, code });
    // The gate's own record: one of another version, or somebody else's.
    logger.error(
      { event: 'unreadable', origin: deadLetterKey(record), code, reason },
      'a decision of the gate that cannot be read is passed over: nothing is executed on it',
    );
    return null;
  }
  const told = decoded.record;
  if (told.kind === 'OWNER') {
    ownership.marker(record.offset);
    return null;
  }
  if (!ownership.isValid(told.epoch, record.offset)) {
    metrics.orders.inc({ outcome: 'VOID' });
    return null;
  }
  return told.decision === 'ALLOW' ? allowedOf(told, record.offset) : refusedOf(told);
}

function allowedOf(decision: GatedDecision, offset: number): Arrival | null {
  const order = decodeOrder(decision);
  if (order !== null) return { is: 'ORDER', order, offset };
  if (decision.order?.type !== 'CANCEL') return null;
  const { account_id: accountId, cancel_order_id: orderId } = decision.order;
  return { is: 'CANCEL', cancel: { accountId, orderId }, mayPrecede: false };
}

/** A case waits for the end of each of its orders: what the gate refused ends here. */
function refusedOf(decision: GatedDecision): Arrival | null {
  const order = decodeOrder(decision);
  if (order?.liquidation !== true || decision.decision === 'DUPLICATE') return null;
  return { is: 'REFUSED', order, why: `${decision.code} ${String(decision.observed ?? '')}` };
}

function badOf(
  record: InboundRecord,
  refusal: Refusal,
  { clock, logger, metrics }: ArrivalSurroundings,
): Arrival {
  const letter = encodeDeadLetter(record, refusal, 'venue-adapter', clock.now());
  const key = deadLetterKey(record);
  metrics.deadLetters.inc({ topic: record.topic, code: letter.code });
  logger.warn({ event: 'dead_letter', origin: key, code: letter.code }, letter.reason);
  const topic = deadLetterTopicName(record.topic);
  return { is: 'BAD', letter: { topic, key, value: JSON.stringify(letter) } };
}
