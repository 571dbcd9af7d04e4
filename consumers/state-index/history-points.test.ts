import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { StatusName } from '#contracts/account-state.ts';
import { marginCalc, NOON } from '#test/account-records.ts';
import { HistoryPoints, POINT_MS_MIN, SAME_STATUS_MS_MIN } from './history-points.ts';

const at = (ms: number, status: StatusName = 'ACTIVE', account_id = 'ACC_1') =>
  marginCalc({ account_id, as_of: NOON + ms, status });

describe('the figures that go to the history', () => {
  test('are the first ones, and then the first of each minute', () => {
    const points = new HistoryPoints();
    const chosen = [0, 59_999, 60_000, 61_000, 120_000].filter((ms) => points.choose(at(ms)));
    expect(chosen).toEqual([0, 60_000, 120_000]);
  });
  test('are those of a new status, at most once a second', () => {
    const points = new HistoryPoints();
    points.choose(at(0));
    expect(points.choose(at(999, 'WARNING'))).toBe(false);
    expect(points.choose(at(1_000, 'WARNING'))).toBe(true);
    expect(points.choose(at(1_500, 'WARNING'))).toBe(false);
    expect(points.choose(at(2_000, 'MARGIN_CALL'))).toBe(true);
  });
  test('are chosen for each account apart, and of no more accounts than there is room for', () => {
    const points = new HistoryPoints(2);
    expect(['A', 'B', 'C', 'A'].map((id) => points.choose(at(0, 'ACTIVE', id)))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(points.choose(at(1, 'ACTIVE', 'A'))).toBe(false);
  });
  test('never lie closer than a second, nor a minute within one status', () => {
    const move = fc.record({
      ms: fc.integer({ min: 0, max: 20_000 }),
      status: fc.constantFrom<StatusName>('ACTIVE', 'WARNING', 'MARGIN_CALL', 'INDETERMINATE'),
    });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
        const points = new HistoryPoints();
        let ms = 0;
        const chosen = moves
          .map((one) => at((ms += one.ms), one.status))
          .filter((record) => points.choose(record));
        chosen.slice(1).forEach((record, index) => {
          const before = chosen[index];
          const gap = record.as_of - (before?.as_of ?? 0);
          const same = before?.status === record.status;
          expect(gap).toBeGreaterThanOrEqual(same ? SAME_STATUS_MS_MIN : POINT_MS_MIN);
        });
      }),
    );
  });
});
