import { LadderWalk, WALK_POLICY } from '#test/ladder-walk.ts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CaseCommand } from './case-commands.ts';
import type { StaleReason } from './case-events.ts';
import { nextDeadline } from './ladder-deadlines.ts';
import { isAtRest } from './ladder-state.ts';

/** 500 NVDA, beta 1.8, on a debit of $150,000; the stress time is 60 s. */
const CLEAR = 520;
const BETWEEN = 500;
/** The excess is 30,000, a fall of SPY by 8 % costs 34,560. */
const UNDERWATER = 480;
const DEFICIENT = 390;
const MINUTE = 60_000;
const STALE: StaleReason = {
  code: 'HEARTBEAT_OLD',
  what: 'the engine',
  observed: '9000 ms',
  limit: '5000 ms',
};

/** A walk whose figures say what stress would do. */
function stressedWalk(policy = WALK_POLICY): LadderWalk {
  const walk = new LadderWalk(policy);
  walk.tellsStress = true;
  walk.readingMs = 0;
  walk.publishingMs = 0;
  return walk;
}

describe('the stress holder', () => {
  test('goes on after its time underwater and comes off after its time clear, on no rung', () => {
    const walk = stressedWalk()
      .price(UNDERWATER)
      .wait(MINUTE - 1);
    expect(walk.story).toEqual([]);
    walk.wait(1);
    expect(walk.story).toEqual(['STRESS_ON']);
    expect(walk.state).toMatchObject({ rung: 'ACTIVE', episode: 0 });
    expect(walk.taken[0]?.action).toMatchObject({
      proof: 'FRESH',
      policyVersion: 'walk.1',
      // What a fall by 8 % leaves: 30,000 of excess less 34,560.
      stress: { severeBp: -800, severeE4: -45_600_000 },
    });

    walk.price(CLEAR).wait(MINUTE - 1);
    expect(walk.story).toEqual(['STRESS_ON']);
    walk.wait(1);
    expect(walk.story).toEqual(['STRESS_ON', 'STRESS_OFF']);
  });

  test('leads nowhere by itself, however long it stays', () => {
    const walk = stressedWalk()
      .price(UNDERWATER)
      .wait(100 * MINUTE);
    expect(walk.story).toEqual(['STRESS_ON']);
    expect(nextDeadline(walk.state)).toBeNull();
  });

  test.each([
    ['a moment between', BETWEEN],
    ['a missing price', null],
  ])('counts anew after %s', (_what, dollars) => {
    const walk = stressedWalk()
      .price(UNDERWATER)
      .wait(MINUTE - 1)
      .price(dollars)
      .price(UNDERWATER)
      .wait(MINUTE - 1);
    expect(walk.story.filter((type) => type === 'STRESS_ON')).toEqual([]);
    walk.wait(1);
    expect(walk.story).toContain('STRESS_ON');
  });

  test('counts on while the account only gets worse, also into a call', () => {
    const walk = stressedWalk({ ...WALK_POLICY, dueAfterMs: 10 * MINUTE })
      .price(UNDERWATER)
      .wait(30_000)
      .price(DEFICIENT)
      .wait(31_000);
    expect(walk.story).toEqual(['WARN', 'CALL', 'STRESS_ON']);
    expect(walk.state.rung).toBe('MARGIN_CALL');
  });

  test('stays when the call is met and its own restriction is lifted', () => {
    const walk = stressedWalk({ ...WALK_POLICY, graceMs: 10 * MINUTE })
      .price(DEFICIENT)
      .wait(2 * MINUTE);
    expect(walk.story).toEqual(['WARN', 'CALL', 'PAST_DUE', 'CLOSE_ONLY', 'STRESS_ON']);
    walk.deposit(10_000);
    expect(walk.story.slice(5)).toEqual(['MET', 'LIFT']);
    expect(walk.state.stress.heldSince).not.toBeNull();
    walk.deposit(200_000).wait(MINUTE);
    expect(walk.story.slice(7)).toEqual(['CLEAR_WARNING', 'STRESS_OFF']);
    expect(walk.state.rung).toBe('ACTIVE');
  });

  test.each([
    ['on', UNDERWATER, CLEAR],
    ['off', CLEAR, UNDERWATER],
  ])('does not go %s on stale figures, and looks again', (way, last, first) => {
    const walk = stressedWalk()
      .price(first)
      .wait(2 * MINUTE);
    const before = walk.story;
    walk.stale = STALE;
    walk.price(last).wait(2 * MINUTE);
    expect(walk.story).toEqual(before);
    walk.stale = null;
    walk.wait(WALK_POLICY.staleRetryMs);
    expect(walk.story).toEqual([...before, way === 'on' ? 'STRESS_ON' : 'STRESS_OFF']);
  });

  test('does not go on when the re-read shows that it is over', () => {
    const walk = stressedWalk()
      .price(UNDERWATER)
      .setPrice(CLEAR)
      .wait(2 * MINUTE);
    expect(walk.story).toEqual([]);
    expect(isAtRest(walk.state)).toBe(true);
  });

  test('waits while a person holds enforcement, and goes on when two have resumed it', () => {
    const walk = stressedWalk().price(UNDERWATER);
    const command = (type: 'HOLD' | 'RESUME', by: string): CaseCommand => ({
      type,
      commandId: `${type}-${by}`,
      at: walk.now,
      by,
      episode: 0,
      reason: 'checking',
    });
    walk.give({ type: 'COMMAND', command: command('HOLD', 'ann') }).wait(2 * MINUTE);
    expect(walk.story).toEqual(['COMMANDED']);
    walk.give({ type: 'COMMAND', command: command('RESUME', 'ann') });
    walk.give({ type: 'COMMAND', command: command('RESUME', 'bob') });
    expect(walk.story).toEqual(['COMMANDED', 'COMMANDED', 'COMMANDED', 'STRESS_ON']);
  });

  test('goes on and comes off in turn, after its time, on fresh figures, and moves no rung', () => {
    const prices = fc.constantFrom(CLEAR, BETWEEN, UNDERWATER);
    const happening = fc.record({
      dollars: prices,
      isStale: fc.boolean(),
      waitMs: fc.constantFrom(1, 500, MINUTE - 1, MINUTE, 3 * MINUTE),
    });
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 30 }), (happenings) => {
        const walk = stressedWalk();
        /** Since when the price has been as it is. */
        let since = walk.now;
        let last: number | null = null;
        for (const { dollars, isStale, waitMs } of happenings) {
          if (dollars !== last) since = walk.now;
          last = dollars;
          walk.stale = isStale ? STALE : null;
          const before = walk.taken.length;
          walk.price(dollars).wait(waitMs);
          for (const { at, action, reading } of walk.taken.slice(before)) {
            expect(action.type).toBe(dollars === CLEAR ? 'STRESS_OFF' : 'STRESS_ON');
            expect(dollars).not.toBe(BETWEEN);
            expect(reading?.outcome).toBe('FRESH');
            expect(at - since).toBeGreaterThanOrEqual(MINUTE);
          }
        }
        walk.story.forEach((type, index) => {
          expect(type).toBe(index % 2 === 0 ? 'STRESS_ON' : 'STRESS_OFF');
        });
        expect(walk.state).toMatchObject({ rung: 'ACTIVE', episode: 0 });
      }),
    );
  });

  test('keeps a case from coming to rest until it is off', () => {
    const walk = stressedWalk().price(UNDERWATER);
    expect(isAtRest(walk.state)).toBe(false);
    walk.wait(MINUTE).price(CLEAR);
    expect(isAtRest(walk.state)).toBe(false);
    walk.wait(MINUTE);
    expect(isAtRest(walk.state)).toBe(true);
  });
});
