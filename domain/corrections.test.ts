import { describe, expect, test } from '@jest/globals';
import { judgeEntry, movementsOf, undoing } from './corrections.ts';
import type { BookedEntry, Entry, EntryVerdict, Ledger } from './corrections.ts';

const BUY: Entry = {
  accountId: 'ANN',
  reverses: null,
  subject: 'NVDA',
  qtyE4: 100_000,
  priceE4: 4_000_000,
};
const CANCEL: Entry = { ...BUY, reverses: 'F1', subject: '', qtyE4: 0, priceE4: 0 };
const CASH: Entry = { ...BUY, subject: '', qtyE4: -25_000, priceE4: 0 };

function ledger(booked: Readonly<Record<string, BookedEntry>>): Ledger {
  return { find: (id) => booked[id] ?? null };
}

const BOOKS = ledger({
  F1: { ...BUY, endedBy: null, convertedBy: null },
  F2: { ...BUY, endedBy: 'F3', convertedBy: null },
  F3: { ...CANCEL, reverses: 'F2', endedBy: null, convertedBy: null },
  F4: { ...BUY, endedBy: null, convertedBy: 'A1' },
});

function judged(id: string, entry: Entry): string {
  const verdict: EntryVerdict = judgeEntry(id, entry, BOOKS);
  return verdict.verdict === 'REFUSED' ? `${verdict.code}: ${verdict.reason}` : verdict.verdict;
}

describe('an entry is booked once and taken back once', () => {
  const table: [string, string, Entry, RegExp][] = [
    ['a new one', 'F9', BUY, /^NEW$/],
    ['the same again', 'F1', BUY, /^DUPLICATE$/],
    ['the same again after it was cancelled', 'F2', BUY, /^DUPLICATE$/],
    ['a cancel again', 'F3', { ...CANCEL, reverses: 'F2' }, /^DUPLICATE$/],
    ['its id with another price', 'F1', { ...BUY, priceE4: 1 }, /^DIFFERENT.*another price/],
    ['its id with another quantity', 'F1', { ...BUY, qtyE4: 1 }, /^DIFFERENT.*another quantity/],
    ['its id with another symbol', 'F1', { ...BUY, subject: 'F' }, /^DIFFERENT.*another symbol/],
    ['its id with another account', 'F1', { ...BUY, accountId: 'B' }, /^DIFFERENT.*account/],
    ['its id as a cancel', 'F1', { ...CANCEL, reverses: 'F2' }, /^DIFFERENT.*reference/],
    ['a cancel', 'F9', CANCEL, /^REVERSES$/],
    ['a correction', 'F9', { ...BUY, reverses: 'F1', qtyE4: 5 }, /^REVERSES$/],
    ['a cancel of what never came', 'F9', { ...CANCEL, reverses: 'F8' }, /^UNKNOWN.*F8 is not in/],
    ['a cancel of itself', 'F9', { ...CANCEL, reverses: 'F9' }, /^UNKNOWN/],
    ['a cancel of what is cancelled', 'F9', { ...CANCEL, reverses: 'F2' }, /^ALREADY.*by F3/],
    ['a cancel of a cancel', 'F9', { ...CANCEL, reverses: 'F3' }, /^UNKNOWN.*cancel itself/],
    ['a cancel of what was split', 'F9', { ...CANCEL, reverses: 'F4' }, /^CONVERTED.*before A1/],
    ['a correction of it', 'F9', { ...BUY, reverses: 'F4', qtyE4: 5 }, /^CONVERTED_SINCE/],
    ["a cancel of another's", 'F9', { ...CANCEL, accountId: 'BEN' }, /^OTHER_ACCOUNT.*ANN/],
  ];
  test.each(table)('%s', (_what, id, entry, verdict) => {
    expect(judged(id, entry)).toMatch(verdict);
  });
});

test('what undoes an entry moves the same shares and cash the other way', () => {
  expect(movementsOf(BUY)).toEqual([
    { kind: 'TRADE', symbol: 'NVDA', qtyE4: 100_000, priceE4: 4_000_000 },
  ]);
  expect(undoing(BUY)).toEqual([
    { kind: 'TRADE', symbol: 'NVDA', qtyE4: -100_000, priceE4: 4_000_000 },
  ]);
  expect(undoing(CASH)).toEqual([{ kind: 'CASH', amountE4: 25_000 }]);
  expect([...movementsOf(CANCEL), ...undoing(CANCEL)]).toEqual([]);
});
