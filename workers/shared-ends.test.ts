import type { Clock } from '#ports/clock.ts';
import type { EndOffsets } from '#ports/log-reader.ts';
import { describe, expect, jest, test } from '@jest/globals';
import { SharedEnds } from './shared-ends.ts';

/** A broker whose every log ends at `end`, and that counts how often it was asked for one. */
function broker(): EndOffsets & { end: number; asked: number } {
  const source = {
    end: 1,
    asked: 0,
    endOffsets: () => {
      source.asked += 1;
      return Promise.resolve([source.end]);
    },
  };
  return source;
}

const HOUR = 3_600_000;

describe('the ends of the inputs', () => {
  test('are fetched once for all who come at once, and anew for who comes later', async () => {
    const source = broker();
    const ends = new SharedEnds(source, { now: () => Date.now() });
    const first = await Promise.all([ends.fetch(), ends.fetch()]);
    const asked = source.asked;
    source.end = 2;
    const later = await ends.fetch();
    expect(first.map(({ fills }) => fills)).toEqual([[1], [1]]);
    expect(later.fills).toEqual([2]);
    expect(source.asked).toBe(2 * asked);
  });

  test('come in a moment after the clock was set back by an hour', async () => {
    let now = Date.now();
    const clock: Clock = { now: () => now };
    const source = broker();
    const ends = new SharedEnds(source, clock);
    await ends.fetch();
    now -= HOUR;
    const waits = jest.spyOn(globalThis, 'setTimeout');
    const answer = ends.fetch();
    const [, waitMs] = waits.mock.calls.at(-1) ?? [];
    waits.mockRestore();
    expect(waitMs).toBeLessThanOrEqual(50);
    expect((await answer).fills).toEqual([1]);
  });
});
