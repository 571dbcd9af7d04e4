import { describe, expect, test } from '@jest/globals';
import { instantOption } from './instant-option.ts';

describe('a time of the command line', () => {
  test.each([
    ['2026-11-21T16:00Z', Date.UTC(2026, 10, 21, 16)],
    ['2026-11-21T11:00:30-05:00', Date.UTC(2026, 10, 21, 16, 0, 30)],
    ['1795262400000', 1_795_262_400_000],
  ])('%s is an instant', (text, at) => {
    expect(instantOption(text)).toBe(at);
  });

  test.each([
    ['+90s', 90_000],
    ['+30m', 1_800_000],
    ['+4h', 14_400_000],
    ['+1d', 86_400_000],
  ])('%s counts from now', (text, ms) => {
    const before = Date.now();
    const at = instantOption(text);
    expect(at).toBeGreaterThanOrEqual(before + ms);
    expect(at).toBeLessThanOrEqual(Date.now() + ms);
  });

  test.each([
    '',
    'soon',
    '+4',
    '-1h',
    '4h',
    '1795262400',
    '2026-11-21',
    '2026-11-21T16:00',
    '2026-02-30T16:00Z',
    '2026-13-01T00:00Z',
  ])('%j is refused', (text) => {
    expect(() => instantOption(text)).toThrow('It must be a time such as');
  });
});
