import { WALK_POLICY } from '#test/ladder-walk.ts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isInSession } from './calendar.ts';
import { marketHours } from './market-hours.ts';

const { calendar } = WALK_POLICY;
const at = (text: string): number => Date.parse(text);

describe('the hours of the market', () => {
  test('are all hours by the wall clock', () => {
    expect(marketHours({ clock: 'WALL', calendar })(at('2026-07-04T03:00:00Z'))).toBe(true);
  });

  test('are the regular sessions by the session clock, asked in any order', () => {
    const isOpen = marketHours({ clock: 'SESSION', calendar });
    const instant = fc.integer({ min: at('2026-01-02'), max: at('2028-12-01') });
    const near = fc.integer({ min: 0, max: 48 * 3_600_000 });
    fc.assert(
      fc.property(instant, fc.array(near, { maxLength: 8 }), (from, steps) => {
        for (const step of steps) {
          expect(isOpen(from + step)).toBe(isInSession(calendar, from + step));
        }
      }),
    );
  });

  test('are open on a day that the calendar does not know', () => {
    const isOpen = marketHours({ clock: 'SESSION', calendar });
    expect(isOpen(at('2031-07-04T03:00:00Z'))).toBe(true);
  });
});
