import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { COUNTED_HORIZON_MS } from '#domain/input-times.ts';
import { CountedIds } from './counted-ids.ts';
import type { CountedBlock } from './counted-ids.ts';

const NOW = 1_795_000_000_000;
const DAY_MS = 86_400_000;
/** What entries say where only their ids matter. */
const ENTRY = {
  accountId: 'A',
  reverses: null,
  subject: 'NVDA',
  qtyE4: 10_000,
  priceE4: 4_000_000,
};

type CountedId = readonly [id: string, at: number];

/** Counts ids as one block, as the engine does with a batch. */
function countAll(counted: CountedIds, ids: readonly CountedId[]): CountedBlock | null {
  for (const [id, at] of ids) counted.count(id, ENTRY, at);
  return counted.close();
}

function knows(counted: CountedIds, id: string): boolean {
  return counted.find(id) !== null;
}

describe('ids of fills and cash movements are remembered for the horizon', () => {
  test('an id is known as soon as it is counted, and within its own batch', () => {
    const counted = new CountedIds(0);
    expect(knows(counted, 'f:1')).toBe(false);
    counted.count('f:1', ENTRY, NOW);
    expect(knows(counted, 'f:1')).toBe(true);
    expect(counted.close()?.block).toBe(0);
    expect(countAll(counted, [['f:2', NOW]])?.block).toBe(1);
    expect(knows(counted, 'f:1')).toBe(true);
  });

  test('a fill and a cash movement of the same id are two', () => {
    const counted = new CountedIds(0);
    countAll(counted, [['f:1', NOW]]);
    expect(knows(counted, 'c:1')).toBe(false);
  });

  test('an id leaves after seven days, not before, and its instant becomes the floor', () => {
    const counted = new CountedIds(0);
    countAll(counted, [['f:1', NOW]]);
    expect(counted.evict(NOW + COUNTED_HORIZON_MS)).toEqual([]);
    expect(counted.evict(NOW + COUNTED_HORIZON_MS + 1)).toEqual([0]);
    expect(knows(counted, 'f:1')).toBe(false);
    expect(counted.floorAt).toBe(NOW);
  });

  test('a duplicate that a backlog brings after its id was forgotten is too old, not new', () => {
    const counted = new CountedIds(0);
    countAll(counted, [['f:1', NOW]]);
    counted.evict(NOW + 8 * DAY_MS);
    const arrivedAt = NOW + 6 * DAY_MS;
    expect(knows(counted, 'f:1')).toBe(false);
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

describe('what was counted can be found again', () => {
  const cancel = { ...ENTRY, reverses: 'f:1', subject: '', qtyE4: 0, priceE4: 0 };

  test('an entry says what it said, and what took it back', () => {
    const counted = new CountedIds(0);
    counted.count('f:1', ENTRY, NOW);
    counted.count('f:2', cancel, NOW);
    expect(counted.find('f:1')).toEqual({ ...ENTRY, endedBy: 'f:2', convertedBy: null });
    expect(counted.find('f:2')).toEqual({ ...cancel, endedBy: null, convertedBy: null });
    expect(counted.find('f:3')).toBeNull();
  });

  test('also over many pages and a take-over', () => {
    const counted = new CountedIds(0);
    const blocks: CountedBlock[] = [];
    for (let n = 0; n < 10_000; n += 1) {
      counted.count(`f:${n}`, { ...ENTRY, qtyE4: n + 1 }, NOW);
      if (n % 7 !== 0) continue;
      const block = counted.close();
      if (block !== null) blocks.push(block);
    }
    counted.count('f:x', { ...cancel, reverses: 'f:9000' }, NOW);
    const last = counted.close();
    const after = new CountedIds(0);
    for (const block of [...blocks, ...(last === null ? [] : [last])]) after.restore(block);
    for (const n of [0, 1, 4_095, 4_096, 9_000, 9_999]) {
      const endedBy = n === 9_000 ? 'f:x' : null;
      expect(after.find(`f:${n}`)).toEqual({ ...ENTRY, qtyE4: n + 1, endedBy, convertedBy: null });
    }
    expect(after.size).toBe(10_001);
  });

  test('an entry says what its shares were converted by since, also after a take-over', () => {
    const split = { ...ENTRY, subject: 'digest', qtyE4: 0, priceE4: 0, converts: 'NVDA' };
    const counted = new CountedIds(0);
    counted.count('f:1', ENTRY, NOW);
    counted.count('f:2', { ...ENTRY, subject: 'AMD' }, NOW);
    counted.count('f:3', { ...ENTRY, accountId: 'B' }, NOW);
    counted.count('a:1', split, NOW);
    counted.count('f:4', ENTRY, NOW);
    const block = counted.close();
    const after = new CountedIds(0);
    if (block !== null) after.restore(block);
    const ids = ['f:1', 'f:2', 'f:3', 'a:1', 'f:4'];
    for (const known of [counted, after]) {
      const converted = ids.filter((id) => known.find(id)?.convertedBy === 'a:1');
      expect(converted).toEqual(['f:1']);
    }
    after.evict(NOW + 8 * DAY_MS);
    after.count('f:5', ENTRY, NOW + 8 * DAY_MS);
    expect(after.find('f:5')?.convertedBy).toBeNull();
  });

  test('once its block has left, nothing of it is found and the others are', () => {
    const counted = new CountedIds(0, 2);
    countAll(counted, [['f:1', NOW - 2]]);
    countAll(counted, [['f:2', NOW - 1]]);
    counted.count('f:3', { ...cancel, reverses: 'f:1' }, NOW);
    counted.close();
    expect(counted.evict(NOW)).toEqual([0]);
    expect(counted.find('f:1')).toBeNull();
    expect(counted.find('f:3')).toMatchObject({ reverses: 'f:1' });
    counted.evict(NOW + 8 * DAY_MS);
    expect(counted.size).toBe(0);
  });
});

describe('at most so many ids are kept', () => {
  test('beyond the cap the oldest block leaves and what is as old as it is refused', () => {
    const counted = new CountedIds(0, 3);
    countAll(counted, [
      ['f:1', NOW - 5],
      ['f:2', NOW - 3],
    ]);
    countAll(counted, [
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
    counted.restore({ block: 7, latestAt: NOW - 2, entries: [{ id: 'f:3', ...ENTRY }] });
    expect(knows(counted, 'f:3')).toBe(true);
    expect(counted.isTooOld(NOW - 3, NOW)).toBe(true);
    expect(countAll(counted, [['f:5', NOW]])?.block).toBe(8);
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
  const changelog = new Map<number, CountedBlock>();
  const countings: Counting[] = [];
  let counted = new CountedIds(0, idsMax);
  let brokerAt = NOW;
  for (const { arrivals, backlogMs, takenOver } of arriving) {
    if (takenOver) counted = restored(counted.floorAt, changelog, idsMax);
    for (const arrival of arrivals) {
      brokerAt += arrival.laterMs;
      const id = `f:${arrival.id}`;
      const at = timestamps.get(id) ?? brokerAt - arrival.ageMs;
      timestamps.set(id, at);
      if (knows(counted, id) || counted.isTooOld(at, brokerAt)) continue;
      countings.push({ id, at, floorAt: counted.floorAt });
      counted.count(id, ENTRY, at);
    }
    const block = counted.close();
    if (block === null) continue;
    changelog.set(block.block, block);
    for (const gone of counted.evict(brokerAt + backlogMs)) changelog.delete(gone);
    expect(counted.size).toBeLessThanOrEqual(idsMax);
  }
  return countings;
}

function restored(
  floorAt: number,
  changelog: ReadonlyMap<number, CountedBlock>,
  idsMax: number,
): CountedIds {
  const counted = new CountedIds(floorAt, idsMax);
  for (const block of changelog.values()) counted.restore(block);
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
