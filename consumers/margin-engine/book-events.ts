import { MACHINE_ACTORS } from '#contracts/audit-actors.ts';
import type { AdjustmentRecord } from '#contracts/adjustments.ts';
import type { AccountAuditRecord } from '#contracts/case-events.ts';
import type { DeadLetterRecord } from '#contracts/dead-letter.ts';
import { TOPICS } from '#contracts/topics.ts';
import { fromE4 } from '#contracts/wire.ts';
import type { InboundRecord, OutboundRecord } from '#ports/records.ts';
import type { Account } from './book.ts';
import { originOf } from './intake.ts';

/** What the engine tells of books that a person changed, or that it can no longer vouch for. */

const ENGINE = MACHINE_ACTORS.marginEngine;

/** What an audit event says of an account's books. */
export interface BooksSeen {
  readonly cashE4: number;
  readonly creditedTotalE4: number;
  readonly positions: ReadonlyMap<string, number>;
  readonly blocks: Account['blocks'];
}

/** The books as they are now, to be compared after a change. */
export function booksSeen({ cashE4, creditedTotalE4, positions, blocks }: Account): BooksSeen {
  return { cashE4, creditedTotalE4, positions: new Map(positions), blocks };
}

/** Before its first entry an account has nothing. */
export const NO_BOOKS: BooksSeen = {
  cashE4: 0,
  creditedTotalE4: 0,
  positions: new Map(),
  blocks: [],
};

const ADJUSTED_TYPES = { CLEAR: 'CLEARED', BLOCK: 'BLOCKED' } as const;

/** audit.v1: an adjustment is in the books, with who asked for it, why, and what it changed. */
export function adjustedAudit(
  record: InboundRecord,
  adjustment: AdjustmentRecord,
  before: BooksSeen,
  after: BooksSeen,
  correlationId: string,
  now: number,
): OutboundRecord {
  const { kind } = adjustment;
  return audit({
    event_id: `adjusted:${originOf(record)}`,
    event_type: kind === 'CLEAR' || kind === 'BLOCK' ? ADJUSTED_TYPES[kind] : 'ADJUSTED',
    account_id: adjustment.account_id,
    actor: adjustment.actor,
    timestamp: new Date(now).toISOString(),
    details: {
      reason: adjustment.reason,
      adjustment,
      before: encodeBooks(before),
      after: encodeBooks(after),
      moved: movedPositions(before, after),
    },
    correlation_id: correlationId,
    causation_id: originOf(record),
  });
}

/** audit.v1: a refused record has blocked its account. */
export function blockedAudit(
  record: InboundRecord,
  accountId: string,
  letter: DeadLetterRecord,
  after: BooksSeen,
  now: number,
): OutboundRecord {
  return audit({
    event_id: `blocked:${originOf(record)}`,
    event_type: 'BLOCKED',
    account_id: accountId,
    actor: ENGINE,
    timestamp: new Date(now).toISOString(),
    details: { code: letter.code, reason: letter.reason, after: encodeBooks(after) },
    correlation_id: originOf(record),
    causation_id: originOf(record),
  });
}

/**
 * adjustments.v1: blocks an account whose refused record lay on another partition, where the engine
 * that has its books has not seen it.
 */
export function blockElsewhere(
  record: InboundRecord,
  accountId: string,
  letter: DeadLetterRecord,
  now: number,
): OutboundRecord {
  const block: AdjustmentRecord = {
    kind: 'BLOCK',
    adjustment_id: `block:${originOf(record)}`,
    account_id: accountId,
    code: letter.code,
    what: originOf(record),
    reason: letter.reason,
    actor: ENGINE,
    timestamp: now,
  };
  return { topic: TOPICS.adjustments.name, key: accountId, value: JSON.stringify(block) };
}

function audit(event: AccountAuditRecord): OutboundRecord {
  return {
    topic: TOPICS.audit.name,
    key: event.account_id,
    value: JSON.stringify(event),
  };
}

function encodeBooks({ cashE4, creditedTotalE4, blocks }: BooksSeen): object {
  return { cash: fromE4(cashE4), credited_total: fromE4(creditedTotalE4), blocked_by: blocks };
}

function movedPositions(before: BooksSeen, after: BooksSeen): object[] {
  const symbols = new Set([...before.positions.keys(), ...after.positions.keys()]);
  return [...symbols].sort().flatMap((symbol) => {
    const from = before.positions.get(symbol) ?? 0;
    const to = after.positions.get(symbol) ?? 0;
    return from === to ? [] : [{ symbol, qty_before: fromE4(from), qty_after: fromE4(to) }];
  });
}
