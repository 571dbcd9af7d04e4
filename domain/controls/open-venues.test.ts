import { describe, expect, test } from '@jest/globals';
import { CLOCKS_APART_MS } from './kill-effect.ts';
import { leftOpen, OPEN_MS_MAX } from './open-venues.ts';
import type { VenueWord } from './open-venues.ts';

const NOW = 1_000_000;
const PARTITIONS = 3;

/** Alive, with every partition. */
const alive = (changes: Partial<VenueWord> = {}): VenueWord => ({
  process: 'v1',
  left: false,
  saidAt: NOW - 50,
  endsAt: NOW + 950,
  owned: [0, 1, 2],
  ...changes,
});
const silent = (changes: Partial<VenueWord> = {}): VenueWord =>
  alive({ process: 'v0', saidAt: NOW - 3_000, endsAt: NOW - 2_000, ...changes });

describe('what a silent venue adapter may have left open', () => {
  const cases: [string, readonly VenueWord[], number[]][] = [
    ['nothing, where none was', [], []],
    ['nothing, where all speak', [alive()], []],
    ['nothing, where it said that it leaves', [silent({ left: true })], []],
    [
      'nothing, while its lease may still hold',
      [silent({ endsAt: NOW - CLOCKS_APART_MS + 1 })],
      [],
    ],
    ['every partition, whatever it owned when it last spoke', [silent({ owned: [] })], [0, 1, 2]],
    ['nothing where another has taken over since', [silent(), alive()], []],
    ['what the other has not taken over', [silent(), alive({ owned: [0, 2] })], [1]],
    [
      'what those that took over have lost by falling silent or leaving',
      [silent(), alive({ left: true }), silent({ process: 'v2' })],
      [0, 1, 2],
    ],
    ['nothing, when the broker has given it up', [silent({ endsAt: NOW - OPEN_MS_MAX })], []],
  ];
  test.each(cases)('%s', (_what, words, expected) => {
    expect(leftOpen(words, PARTITIONS, NOW).partitions).toEqual(expected);
  });

  test('waits for the word of those that live: each tells what it owns within a heartbeat', () => {
    const justOver = silent({ endsAt: NOW - CLOCKS_APART_MS });
    const spokeBefore = alive({ saidAt: NOW - 1, owned: [0, 1] });
    const names = (words: readonly VenueWord[]): string[] =>
      leftOpen(words, PARTITIONS, NOW).unheard.map(({ process }) => process);
    expect(names([justOver, spokeBefore])).toEqual(['v1']);
    expect(names([justOver, { ...spokeBefore, saidAt: NOW }])).toEqual([]);
    expect(names([justOver, { ...spokeBefore, left: true }])).toEqual([]);
  });

  test('names who is silent', () => {
    const { silent: named } = leftOpen([silent(), alive({ owned: [] })], PARTITIONS, NOW);
    expect(named.map(({ process }) => process)).toEqual(['v0']);
  });
});
