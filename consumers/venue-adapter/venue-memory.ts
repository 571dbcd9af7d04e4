import { z } from 'zod';
import { executionSchema, orderCancelSchema } from '#contracts/case-events.ts';
import { deadLetterKey } from '#contracts/dead-letter.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import type { Decoded } from '#contracts/decode-record.ts';
import { ownerSchema } from '#contracts/gated-orders.ts';
import { id, toE4 } from '#contracts/wire.ts';
import type { Ownership } from '#domain/gate/ownership.ts';
import type { Logger } from '#ports/logger.ts';
import type { InboundRecord } from '#ports/records.ts';
import { VENUE_LIMITS } from './venue-book.ts';
import type { VenueBook } from './venue-book.ts';
import type { VenueMetrics } from './venue-metrics.ts';

/** What a partition of the venue reads at its take-over: what was executed, cancelled and owned before. */

/** A record of the schema under its account's key; another key would lie on another partition. */
export function decodeKeyed<T extends { readonly account_id: string }>(
  schema: z.ZodType<T>,
  record: InboundRecord,
): Decoded<T> {
  const decoded = decodeRecord(schema, record.value, record.key);
  if (!decoded.ok || decoded.record.account_id === record.key) return decoded;
  const reason = `the key is ${JSON.stringify(record.key)}, account_id is ${decoded.record.account_id}`;
  const accountId = decoded.record.account_id;
  return { ok: false, refusal: { code: 'WRONG_KEY', reason, accountId } };
}

/**
 * Our own records. One that cannot be read was written by somebody else or by another version: it is
 * told and passed over, but an order that it names is never executed again.
 */
export function rememberExecution(
  book: VenueBook,
  record: InboundRecord,
  now: number,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: VenueMetrics },
): void {
  if (record.timestamp < now - VENUE_LIMITS.orderMemoryMs) return;
  const decoded = decodeRecord(executionSchema, record.value, record.key);
  if (!decoded.ok) {
    const { code, reason } = decoded.refusal;
    const named = decodeRecord(NAMES_AN_ORDER, record.value, null);
    const orderId = named.ok ? named.record.order_id : null;
    const accountId = named.ok ? (named.record.account_id ?? record.key) : null;
    if (orderId !== null && accountId !== null) {
      const execution = { orderId, accountId, status: 'REJECTED', cumQtyE4: 0 } as const;
      book.executed(execution, record.timestamp);
    }
    metrics.unreadable.inc({ topic: record.topic, code });
    logger.error(
      { event: 'unreadable', origin: deadLetterKey(record), code, order_id: orderId, reason },
      'an execution that cannot be read: passed over; the order that it names is not executed again',
    );
    return;
  }
  const { order_id: orderId, account_id: accountId, status, cum_qty, timestamp } = decoded.record;
  book.executed({ orderId, accountId, status, cumQtyE4: toE4(cum_qty) }, timestamp);
}

/** As much of an execution as tells which order it was. */
const NAMES_AN_ORDER = z.looseObject({ order_id: id, account_id: id.optional() });

/** Every cancel that is there already counts before the orders: they may come from a backlog. */
export function rememberCancel(book: VenueBook, record: InboundRecord, now: number): void {
  if (record.timestamp < now - VENUE_LIMITS.orderMemoryMs) return;
  const decoded = decodeKeyed(orderCancelSchema, record);
  if (!decoded.ok) return;
  const { order_id: orderId, account_id: accountId } = decoded.record;
  if (!book.isFinished({ orderId, accountId })) book.keepCancel({ orderId, accountId }, now);
}

const OWNER = Buffer.from('"OWNER"');

/** Whose decisions counted when. The log has a million decisions for a marker: most are not parsed. */
export function rememberOwner(ownership: Ownership, { value, offset }: InboundRecord): void {
  if (
    value === null ||
    Buffer.from(value.buffer, value.byteOffset, value.length).indexOf(OWNER) < 0
  )
    return;
  if (decodeRecord(ownerSchema, value, null).ok) ownership.marker(offset);
}
