import { describe, expect, test } from '@jest/globals';
import { noticeRetryAt } from './notice-retries.ts';

const ISSUED_AT = 1_795_000_000_000;
const HOUR_MS = 3_600_000;

describe('a notice that was not delivered is tried again', () => {
  test.each([
    [1, 2_000],
    [2, 4_000],
    [3, 8_000],
    [8, 256_000],
    [9, 300_000],
    [500, 300_000],
  ])('after attempt %d in %d ms', (attempt, pauseMs) => {
    expect(noticeRetryAt(attempt, ISSUED_AT + 5, ISSUED_AT)).toBe(ISSUED_AT + 5 + pauseMs);
  });

  test('for a day', () => {
    const almost = ISSUED_AT + 24 * HOUR_MS - 300_000;
    expect(noticeRetryAt(20, almost, ISSUED_AT)).toBe(ISSUED_AT + 24 * HOUR_MS);
    expect(noticeRetryAt(20, almost + 1, ISSUED_AT)).toBeNull();
  });
});
