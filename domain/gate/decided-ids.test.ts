import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DecidedIds } from './decided-ids.ts';
import { PackedId } from './packed-id.ts';

describe('the ids that were decided', () => {
  test('each is new once', () => {
    const decided = new DecidedIds(1_000, 0);
    expect(decided.add('A', 'O1')).toBe(true);
    expect(decided.add('A', 'O1')).toBe(false);
    expect(decided.add('A', 'O2')).toBe(true);
  });
  test('two accounts may name their orders alike, however the names join', () => {
    const decided = new DecidedIds(1_000, 0);
    expect(decided.add('A', 'BC')).toBe(true);
    expect(decided.add('AB', 'C')).toBe(true);
    expect(decided.add('B', 'BC')).toBe(true);
  });
  test('are two even if their hashes are one', () => {
    const byHash = new Map<number, string>();
    const twins: [string, string][] = [];
    for (let n = 0; twins.length === 0; n += 1) {
      const orderId = `O${String(n)}`;
      const { hash } = new PackedId(7).write('A', orderId);
      const twin = byHash.get(hash);
      if (twin !== undefined) twins.push([orderId, twin]);
      byHash.set(hash, orderId);
    }
    const decided = new DecidedIds(1_000, 7);
    expect(twins.flat().map((orderId) => decided.add('A', orderId))).toEqual([true, true]);
    expect(twins.flat().map((orderId) => decided.add('A', orderId))).toEqual([false, false]);
  });
  test('all are kept while there are few enough, and the oldest forgotten past twice as many', () => {
    const idsMax = 5_000;
    const decided = new DecidedIds(idsMax, 0);
    for (let n = 0; n < 2 * idsMax; n += 1) expect(decided.add('A', `O${String(n)}`)).toBe(true);
    expect(decided.has('A', 'O0')).toBe(true);
    for (let n = 0; n < idsMax; n += 1) {
      expect(decided.add('A', `O${String(idsMax + n)}`)).toBe(false);
    }
    expect(decided.add('A', 'one more')).toBe(true);
    expect(decided.has('A', 'O0')).toBe(false);
    expect(decided.add('A', 'O0')).toBe(true);
  });
  test.each([0, 1, -1, 0x7fff_ffff, -0x8000_0000])('whatever the seed: %i', (seed) => {
    const name = fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'b', 'é') });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, name), { maxLength: 400 }), (pairs) => {
        const decided = new DecidedIds(1_000, seed);
        const seen = new Set<string>();
        for (const [accountId, orderId] of pairs) {
          const pair = JSON.stringify([accountId, orderId]);
          expect(decided.has(accountId, orderId)).toBe(seen.has(pair));
          expect(decided.add(accountId, orderId)).toBe(!seen.has(pair));
          seen.add(pair);
        }
      }),
      { numRuns: 100 },
    );
  });
  test('a forgotten generation takes what a set of rotating generations would', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 300 });
    fc.assert(
      fc.property(steps, (numbers) => {
        const decided = new DecidedIds(8, 7);
        let [younger, older] = [new Set<number>(), new Set<number>()];
        for (const number of numbers) {
          if (younger.size >= 8) [older, younger] = [younger, new Set()];
          const isNew = !younger.has(number) && !older.has(number);
          younger.add(number);
          expect(decided.add('A', String(number))).toBe(isNew);
        }
      }),
    );
  });
});
