import { expect, test } from '@jest/globals';
import { RESTART_RULE, restartPauseMs } from './restart-rule.ts';

test.each([
  ['that ran well is started again at once, nearly', 0, 500],
  ['that ended quickly once too', 1, 500],
  ['that ends quickly again waits twice as long', 2, 1_000],
  ['a third time', 3, 2_000],
  ['a fourth time', 4, 4_000],
  ['a fifth time is not started again', 5, null],
])('a process %s', (_name, quickEnds, pauseMs) => {
  expect(restartPauseMs(quickEnds, RESTART_RULE)).toBe(pauseMs);
});

test('no pause is longer than the longest', () => {
  expect(restartPauseMs(30, { ...RESTART_RULE, quickEndsMax: 99 })).toBe(15_000);
});
