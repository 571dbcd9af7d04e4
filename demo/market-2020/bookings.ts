import type { CashRecord, FillRecord } from '#contracts/ingest.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Observer, Seen } from '../observer.ts';

/** What was booked to an account. Nobody corrects anything in this market: a correction would count as wrong figures. */

export function fillsOf(observer: Observer, accountId: string): readonly Seen<FillRecord>[] {
  return observer.of(TOPICS.fills, accountId).flatMap(({ record, at, offset }) => {
    const isNew = record.kind === undefined || record.kind === 'NEW';
    return isNew ? [{ record, at, offset }] : [];
  });
}

export function cashOf(observer: Observer, accountId: string): readonly Seen<CashRecord>[] {
  return observer
    .of(TOPICS.cash, accountId)
    .flatMap(({ record, at, offset }) =>
      record.kind === 'REVERSAL' ? [] : [{ record, at, offset }],
    );
}
