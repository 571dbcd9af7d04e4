import { describe, expect, test } from '@jest/globals';
import { slices } from './slices.ts';
import type { PlacedRecord } from './slices.ts';

function records(count: number, valueLength: number): PlacedRecord[] {
  return Array.from({ length: count }, (_, n) => ({
    record: { topic: 't', key: String(n).padStart(8, '0'), value: 'v'.repeat(valueLength) },
    partition: 0,
  }));
}

function keys(cut: PlacedRecord[][]): string[] {
  return cut.flatMap((slice) => slice.map(({ record }) => record.key));
}

describe('records are cut into sends that a broker takes', () => {
  test('nothing gives no send', () => {
    expect([...slices([])]).toEqual([]);
  });

  test('few records go in one send', () => {
    expect([...slices(records(500, 10))]).toHaveLength(1);
  });

  test('no send holds more than 500 records', () => {
    const all = records(1_001, 10);
    const cut = [...slices(all)];
    expect(cut.map((slice) => slice.length)).toEqual([500, 500, 1]);
    expect(keys(cut)).toEqual(all.map(({ record }) => record.key));
  });

  test('no send of several holds more than half a megabyte', () => {
    const all = records(10, 99_992);
    const cut = [...slices(all)];
    expect(cut.map((slice) => slice.length)).toEqual([5, 5]);
    expect(keys(cut)).toEqual(all.map(({ record }) => record.key));
  });

  test('bytes count, not characters', () => {
    const wide = records(2, 0).map(({ record }) => ({
      record: { ...record, value: '€'.repeat(100_000) },
      partition: 0,
    }));
    expect([...slices(wide)]).toHaveLength(2);
  });

  test('a record larger than a send stands alone', () => {
    const [small, large, last] = [records(1, 1), records(1, 600_000), records(1, 1)];
    const cut = [...slices([...small, ...large, ...last])];
    expect(cut.map((slice) => slice.length)).toEqual([1, 1, 1]);
  });

  test('a tombstone weighs its key', () => {
    const tombstone = { record: { topic: 't', key: 'k', value: null }, partition: 0 };
    expect([...slices([tombstone])]).toEqual([[tombstone]]);
  });
});
