import { describe, expect, test } from '@jest/globals';
import { marginCalc, NOON } from '#test/account-records.ts';
import { DeferredFigures } from './deferred-figures.ts';
import { LastWrites } from './last-writes.ts';

const UNTIL = NOON + 60_000;
const of = (accountId: string, sequence: number) =>
  marginCalc({ account_id: accountId, sequence, cause: 'PRICE' });

function deferred(accountId: string, sequence: number, firstOffset: number, partition = 0) {
  return { record: of(accountId, sequence), partition, firstOffset, until: UNTIL };
}

describe('deferred figures', () => {
  test('are due when their minute is over, the last of each account', () => {
    const figures = new DeferredFigures();
    figures.defer(deferred('A', 1, 10));
    figures.defer(deferred('A', 2, 11));
    figures.defer(deferred('B', 1, 12));
    expect(figures.due(UNTIL - 1)).toEqual([]);
    expect(figures.due(UNTIL)).toEqual([of('A', 2), of('B', 1)]);
  });
  test('stay with the later version when an older one comes again', () => {
    const figures = new DeferredFigures();
    figures.defer(deferred('A', 5, 10));
    figures.defer(deferred('A', 4, 9));
    expect(figures.due(UNTIL)).toEqual([of('A', 5)]);
  });
  test('hold back the first offset of their partition that is not written', () => {
    const figures = new DeferredFigures();
    expect(figures.firstOffset(0)).toBeNull();
    figures.defer(deferred('A', 1, 10));
    figures.defer(deferred('A', 2, 30));
    figures.defer(deferred('B', 1, 20));
    figures.defer(deferred('C', 1, 5, 1));
    expect(figures.firstOffset(0)).toBe(10);
    figures.settle(of('A', 2));
    expect(figures.firstOffset(0)).toBe(20);
    figures.settle(of('B', 1));
    expect(figures.firstOffset(0)).toBeNull();
    expect(figures.firstOffset(1)).toBe(5);
  });
  test('are settled by later figures but not by earlier ones', () => {
    const figures = new DeferredFigures();
    figures.defer(deferred('A', 5, 10));
    figures.settle(of('A', 4));
    expect(figures.size).toBe(1);
    figures.settle(of('A', 6));
    expect(figures.size).toBe(0);
  });
  test('are bounded: beyond the bound they are to be written at once', () => {
    const figures = new DeferredFigures(2);
    expect(figures.defer(deferred('A', 1, 1))).toBe(true);
    expect(figures.defer(deferred('B', 1, 2))).toBe(true);
    expect(figures.defer(deferred('C', 1, 3))).toBe(false);
    expect(figures.defer(deferred('B', 2, 4))).toBe(true);
    expect(figures.size).toBe(2);
  });
});

describe('what is remembered of accounts', () => {
  const write = { status: 'ACTIVE', rung: 'ACTIVE', at: NOON } as const;
  test('is bounded: the longest untouched is forgotten', () => {
    const writes = new LastWrites(2);
    writes.set('A', write);
    writes.set('B', write);
    writes.set('A', write);
    writes.set('C', write);
    expect(['A', 'B', 'C'].map((id) => writes.get(id) !== undefined)).toEqual([true, false, true]);
  });
  test('follows the rung of the case', () => {
    const writes = new LastWrites();
    writes.setRung('A', 'WARNING');
    expect(writes.get('A')).toBeUndefined();
    writes.set('A', write);
    writes.setRung('A', 'WARNING');
    expect(writes.get('A')).toEqual({ ...write, rung: 'WARNING' });
  });
});
