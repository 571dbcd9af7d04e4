import { describe, expect, test } from '@jest/globals';
import { cancelsConfirmed } from './cancels-confirmed.ts';
import type { PendingCancels, OrderLease } from './cancels-confirmed.ts';

/** SYMBOL:X is killed by the state at offset 4 of partition 1; orders lie in partitions 0 and 1. */
const KILLED: PendingCancels = {
  scope: 'SYMBOL:X',
  partition: 1,
  offset: 4,
  orderPartitions: [0, 1],
};
const lease =
  (kind: OrderLease['kind']) =>
  (owned: readonly number[], changes: Partial<OrderLease> = {}): OrderLease => ({
    kind,
    owned,
    statePositions: [0, 5],
    pendingScopes: [],
    pendingMore: false,
    ...changes,
  });
const OTHER = { GATE: 'VENUE', VENUE: 'GATE' } as const;

describe.each(['GATE', 'VENUE'] as const)(
  'the cancels of a kill, by the leases of each %s',
  (kind) => {
    const of = lease(kind);
    const cases: [string, boolean, readonly OrderLease[]][] = [
      ['confirmed by every one', true, [of([0]), of([1])]],
      ['confirmed by one that has all partitions', true, [of([0, 1])]],
      ['open while none lives', false, []],
      ['open while nobody has one of the partitions', false, [of([0])]],
      ['open before one knows of the kill', false, [of([0, 1], { statePositions: [9, 4] })]],
      [
        'open while an order still works',
        false,
        [of([0]), of([1], { pendingScopes: ['SYMBOL:X'] })],
      ],
      [
        'confirmed while orders of another scope work',
        true,
        [of([0, 1], { pendingScopes: ['GLOBAL'] })],
      ],
      ['open while more work than can be named', false, [of([0, 1], { pendingMore: true })]],
      [
        'open while one of two that both claim a partition is behind',
        false,
        [of([0, 1]), of([1], { statePositions: [] })],
      ],
    ];
    test.each(cases)('are %s', (_what, confirmed, leases) => {
      const others = lease(OTHER[kind])([0, 1]);
      expect(cancelsConfirmed(KILLED, [...leases, others])).toBe(confirmed);
    });

    test('of an account are those of its own partition', () => {
      const account = { ...KILLED, scope: 'ACCOUNT:A', orderPartitions: [0] };
      expect(cancelsConfirmed(account, [of([0]), lease(OTHER[kind])([0])])).toBe(true);
    });
  },
);
