import { describe, expect, test } from '@jest/globals';
import { STEPS } from '#domain/ladder-table.ts';
import { simulateMany } from './many.ts';
import { simulate } from './simulate.ts';

const RUNS = 1_000;

describe('a simulated account whose world loses, repeats, delays, dies and lies', () => {
  test(`keeps every promise of the ladder in ${String(RUNS)} stories, and they take every step`, () => {
    const { failure, counts } = simulateMany(1, RUNS);
    expect(failure).toBeNull();
    expect(STEPS.filter((step) => !counts.has(step))).toEqual([]);
  });

  test('tells the same story again for the same seed', () => {
    expect(simulate(7).trace).toEqual(simulate(7).trace);
  });
});
