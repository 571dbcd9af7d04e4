import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OpenOffsets } from './open-offsets.ts';

test('before anything was read the position is where reading began', () => {
  expect(new OpenOffsets(17).position).toBe(17);
});

test('a commit never passes a record that is not finished, and waits for no other', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat({ max: 30 })), (finished) => {
      const offsets = new OpenOffsets(0);
      for (let offset = 0; offset <= 30; offset += 1) offsets.read(offset);
      for (const offset of finished) offsets.finish(offset);
      const first = Array.from({ length: 31 }, (_, offset) => offset).find(
        (offset) => !finished.includes(offset),
      );
      expect(offsets.position).toBe(first ?? 31);
    }),
  );
});
