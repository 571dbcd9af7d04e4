import type { AdjustmentRecord } from '#contracts/adjustments.ts';
import { decodeAdjustment } from '#contracts/adjustments.ts';
import type { Refusal } from '#contracts/dead-letter.ts';
import type { Cause } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import { ID_PATTERN } from '#contracts/wire.ts';
import { planAdjustment } from '#domain/adjustments.ts';
import { judgeEntry, movementsOf, undoing } from '#domain/corrections.ts';
import type { BookedEntry } from '#domain/corrections.ts';
import { MoneyRangeError } from '#domain/money.ts';
import type { UnquotedSplit } from '#domain/unquoted-split.ts';
import type { InboundRecord, OutboundRecord } from '#ports/records.ts';
import { adjustedAudit, blockedAudit, blockElsewhere, booksSeen, NO_BOOKS } from './book-events.ts';
import type { Account, Book } from './book.ts';
import type { CountedIds } from './counted-ids.ts';
import { bookingOf, originOf, senderId } from './intake.ts';
import type { Booking, PartitionOf } from './intake.ts';
import { letterOf, letterRecord } from './outputs.ts';

/** What a refused record would have been the cause of. */
const CAUSES: Readonly<Record<string, Cause>> = {
  [TOPICS.fills.name]: 'FILL',
  [TOPICS.cash.name]: 'CASH',
};

/** What became of a record: the account whose figures change by it, and what is to be told. */
export type Outcome =
  | {
      readonly kind: 'BOOKED';
      readonly account: Account;
      readonly events: readonly OutboundRecord[];
    }
  | { readonly kind: 'DUPLICATE' }
  | RefusedOutcome;

export interface RefusedOutcome {
  readonly kind: 'REFUSED';
  readonly refusal: Refusal;
  /** The account that is blocked now; null when it has its books elsewhere, or cannot be told. */
  readonly account: Account | null;
  /** Nobody can tell which account lacks what the record was to do. */
  readonly unattributed: boolean;
  readonly events: readonly OutboundRecord[];
}

/**
 * Books the records of one partition's inputs: each entry once, corrections exactly. What cannot be
 * booked goes to the dead letters, and its account is blocked until a person clears it (DESIGN 25):
 * its books lack something.
 */
export class Bookkeeper {
  readonly #book: Book;
  readonly #counted: CountedIds;
  readonly #partitionOf: PartitionOf;

  constructor(book: Book, counted: CountedIds, partitionOf: PartitionOf) {
    this.#book = book;
    this.#counted = counted;
    this.#partitionOf = partitionOf;
  }

  take(record: InboundRecord, now: number): Outcome {
    const accepted = bookingOf(record, this.#partitionOf);
    if (!accepted.ok) return this.#refuse(record, accepted.refusal, now);
    const booking = accepted.value;
    const { accountId } = booking.entry;
    const judged = judgeEntry(booking.id, booking.entry, this.#counted, senderId);
    if (judged.verdict === 'DUPLICATE') return { kind: 'DUPLICATE' };
    if (judged.verdict === 'REFUSED') {
      const { code, reason } = judged;
      return this.#refuse(record, { code, reason, accountId }, now);
    }
    if (this.#counted.isTooOld(booking.at, record.timestamp)) {
      const reason = `timestamp ${booking.at}: too old to be told from a duplicate`;
      return this.#refuse(record, { code: 'TOO_OLD', reason, accountId }, now);
    }
    const reversed = judged.verdict === 'REVERSES' ? judged.reversed : null;
    try {
      const { adjustment } = booking;
      return adjustment === null
        ? this.#bookEntry(booking, reversed)
        : this.#adjust(record, booking, adjustment, now);
    } catch (error) {
      if (!(error instanceof MoneyRangeError)) throw error;
      const reason = error.message;
      return this.#refuse(record, { code: 'OUT_OF_RANGE', reason, accountId }, now);
    }
  }

  #bookEntry(
    { id, entry, at, cause, correlationId }: Booking,
    reversed: BookedEntry | null,
  ): Outcome {
    const own = movementsOf(entry);
    const movements = reversed === null ? own : [...undoing(reversed), ...own];
    const account = this.#book.apply(entry.accountId, movements, cause, correlationId);
    this.#counted.count(id, entry, at);
    return { kind: 'BOOKED', account, events: [] };
  }

  #adjust(
    record: InboundRecord,
    { id, entry, at, cause, correlationId }: Booking,
    adjustment: AdjustmentRecord,
    now: number,
  ): Outcome {
    const { accountId } = entry;
    const known = this.#book.find(accountId);
    const before = known === null ? NO_BOOKS : booksSeen(known);
    const plan = planAdjustment(decodeAdjustment(adjustment), before.positions);
    if (!plan.ok) {
      const { code, reason } = plan;
      return this.#refuse(record, { code, reason, accountId }, now);
    }
    const split = known === null ? null : this.#unquotedSplit(record, adjustment, known);
    const account = this.#book.apply(accountId, plan.movements, cause, correlationId);
    if (split !== null) this.#book.doubt(account, split.symbol, split.unquoted);
    if (adjustment.clears !== undefined) this.#book.clear(account, adjustment.clears);
    if (adjustment.kind === 'BLOCK') {
      const { code, what } = adjustment;
      this.#book.block(account, { code, what, since: now });
    }
    this.#counted.count(id, entry, at);
    const after = booksSeen(account);
    const audit = adjustedAudit(record, adjustment, before, after, correlationId, now);
    return { kind: 'BOOKED', account, events: [audit] };
  }

  /** The quote that counts may still be one of the old shares, whenever the split is said to have been. */
  #unquotedSplit(
    { timestamp: arrivedAt }: InboundRecord,
    adjustment: AdjustmentRecord,
    account: Account,
  ): { readonly symbol: string; readonly unquoted: UnquotedSplit } | null {
    if (adjustment.kind !== 'SPLIT') return null;
    const { symbol, numerator, denominator, timestamp } = adjustment;
    const at = Math.max(timestamp, arrivedAt);
    const unquoted = this.#book.unquotedBy(account, symbol, { at, numerator, denominator });
    return { symbol, unquoted };
  }

  /** The dead letter, and the block of the account that the record was for, here or where its books are. */
  #refuse(record: InboundRecord, refusal: Refusal, now: number): Outcome {
    const letter = letterOf(record, refusal, now);
    const events = [letterRecord(record, letter)];
    const refused = {
      kind: 'REFUSED',
      refusal,
      account: null,
      unattributed: false,
      events,
    } as const;
    const accountId = refusal.accountId ?? null;
    if (accountId === null || !ID_PATTERN.test(accountId))
      return { ...refused, unattributed: true };
    if (this.#partitionOf(accountId) !== record.partition) {
      events.push(blockElsewhere(record, accountId, letter, now));
      return refused;
    }
    const account = this.#book.apply(
      accountId,
      [],
      CAUSES[record.topic] ?? 'ADJUSTMENT',
      originOf(record),
    );
    this.#book.block(account, { code: letter.code, what: originOf(record), since: now });
    events.push(blockedAudit(record, accountId, letter, booksSeen(account), now));
    return { ...refused, account };
  }
}
