import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Ownership } from './ownership.ts';

describe('a record of orders.gated.v1 is valid', () => {
  function after(...markers: readonly number[]): Ownership {
    const ownership = new Ownership();
    for (const marker of markers) ownership.marker(marker);
    return ownership;
  }

  test.each([
    ['of the only owner', [10], 10, 11, true],
    ['of the second owner after its marker', [10, 20], 20, 21, true],
    ['of the first owner before the second marker', [10, 20], 10, 19, true],
    ['of the first owner after the second marker: a gate that lost it', [10, 20], 10, 21, false],
    ['of an epoch that no marker has', [10], 12, 13, false],
    ['that carries its own offset', [10], 11, 11, false],
  ] as const)('%s', (_what, markers, epoch, offset, valid) => {
    expect(after(...markers).isValid(epoch, offset)).toBe(valid);
  });

  test('when retention has taken its marker and nobody younger has written', () => {
    const ownership = new Ownership();
    expect(ownership.isValid(90, 100)).toBe(true);
    expect(ownership.isValid(95, 101)).toBe(true);
    expect(ownership.isValid(90, 102)).toBe(false);
    ownership.marker(103);
    expect(ownership.isValid(95, 104)).toBe(false);
    expect(ownership.isValid(103, 105)).toBe(true);
  });

  test('read a second time from anywhere, it is what it was', () => {
    const ownership = after(10, 20, 30);
    ownership.marker(10);
    expect(ownership.isValid(10, 15)).toBe(true);
    expect(ownership.isValid(30, 31)).toBe(true);
  });
});

test('of any interleaving of owners each record counts once, for the owner of its place', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 4 }), { maxLength: 60 }), (steps) => {
      // 0 takes the partition; n writes as the n-th last owner.
      const ownership = new Ownership();
      const epochs: number[] = [];
      steps.forEach((step, offset) => {
        if (step === 0) {
          ownership.marker(offset);
          epochs.push(offset);
          return;
        }
        const epoch = epochs.at(-step);
        if (epoch !== undefined) expect(ownership.isValid(epoch, offset)).toBe(step === 1);
      });
    }),
  );
});
