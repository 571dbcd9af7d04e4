import { loadCalendar } from '#platform/calendars.ts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addBusinessDays,
  addSessionMs,
  businessDaysLater,
  CalendarRangeError,
  dayOf,
  isBusinessDay,
  isInSession,
  sessionMsBetween,
  sessionOn,
  tradableFrom,
} from './calendar.ts';

const NYSE = loadCalendar();
const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(text);

describe('business days', () => {
  test.each([
    ['2026-07-02', 2, '2026-07-07'],
    ['2026-07-02', 1, '2026-07-06'],
    ['2026-07-03', 0, '2026-07-06'],
    ['2026-07-02', 0, '2026-07-02'],
    ['2026-11-25', 1, '2026-11-27'],
    ['2026-12-24', 1, '2026-12-28'],
    ['2027-06-17', 1, '2027-06-21'],
    ['2027-12-23', 1, '2027-12-27'],
    // No New Year holiday in 2028: 1 January is a Saturday.
    ['2027-12-31', 1, '2028-01-03'],
  ])('after %s, %p: %s', (from, count, due) => {
    expect(addBusinessDays(NYSE, from, count)).toBe(due);
  });

  test.each(['2026-01-01', '2026-04-03', '2026-11-26', '2027-07-05', '2027-12-24', '2026-07-04'])(
    '%s is none',
    (day) => {
      expect(isBusinessDay(NYSE, day)).toBe(false);
    },
  );

  test.each(['2025-12-31', '2029-01-02'])('the calendar does not guess %s', (day) => {
    expect(() => isBusinessDay(NYSE, day)).toThrow(CalendarRangeError);
  });

  test('later keeps the time of day over a change of the clock', () => {
    // Friday 6 March 2026, 10:00 in New York; the clock moves on Sunday.
    expect(businessDaysLater(NYSE, at('2026-03-06T15:00:00Z'), 1)).toBe(at('2026-03-09T14:00:00Z'));
  });

  test('an unscheduled closure counts as soon as the data has it', () => {
    const closed = { ...NYSE, closedDays: [...NYSE.closedDays, '2026-07-06'] };
    expect(addBusinessDays(closed, '2026-07-02', 2)).toBe('2026-07-08');
  });
});

describe('a regular session', () => {
  test.each([
    ['2026-01-05', '2026-01-05T14:30:00Z', '2026-01-05T21:00:00Z'],
    ['2026-07-06', '2026-07-06T13:30:00Z', '2026-07-06T20:00:00Z'],
    ['2026-03-09', '2026-03-09T13:30:00Z', '2026-03-09T20:00:00Z'],
    ['2026-11-02', '2026-11-02T14:30:00Z', '2026-11-02T21:00:00Z'],
    ['2026-11-27', '2026-11-27T14:30:00Z', '2026-11-27T18:00:00Z'],
  ])('of %s is from %s to %s', (day, opens, closes) => {
    expect(sessionOn(NYSE, day)).toEqual({ opensAt: at(opens), closesAt: at(closes) });
  });

  test('is under way from its opening to just before its close', () => {
    expect(isInSession(NYSE, at('2026-07-06T13:29:59.999Z'))).toBe(false);
    expect(isInSession(NYSE, at('2026-07-06T13:30:00Z'))).toBe(true);
    expect(isInSession(NYSE, at('2026-07-06T19:59:59.999Z'))).toBe(true);
    expect(isInSession(NYSE, at('2026-07-06T20:00:00Z'))).toBe(false);
  });

  test('agrees with the time zone data of the machine on every day of three years', () => {
    const wall = new Intl.DateTimeFormat('en-CA', {
      timeZone: 'America/New_York',
      dateStyle: 'short',
      timeStyle: 'short',
      hourCycle: 'h23',
    });
    for (let day = at('2026-01-01T12:00:00Z'); day < at('2028-12-31'); day += 24 * HOUR) {
      const text = dayOf(day);
      const session = sessionOn(NYSE, text);
      if (session === null) continue;
      expect(wall.format(session.opensAt)).toContain(`${text}, 09:30`);
    }
  });
});

describe('session time', () => {
  test.each([
    ['within a session', '2026-07-06T14:00:00Z', 0.5, '2026-07-06T14:30:00Z'],
    ['over the night', '2026-07-06T19:45:00Z', 0.5, '2026-07-07T13:45:00Z'],
    ['over the holiday weekend', '2026-07-02T19:45:00Z', 0.5, '2026-07-06T13:45:00Z'],
    ['from out of session', '2026-07-04T12:00:00Z', 0.5, '2026-07-06T14:00:00Z'],
    ['to the close: the next opening', '2026-07-06T19:30:00Z', 0.5, '2026-07-07T13:30:00Z'],
    ['over an early close', '2026-11-27T17:45:00Z', 0.5, '2026-11-30T14:45:00Z'],
  ])('%s: %s and %p h', (_name, from, hours, due) => {
    expect(addSessionMs(NYSE, at(from), hours * HOUR)).toBe(at(due));
  });

  const instant = fc.integer({ min: at('2026-01-02'), max: at('2028-06-30') });
  const duration = fc.integer({ min: 0, max: 40 * HOUR });

  test('ends in a session, whenever it begins', () => {
    fc.assert(
      fc.property(instant, duration, (from, ms) => {
        expect(isInSession(NYSE, addSessionMs(NYSE, from, ms))).toBe(true);
      }),
    );
  });

  test('is what lies between its ends', () => {
    fc.assert(
      fc.property(instant, duration, (from, ms) => {
        expect(sessionMsBetween(NYSE, from, addSessionMs(NYSE, from, ms))).toBe(ms);
      }),
    );
  });

  test('adds up, and never ends earlier for beginning later or lasting longer', () => {
    fc.assert(
      fc.property(instant, duration, duration, (from, a, b) => {
        const both = addSessionMs(NYSE, from, a + b);
        expect(addSessionMs(NYSE, addSessionMs(NYSE, from, a), b)).toBe(both);
        expect(both).toBeGreaterThanOrEqual(addSessionMs(NYSE, from, a));
        expect(addSessionMs(NYSE, from + b, a)).toBeGreaterThanOrEqual(addSessionMs(NYSE, from, a));
      }),
    );
  });
});

describe('a liquidation trades', () => {
  test.each([
    ['at once in session', '2026-07-06T14:00:00Z', '2026-07-06T14:00:00Z'],
    ['not in the first five minutes', '2026-07-06T13:31:00Z', '2026-07-06T13:35:00Z'],
    ['not at night', '2026-07-06T23:00:00Z', '2026-07-07T13:35:00Z'],
    ['not on a holiday', '2026-07-03T15:00:00Z', '2026-07-06T13:35:00Z'],
  ])('%s', (_name, now, from) => {
    expect(tradableFrom(NYSE, at(now))).toBe(at(from));
  });
});
