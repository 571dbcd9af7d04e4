import { describe, expect, test } from '@jest/globals';
import { Lanes } from './consumer-lanes.ts';

/** How far a consumer is behind, in records and in age. */

const FILLS = { topic: 'fills.v1', partition: 3 };

function joinedAt(now: number): Lanes {
  const lanes = new Lanes();
  lanes.assign('engine', [FILLS], now);
  return lanes;
}

function endsAt(end: number): Map<string, Map<number, number>> {
  return new Map([['fills.v1', new Map([[3, end]])]]);
}

describe('the lag of a partition', () => {
  test('is not told before both its position and its end are known', () => {
    const lanes = joinedAt(0);
    expect(lanes.lags(1)).toEqual([]);
    expect(lanes.unknown('engine', 'fills.v1')).toEqual([3]);
    lanes.finished('engine', FILLS, 10, null);
    expect(lanes.lags(1)).toEqual([]);
    expect(lanes.unknown('engine', 'fills.v1')).toEqual([]);
    lanes.ended(endsAt(10), 1);
    expect(lanes.lags(1)).toEqual([{ consumer: 'engine', ...FILLS, records: 0, ageMs: 0 }]);
  });

  test('has no age without a record, however long nothing came', () => {
    const lanes = joinedAt(0);
    lanes.finished('engine', FILLS, 10, 500);
    lanes.ended(endsAt(10), 1_000);
    expect(lanes.lags(90_000)).toMatchObject([{ records: 0, ageMs: 0 }]);
  });

  test('of a record after an hour of quiet is as old as the last look without it, not an hour', () => {
    const lanes = joinedAt(0);
    lanes.finished('engine', FILLS, 10, 500);
    lanes.ended(endsAt(10), 3_600_000);
    lanes.ended(endsAt(11), 3_605_000);
    expect(lanes.lags(3_606_000)).toMatchObject([{ records: 1, ageMs: 6_000 }]);
  });

  test('in a backlog is the age of the record finished last, which every other one is younger than', () => {
    const lanes = joinedAt(0);
    lanes.ended(endsAt(100), 1_000);
    lanes.finished('engine', FILLS, 40, 30_000);
    expect(lanes.lags(50_000)).toMatchObject([{ records: 60, ageMs: 20_000 }]);
  });

  test('never goes back when an old position is told late', () => {
    const lanes = joinedAt(0);
    lanes.finished('engine', FILLS, 40, 1);
    lanes.finished('engine', FILLS, 30, 1);
    lanes.ended(endsAt(40), 2);
    expect(lanes.lags(3)).toMatchObject([{ records: 0 }]);
  });

  test('of a partition that went to another member is nobody’s to tell here', () => {
    const lanes = joinedAt(0);
    lanes.finished('engine', FILLS, 40, 1);
    lanes.ended(endsAt(40), 2);
    expect(lanes.forget('engine')).toMatchObject([FILLS]);
    lanes.finished('engine', FILLS, 41, 3);
    expect(lanes.lags(4)).toEqual([]);
  });
});
