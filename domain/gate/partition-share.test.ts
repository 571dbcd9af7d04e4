import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { leastRateOf, PartitionShare } from './partition-share.ts';

test('the shares of all partitions add up to the whole, and differ by one at most', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 64 }),
      fc.nat({ max: 1_000_000 }),
      (partitions, whole) => {
        const shares = Array.from({ length: partitions }, (_, partition) =>
          new PartitionShare(partition, partitions).of(whole),
        );
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(whole);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      },
    ),
  );
});

test.each([
  [{ kind: 'ACCOUNT', id: 'A' }, 10, 10],
  [{ kind: 'GLOBAL' }, 10, 2],
  [{ kind: 'SYMBOL', id: 'XYZ' }, 3, 1],
  [{ kind: 'STRATEGY', id: 'alpha' }, null, null],
] as const)(
  'the first of eight partitions lets of %j at %j a second %j pass',
  (scope, rate, share) => {
    expect(new PartitionShare(0, 8).rateOf(scope, rate)).toBe(share);
  },
);

test('from the least rate on no partition has a share of nothing, below it some have', () => {
  const scope = { kind: 'SYMBOL', id: 'XYZ' } as const;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 64 }),
      fc.integer({ min: 1, max: 200 }),
      (partitions, rate) => {
        const last = new PartitionShare(partitions - 1, partitions);
        expect(last.rateOf(scope, rate) !== 0).toBe(rate >= leastRateOf(scope, partitions));
      },
    ),
  );
});
