import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hashOf, Names, NO_NUMBER } from './names.ts';

describe('names', () => {
  test('have numbers in the order in which they come', () => {
    const names = new Names(0);
    expect(['NVDA', 'AAPL', 'NVDA'].map((name) => names.add(name))).toEqual([0, 1, 0]);
    expect(names.find('AAPL')).toBe(1);
    expect(names.nameOf(0)).toBe('NVDA');
    expect(names.count).toBe(2);
  });
  test('that were never added have none', () => {
    const names = new Names(0);
    expect(names.find('NVDA')).toBe(NO_NUMBER);
    expect(() => names.nameOf(0)).toThrow(RangeError);
  });
  test('are two even if their hashes are one', () => {
    const byHash = new Map<number, string>();
    const twins: [string, string][] = [];
    for (let n = 0; twins.length === 0; n += 1) {
      const name = String(Math.imul(n, 0x9e37_79b1) >>> 0);
      const hash = hashOf(7, name);
      const twin = byHash.get(hash);
      if (twin !== undefined) twins.push([name, twin]);
      byHash.set(hash, name);
    }
    const names = new Names(7);
    expect(twins.flat().map((name) => names.add(name))).toEqual([0, 1]);
    expect(twins.flat().map((name) => names.find(name))).toEqual([0, 1]);
  });
  test.each([0, 1, -1, 0x7fff_ffff])(
    'keep theirs, whatever the seed and however many: %i',
    (seed) => {
      const name = fc.string({ maxLength: 3, unit: fc.constantFrom('a', 'b', 'c', 'é') });
      fc.assert(
        fc.property(fc.array(name, { maxLength: 200, size: 'max' }), (given) => {
          const names = new Names(seed);
          const numbers = new Map<string, number>();
          for (const each of given) {
            expect(names.find(each)).toBe(numbers.get(each) ?? NO_NUMBER);
            if (!numbers.has(each)) numbers.set(each, numbers.size);
            expect(names.add(each)).toBe(numbers.get(each));
          }
          for (const [each, number] of numbers) {
            expect([names.find(each), names.nameOf(number)]).toEqual([number, each]);
          }
        }),
      );
    },
  );
});
