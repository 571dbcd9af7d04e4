import { addSessionMs, CalendarRangeError, sessionBefore, sessionEnd } from './calendar.ts';
import type { ExchangeCalendar } from './calendar.ts';
import type { Policy } from './policy.ts';

/** Is the market in its regular session at an instant (Unix ms)? */
export type MarketHours = (at: number) => boolean;

/** A market that never closes: clock WALL. */
export const ALWAYS_OPEN: MarketHours = () => true;

/**
 * The hours by which a policy's clock counts. On a day of which the calendar says nothing the market
 * counts as open: only quotes of that day are fresh then, no official close.
 */
export function marketHours({ clock, calendar }: Pick<Policy, 'clock' | 'calendar'>): MarketHours {
  if (clock === 'WALL') return ALWAYS_OPEN;
  // Prices come thousands a second, sessions twice a day.
  let known: Stretch = { from: 0, until: 0, isOpen: true };
  return (at) => {
    if (at < known.from || at >= known.until) known = stretchFrom(calendar, at);
    return known.isOpen;
  };
}

/**
 * From when on an official close counts as fresh at an instant (Unix ms): since the opening of the last
 * session. null while no close counts.
 */
export type ClosesFrom = (at: number) => number | null;

/** As a policy's clock counts: never in session, by the wall clock, or beyond the calendar. */
export function closesFrom({ clock, calendar }: Pick<Policy, 'clock' | 'calendar'>): ClosesFrom {
  if (clock === 'WALL') return () => null;
  return (at) => {
    try {
      return sessionEnd(calendar, at) === null ? sessionBefore(calendar, at).opensAt : null;
    } catch (error) {
      if (!(error instanceof CalendarRangeError)) throw error;
      return null;
    }
  };
}

/** From an instant up to the next opening or close. */
interface Stretch {
  readonly from: number;
  readonly until: number;
  readonly isOpen: boolean;
}

const MINUTE_MS = 60_000;

function stretchFrom(calendar: ExchangeCalendar, at: number): Stretch {
  try {
    const closesAt = sessionEnd(calendar, at);
    if (closesAt !== null) return { from: at, until: closesAt, isOpen: true };
    return { from: at, until: addSessionMs(calendar, at, 0), isOpen: false };
  } catch (error) {
    if (!(error instanceof CalendarRangeError)) throw error;
    return { from: at, until: at + MINUTE_MS, isOpen: true };
  }
}
