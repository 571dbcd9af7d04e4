import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { COUNTED_HORIZON_MS } from '#domain/input-times.ts';
import { CountedIds } from './counted-ids.ts';
import type { CountedId } from './counted-ids.ts';

const NOW = 1_795_000_000_000;
const DAY_MS = 86_400_000;

describe('ids of fills and cash movements are remembered for the horizon', () => {
  test('an id is known as soon as it is counted, and within its own batch', () => {
    const counted = new CountedIds(0);
    expect(counted.has('f:1')).toBe(false);
    counted.remember('f:1');
    expect(counted.has('f:1')).toBe(true);
    expect(counted.count([['f:1', NOW]])).toBe(0);
    expect(counted.count([['f:2', NOW]])).toBe(1);
    expect(counted.has('f:1')).toBe(true);
  });

  test('a fill and a cash movement of the same id are two', () => {
    const counted = new CountedIds(0);
    counted.count([['f:1', NOW]]);
    expect(counted.has('c:1')).toBe(false);
  });

  test('an id leaves after seven days, not before, and its instant becomes the floor', () => {
    const counted = new CountedIds(0);
    counted.count([['f:1', NOW]]);
    expect(counted.evict(NOW + COUNTED_HORIZON_MS)).toEqual([]);
    expect(counted.evict(NOW + COUNTED_HORIZON_MS + 1)).toEqual([0]);
    expect(counted.has('f:1')).toBe(false);
    expect(counted.floorAt).toBe(NOW);
  });

  test('a duplicate that a backlog brings after its id was forgotten is too old, not new', () => {
    const counted = new CountedIds(0);
    counted.count([['f:1', NOW]]);
    counted.evict(NOW + 8 * DAY_MS);
    const arrivedAt = NOW + 6 * DAY_MS;
    expect(counted.has('f:1')).toBe(false);
    expect(counted.isTooOld(NOW, arrivedAt)).toBe(true);
  });

  const ages: [string, number, number, boolean][] = [
    ['of its arrival', NOW, NOW, false],
    ['dated a minute ahead', NOW + 60_000, NOW, false],
    ['dated exactly the horizon before its arrival', NOW - COUNTED_HORIZON_MS, NOW, false],
    ['dated longer than the horizon before', NOW - COUNTED_HORIZON_MS - 1, NOW, true],
    ['of the year 1970', 0, NOW, true],
  ];
  test.each(ages)('is a fill %s too old?', (_what, at, brokerAt, tooOld) => {
    expect(new CountedIds(0).isTooOld(at, brokerAt)).toBe(tooOld);
  });
});

describe('at most so many ids are kept', () => {
  test('beyond the cap the oldest block leaves and what is as old as it is refused', () => {
    const counted = new CountedIds(0, 3);
    counted.count([
      ['f:1', NOW - 5],
      ['f:2', NOW - 3],
    ]);
    counted.count([
      ['f:3', NOW - 2],
      ['f:4', NOW - 1],
    ]);
    expect(counted.evict(NOW)).toEqual([0]);
    expect(counted.size).toBe(2);
    expect(counted.floorAt).toBe(NOW - 3);
    expect(counted.isTooOld(NOW - 3, NOW)).toBe(true);
    expect(counted.isTooOld(NOW - 2, NOW)).toBe(false);
  });

  test('a take-over keeps the floor, the blocks and their numbers', () => {
    const counted = new CountedIds(NOW - 3, 3);
    counted.restore(7, [['f:3', NOW - 2]]);
    expect(counted.has('f:3')).toBe(true);
    expect(counted.isTooOld(NOW - 3, NOW)).toBe(true);
    expect(counted.count([['f:5', NOW]])).toBe(8);
  });
});

/** A record that arrives. A duplicate has the timestamp of the first one. */
interface Arrival {
  readonly id: number;
  /** How long before its arrival it is dated, ms. */
  readonly ageMs: number;
  /** How much later than the one before it arrives, ms. */
  readonly laterMs: number;
}

interface Batch {
  readonly arrivals: readonly Arrival[];
  /** How far the engine's clock is ahead of the arrivals: its backlog, ms. */
  readonly backlogMs: number;
  /** Has the partition been taken over before this batch? */
  readonly takenOver: boolean;
}

const upToDays = (days: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constant(0), fc.integer({ min: 0, max: days * DAY_MS }));

const batches: fc.Arbitrary<Batch[]> = fc.array(
  fc.record({
    arrivals: fc.array(
      fc.record({
        id: fc.integer({ min: 0, max: 8 }),
        ageMs: fc.oneof(upToDays(9), fc.constant(-60_000)),
        laterMs: upToDays(3),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    backlogMs: upToDays(10),
    takenOver: fc.boolean(),
  }),
  { maxLength: 30 },
);

interface Counting {
  readonly id: string;
  readonly at: number;
  readonly floorAt: number;
}

/** What is counted when batches are booked as the engine does it, its changelog restored at take-overs. */
function book(arriving: readonly Batch[], idsMax: number): Counting[] {
  const timestamps = new Map<string, number>();
  const changelog = new Map<number, readonly CountedId[]>();
  const countings: Counting[] = [];
  let counted = new CountedIds(0, idsMax);
  let brokerAt = NOW;
  for (const { arrivals, backlogMs, takenOver } of arriving) {
    if (takenOver) counted = restored(counted.floorAt, changelog, idsMax);
    const ids: CountedId[] = [];
    for (const arrival of arrivals) {
      brokerAt += arrival.laterMs;
      const id = `f:${arrival.id}`;
      const at = timestamps.get(id) ?? brokerAt - arrival.ageMs;
      timestamps.set(id, at);
      if (counted.has(id) || counted.isTooOld(at, brokerAt)) continue;
      countings.push({ id, at, floorAt: counted.floorAt });
      counted.remember(id);
      ids.push([id, at]);
    }
    if (ids.length === 0) continue;
    changelog.set(counted.count(ids), ids);
    for (const gone of counted.evict(brokerAt + backlogMs)) changelog.delete(gone);
    expect(counted.size).toBeLessThanOrEqual(idsMax);
  }
  return countings;
}

function restored(
  floorAt: number,
  changelog: ReadonlyMap<number, readonly CountedId[]>,
  idsMax: number,
): CountedIds {
  const counted = new CountedIds(floorAt, idsMax);
  for (const [block, ids] of changelog) counted.restore(block, ids);
  return counted;
}

describe('whatever arrives in whatever order, with backlogs and take-overs between', () => {
  test('no id is counted twice and nothing is counted at or below the floor', () => {
    fc.assert(
      fc.property(batches, fc.integer({ min: 1, max: 6 }), (arriving, idsMax) => {
        const countings = book(arriving, idsMax);
        const ids = countings.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        for (const { at, floorAt } of countings) expect(at).toBeGreaterThan(floorAt);
      }),
      { numRuns: 500 },
    );
  });

  test('below the cap and without a backlog, each is counted that arrives within the horizon', () => {
    fc.assert(
      fc.property(batches, (arriving) => {
        const prompt = arriving.map((batch) => ({ ...batch, backlogMs: 0 }));
        const countings = book(prompt, 1_000).map(({ id }) => id);
        const first = new Map<string, number>();
        for (const arrival of prompt.flatMap(({ arrivals }) => arrivals)) {
          const id = `f:${arrival.id}`;
          if (!first.has(id)) first.set(id, arrival.ageMs);
        }
        const expected = [...first].filter(([, ageMs]) => ageMs <= COUNTED_HORIZON_MS);
        expect(new Set(countings)).toEqual(new Set(expected.map(([id]) => id)));
      }),
      { numRuns: 500 },
    );
  });
});
