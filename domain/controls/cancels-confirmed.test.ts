import { describe, expect, test } from '@jest/globals';
import { cancelsConfirmed } from './cancels-confirmed.ts';
import type { PendingCancels, VenueLease } from './cancels-confirmed.ts';

/** SYMBOL:X is killed by the state at offset 4 of partition 1; orders lie in partitions 0 and 1. */
const KILLED: PendingCancels = {
  scope: 'SYMBOL:X',
  partition: 1,
  offset: 4,
  orderPartitions: [0, 1],
};
const venue = (owned: readonly number[], changes: Partial<VenueLease> = {}): VenueLease => ({
  owned,
  statePositions: [0, 5],
  pendingScopes: [],
  pendingMore: false,
  ...changes,
});

describe('the cancels of a kill', () => {
  const cases: [string, boolean, readonly VenueLease[]][] = [
    ['confirmed by every venue adapter', true, [venue([0]), venue([1])]],
    ['confirmed by one that has all partitions', true, [venue([0, 1])]],
    ['open while no venue adapter lives', false, []],
    ['open while nobody has one of the partitions', false, [venue([0])]],
    [
      'open before a venue adapter knows of the kill',
      false,
      [venue([0, 1], { statePositions: [9, 4] })],
    ],
    [
      'open while an order still works',
      false,
      [venue([0]), venue([1], { pendingScopes: ['SYMBOL:X'] })],
    ],
    [
      'confirmed while orders of another scope work',
      true,
      [venue([0, 1], { pendingScopes: ['GLOBAL'] })],
    ],
    ['open while more work than can be named', false, [venue([0, 1], { pendingMore: true })]],
    [
      'open while one of two that both claim a partition is behind',
      false,
      [venue([0, 1]), venue([1], { statePositions: [] })],
    ],
  ];
  test.each(cases)('are %s', (_what, confirmed, venues) => {
    expect(cancelsConfirmed(KILLED, venues)).toBe(confirmed);
  });
  test('of an account are those of its own partition', () => {
    const account = { ...KILLED, scope: 'ACCOUNT:A', orderPartitions: [0] };
    expect(cancelsConfirmed(account, [venue([0])])).toBe(true);
  });
});
