import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isLater } from '#domain/figures-version.ts';
import { ID_PATTERN } from './wire.ts';
import { figuresVersionString } from './figures-version.ts';

const version = fc.record({
  generation: fc.oneof(fc.nat(20), fc.nat(9_999_999_999)),
  sequence: fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 999_999_999_999_999 })),
});

test('the order of version strings is the order of versions', () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(figuresVersionString(a) > figuresVersionString(b)).toBe(isLater(a, b));
    }),
    { numRuns: 1_000 },
  );
});

test('a version string is an id', () => {
  expect(figuresVersionString({ generation: 3, sequence: 41 })).toBe('0000000003-000000000000041');
  expect(figuresVersionString({ generation: 3, sequence: 41 })).toMatch(ID_PATTERN);
});
