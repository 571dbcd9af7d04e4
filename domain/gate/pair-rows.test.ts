import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NO_ROW, PairRows } from './pair-rows.ts';

describe('rows of pairs', () => {
  test('a row that is given back is taken again', () => {
    const rows = new PairRows();
    const row = rows.add(1, 2);
    expect(rows.find(1, 2)).toBe(row);
    rows.remove(row);
    expect(rows.find(1, 2)).toBe(NO_ROW);
    expect(rows.add(3, 4)).toBe(row);
    expect([rows.first(row), rows.second(row)]).toEqual([3, 4]);
  });
  test('each pair has its own and keeps it until it is removed, however they come and go', () => {
    const number = fc.integer({ min: 0, max: 14 });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number), { maxLength: 600, size: 'max' }), (pairs) => {
        const rows = new PairRows();
        const known = new Map<string, number>();
        for (const [first, second] of pairs) {
          const pair = `${String(first)} ${String(second)}`;
          const row = known.get(pair);
          expect(rows.find(first, second)).toBe(row ?? NO_ROW);
          // A pair that comes again goes.
          if (row === undefined) known.set(pair, rows.add(first, second));
          else rows.remove(row);
          if (row !== undefined) known.delete(pair);
        }
        expect(new Set(known.values()).size).toBe(known.size);
        for (const [pair, row] of known) {
          expect(row).toBeLessThan(rows.capacity);
          expect(`${String(rows.first(row))} ${String(rows.second(row))}`).toBe(pair);
          expect(rows.find(rows.first(row), rows.second(row))).toBe(row);
        }
      }),
      { numRuns: 20 },
    );
  });
});
