import { expect, test } from '@jest/globals';
import { playMany } from './many.ts';

const SEQUENCES = 100_000;

/** Of the gate's codes those that the model speaks of. */
const CODES = [
  'ALLOW',
  'CLOSE_ONLY',
  'CONTROL_STALE',
  'CREDIT',
  'DUPLICATE',
  'EXPIRED',
  'KILLED',
  'THROTTLE',
];

test(
  `in ${String(SEQUENCES)} sequences of orders, fills, figures, controls and restarts the gate keeps ` +
    'kill, close-only, throttle and reservation as the rules word them',
  () => {
    const { failure, codes } = playMany(1, SEQUENCES);
    expect(failure).toBeNull();
    expect([...codes.keys()].sort()).toEqual(CODES);
  },
  300_000,
);
