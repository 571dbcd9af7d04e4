import { LadderWalk, WALK_POLICY } from '#test/ladder-walk.ts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isInSession, tradableFrom } from './calendar.ts';
import type { CaseCommand } from './case-commands.ts';
import { refusalOf } from './case-refusals.ts';
import { nextDeadline } from './ladder-deadlines.ts';
import { E4 } from './money.ts';
import type { Policy } from './policy.ts';

const MINUTE = 60_000;
const HOUSE: Policy = {
  ...WALK_POLICY,
  clock: 'SESSION',
  dueAfterMs: 30 * MINUTE,
  graceMs: 15 * MINUTE,
  pendingFundsMaxMs: 24 * 60 * MINUTE,
};
const DEFICIENT = 390;

/** A walk by the session clock that begins at an instant. */
function walkAt(text: string, policy = HOUSE): LadderWalk {
  const walk = new LadderWalk(policy);
  walk.now = Date.parse(text);
  walk.readingMs = 0;
  walk.publishingMs = 0;
  return walk;
}
const iso = (at = 0): string => new Date(at).toISOString();

describe('by the session clock', () => {
  test('a call issued a quarter before the close is due a quarter after the next opening', () => {
    const walk = walkAt('2026-07-06T19:45:00Z').price(DEFICIENT);
    expect(iso(walk.state.call?.dueAt)).toBe('2026-07-07T13:45:00.000Z');
  });

  test('the grace of a restriction runs over a holiday weekend', () => {
    const walk = walkAt('2026-07-02T19:25:00Z')
      .price(DEFICIENT)
      .wait(30 * MINUTE);
    expect(walk.story.slice(2)).toEqual(['PAST_DUE', 'CLOSE_ONLY']);
    expect(iso(walk.state.restriction?.liquidateAt)).toBe('2026-07-06T13:40:00.000Z');
  });

  test('a grace that ends in the first five minutes waits for their end', () => {
    const walk = walkAt('2026-07-06T19:17:00Z')
      .price(DEFICIENT)
      .wait(60 * MINUTE);
    expect(iso(walk.state.restriction?.liquidateAt)).toBe('2026-07-07T13:32:00.000Z');
    walk.wait(Date.parse('2026-07-07T13:34:59Z') - walk.now);
    expect(walk.story).not.toContain('TRIGGER');
    expect(iso(nextDeadline(walk.state)?.at)).toBe('2026-07-07T13:35:00.000Z');
    walk.wait(1_000);
    expect(walk.story.slice(4)).toEqual(['TRIGGER', 'ORDERS']);
  });

  test('a liquidation that is released at night goes when the market is open', () => {
    const walk = walkAt('2026-07-06T19:00:00Z', { ...HOUSE, liquidationRelease: 'ONE_PERSON' });
    walk.price(DEFICIENT).wait(3 * 60 * MINUTE);
    const said = { commandId: 'c1', at: walk.now, by: 'ann', episode: 1 };
    walk.give({ type: 'COMMAND', command: { ...said, type: 'RELEASE', reason: 'late' } });
    expect(walk.state.rung).toBe('RESTRICTED');
    walk.wait(Date.parse('2026-07-07T13:35:00Z') - walk.now);
    expect(walk.state.rung).toBe('LIQUIDATING');
  });

  test('a liquidation that has become small enough for its one release at night waits for the market', () => {
    const walk = walkAt('2026-07-06T19:00:00Z', { ...HOUSE, liquidationRelease: 'ONE_PERSON' });
    walk.price(350).wait(3 * 60 * MINUTE);
    const said = { commandId: 'c1', at: walk.now, by: 'ann', episode: 1 };
    walk.give({ type: 'COMMAND', command: { ...said, type: 'RELEASE', reason: 'go' } });
    // All that is left is worth less than what two persons were asked for, and the demand is news.
    walk.price(95);
    expect(walk.story).not.toContain('TRIGGER');
    walk.wait(Date.parse('2026-07-07T13:36:00Z') - walk.now).price(94);
    expect(walk.story).toContain('TRIGGER');
  });

  test('a liquidation waits for an unscheduled closure that was told after the call', () => {
    const walk = walkAt('2026-07-06T19:15:01Z').price(DEFICIENT);
    const { calendar } = HOUSE;
    const closedDays = [...calendar.closedDays, '2026-07-07'];
    walk.calendar = { ...calendar, version: calendar.version + 1, closedDays };
    walk.wait(Date.parse('2026-07-08T13:35:00Z') - walk.now - 1);
    expect(walk.story).toEqual(['WARN', 'CALL', 'PAST_DUE', 'CLOSE_ONLY']);
    walk.wait(1);
    expect(walk.story.slice(4)).toEqual(['TRIGGER', 'ORDERS']);
  });

  test('an order lives no longer than its session', () => {
    const walk = walkAt('2026-07-06T19:14:58Z', { ...HOUSE, orderTtlMs: 10 * MINUTE });
    walk.price(DEFICIENT).wait(46 * MINUTE);
    walk.wait(0);
    const [order] = walk.orders;
    expect(iso(order?.validUntil)).toBe('2026-07-06T20:00:00.000Z');
  });

  test('funds may be on their way until the next business day', () => {
    const walk = walkAt('2026-07-02T19:00:00Z').price(DEFICIENT);
    const command = (until: string): CaseCommand => ({
      commandId: until,
      at: walk.now,
      by: 'ann',
      episode: 1,
      type: 'PENDING_FUNDS',
      amountE4: 6_000 * E4,
      evidence: 'wire',
      fundsExpireAt: Date.parse(until),
    });
    const code = (until: string): string | undefined =>
      refusalOf(walk.state, command(until), HOUSE, walk.now)?.code;
    expect(code('2026-07-06T19:00:00Z')).toBeUndefined();
    expect(code('2026-07-06T19:00:00.001Z')).toBe('FUNDS_EXPIRE_TOO_LATE');
  });

  test('a call that is extended into the night is due at the next opening', () => {
    const walk = walkAt('2026-07-06T19:45:00Z', { ...HOUSE, extendMaxMs: 8 * 60 * MINUTE });
    walk.price(DEFICIENT);
    const said = { commandId: 'c1', at: walk.now, by: 'ann', episode: 1, reason: 'a wire' };
    const dueAt = Date.parse('2026-07-08T03:00:00Z');
    const command = { ...said, type: 'EXTEND', dueAt, authorityReference: null } as const;
    walk.give({ type: 'COMMAND', command });
    expect(iso(walk.state.call?.dueAt)).toBe('2026-07-08T13:30:00.000Z');
  });

  test('no deadline of a call lies outside a session, and no order goes out of one', () => {
    const start = fc.integer({
      min: Date.parse('2026-01-02'),
      max: Date.parse('2028-06-30'),
    });
    const price = fc.constantFrom(310, 370, DEFICIENT);
    fc.assert(
      fc.property(start, price, (at, dollars) => {
        const walk = walkAt(iso(at))
          .price(dollars)
          .wait(5 * 24 * 60 * MINUTE);
        const { calendar } = HOUSE;
        for (const { action } of walk.clocks) {
          if (action.type !== 'CLOCK_STARTED' || walk.state.acceleratedAt !== null) continue;
          expect(isInSession(calendar, action.endsAt)).toBe(true);
        }
        for (const { action } of walk.taken) {
          if (action.type !== 'TRIGGER' && action.type !== 'ORDERS') continue;
          expect(tradableFrom(calendar, action.decidedAt)).toBe(action.decidedAt);
        }
        expect(walk.story).toContain('ORDERS');
      }),
      { numRuns: 300 },
    );
  });
});
