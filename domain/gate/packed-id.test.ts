import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PackedId } from './packed-id.ts';

/** Characters of one byte, of the escape and beyond. */
const name = fc.string({ maxLength: 6, unit: fc.constantFrom('a', 'b', '\u0000', 'þ', 'ÿ', '€') });

function packed(seed: number, accountId: string, orderId: string) {
  const { words, length, hash } = new PackedId(seed).write(accountId, orderId);
  return { words: [...words.slice(0, length)], hash };
}

describe('an id in words', () => {
  test('is the same for the same two names and for no others', () => {
    fc.assert(
      fc.property(name, name, name, name, (account, order, otherAccount, otherOrder) => {
        const [one, other] = [packed(7, account, order), packed(7, otherAccount, otherOrder)];
        expect(packed(7, account, order)).toEqual(one);
        if (account === otherAccount && order === otherOrder) expect(other).toEqual(one);
        else expect(other.words).not.toEqual(one.words);
      }),
      { numRuns: 2_000 },
    );
  });
  test('has nothing of the one that was written before it', () => {
    const id = new PackedId(7);
    const long = 'x'.repeat(500);
    for (const orderId of [long, 'O1', long, 'O']) {
      const { words, length, hash } = id.write('ACC_1', orderId);
      expect({ words: [...words.slice(0, length)], hash }).toEqual(packed(7, 'ACC_1', orderId));
    }
  });
  test('hashes differently under another seed', () => {
    expect(packed(1, 'A', 'O').hash).not.toBe(packed(2, 'A', 'O').hash);
  });
  test('is refused when a name is too long', () => {
    expect(() => new PackedId(0).write('A', 'x'.repeat(0x1_0000))).toThrow(RangeError);
  });
});
