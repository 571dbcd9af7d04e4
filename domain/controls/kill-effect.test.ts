import { describe, expect, test } from '@jest/globals';
import { CLOCKS_APART_MS, killEffect } from './kill-effect.ts';
import type { Lease } from './kill-effect.ts';

const AT = 1_000_000;
const KILL = { partition: 1, offset: 7, at: AT };

const lease = (process: string, position: number, changes: Partial<Lease> = {}): Lease => ({
  process,
  left: false,
  endsAt: AT + 1_000,
  commandPositions: [99, position],
  ...changes,
});

const waitingFor = (now: number, ...leases: Lease[]): readonly string[] =>
  killEffect(leases, KILL, now).waitingFor;

describe('a kill is effective', () => {
  test('when every holder of a lease has applied it', () => {
    expect(killEffect([lease('a', 8), lease('b', 9)], KILL, AT)).toEqual({
      leases: 2,
      applied: 2,
      lapsed: [],
      waitingFor: [],
      until: null,
    });
  });
  test('at once when nobody holds a lease', () => {
    expect(killEffect([], KILL, AT)).toMatchObject({ leases: 0, waitingFor: [] });
  });
  test('when a paused one can let nothing pass any more, and no instant before', () => {
    const paused = lease('b', 7, { endsAt: AT + 5_000 });
    const over = AT + 5_000 + CLOCKS_APART_MS;
    expect(waitingFor(over - 1, lease('a', 8), paused)).toEqual(['b']);
    expect(killEffect([lease('a', 8), paused], KILL, over)).toMatchObject({
      leases: 2,
      applied: 1,
      lapsed: ['b'],
      waitingFor: [],
    });
  });
  test('without those that had ended before it came', () => {
    const dead = lease('dead', 0, { endsAt: AT - CLOCKS_APART_MS });
    expect(killEffect([dead, lease('a', 8)], KILL, AT)).toMatchObject({ leases: 1, applied: 1 });
    expect(killEffect([lease('gone', 0, { left: true })], KILL, AT)).toMatchObject({ leases: 0 });
  });
});

describe('a kill is not effective', () => {
  test('while one holder has read up to it and not past it', () => {
    expect(waitingFor(AT, lease('a', 8), lease('b', 7))).toEqual(['b']);
  });
  test('by what was applied of another partition', () => {
    expect(waitingFor(AT, lease('a', 0))).toEqual(['a']);
    expect(waitingFor(AT, lease('a', 0, { commandPositions: [99] }))).toEqual(['a']);
  });
});
