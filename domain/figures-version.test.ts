import { describe, expect, test } from '@jest/globals';
import { isLater } from './figures-version.ts';

describe('a version of figures is later', () => {
  test.each([
    ['than none', [0, 0], null, true],
    ['by its sequence', [3, 8], [3, 7], true],
    ['by its generation, whatever the sequence', [4, 0], [3, 999], true],
    ['never than itself', [3, 7], [3, 7], false],
    ['not with an earlier sequence', [3, 6], [3, 7], false],
    ['not with an earlier generation', [2, 999], [3, 7], false],
  ] as const)('%s', (_case, [generation, sequence], other, later) => {
    const against = other === null ? null : { generation: other[0], sequence: other[1] };
    expect(isLater({ generation, sequence }, against)).toBe(later);
  });
});
