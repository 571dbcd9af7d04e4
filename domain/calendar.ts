/**
 * The exchange's calendar: business days, regular sessions, and time that counts only while one is
 * under way (RULES, Calls). Pure: days are counted, and New York's clock follows the rule of the
 * Energy Policy Act of 2005, so that a case decides alike on every machine and in every replay.
 */

/** What an exchange publishes; runtime data, because unscheduled closures happen. Days are `YYYY-MM-DD`. */
export interface ExchangeCalendar {
  /** Its market identifier code, such as XNYS. */
  readonly exchange: string;
  /** Rises with each change of the data. */
  readonly version: number;
  /** The days of which the calendar knows. */
  readonly firstDay: string;
  readonly lastDay: string;
  /** Holidays and unscheduled closures that fall on weekdays. */
  readonly closedDays: readonly string[];
  /** Days on which the session ends at 13:00. */
  readonly earlyCloses: readonly string[];
}

/** A regular session, Unix ms; `closesAt` is the first instant after it. */
export interface Session {
  readonly opensAt: number;
  readonly closesAt: number;
}

/** Such as `XNYS.1`: which data a calendar is. */
export function calendarName({ exchange, version }: ExchangeCalendar): string {
  return `${exchange}.${String(version)}`;
}

/** A day of which the calendar says nothing: it is not guessed. */
export class CalendarRangeError extends RangeError {
  override readonly name = 'CalendarRangeError';
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const OPENS_MS = 9.5 * HOUR_MS;
const CLOSES_MS = 16 * HOUR_MS;
const CLOSES_EARLY_MS = 13 * HOUR_MS;
const STANDARD_MS = -5 * HOUR_MS;
const DAYLIGHT_MS = -4 * HOUR_MS;
/** Orders of a liquidation leave the opening alone (RULES, Liquidation). */
const OPENING_MS = 5 * MINUTE_MS;
const SUNDAY = 0;
const SATURDAY = 6;

/** The day of an instant in New York. */
export function dayOf(at: number): string {
  return textOf(dayNumberOf(at));
}

/** Is there a regular session on this day? Throws CalendarRangeError. */
export function isBusinessDay(calendar: ExchangeCalendar, day: string): boolean {
  return isBusiness(calendar, numberOf(day));
}

/**
 * The day that is so many business days after `day`; with 0 the day itself, or the next business day
 * when it is none. Throws CalendarRangeError.
 */
export function addBusinessDays(calendar: ExchangeCalendar, day: string, count: number): string {
  let number = numberOf(day);
  if (count === 0) {
    while (!isBusiness(calendar, number)) number += 1;
    return textOf(number);
  }
  for (let left = count; left > 0;) {
    number += 1;
    if (isBusiness(calendar, number)) left -= 1;
  }
  return textOf(number);
}

/** The same time of day in New York so many business days after an instant. Throws CalendarRangeError. */
export function businessDaysLater(calendar: ExchangeCalendar, at: number, count: number): number {
  const timeMs = at + offsetAt(at) - dayNumberOf(at) * DAY_MS;
  return instantAt(numberOf(addBusinessDays(calendar, dayOf(at), count)), timeMs);
}

/** The regular session of a day; null when there is none. Throws CalendarRangeError. */
export function sessionOn(calendar: ExchangeCalendar, day: string): Session | null {
  return sessionOf(calendar, numberOf(day));
}

/** Is a regular session under way? Throws CalendarRangeError. */
export function isInSession(calendar: ExchangeCalendar, at: number): boolean {
  return sessionEnd(calendar, at) !== null;
}

/** The last session that is over at an instant. Throws CalendarRangeError. */
export function sessionBefore(calendar: ExchangeCalendar, at: number): Session {
  for (let day = dayNumberOf(at); ; day -= 1) {
    const session = sessionOf(calendar, day);
    if (session !== null && session.closesAt <= at) return session;
  }
}

/**
 * When so much session time has passed since `at`: always an instant of a session; what would end
 * with one ends at the opening of the next. Throws CalendarRangeError.
 */
export function addSessionMs(calendar: ExchangeCalendar, at: number, ms: number): number {
  let left = ms;
  for (let day = dayNumberOf(at); ; day += 1) {
    const session = sessionOf(calendar, day);
    if (session === null) continue;
    const from = Math.max(at, session.opensAt);
    if (from + left < session.closesAt) return from + left;
    left -= Math.max(0, session.closesAt - from);
  }
}

/** How much session time lies between two instants; 0 when `to` is not after `from`. Throws CalendarRangeError. */
export function sessionMsBetween(calendar: ExchangeCalendar, from: number, to: number): number {
  let ms = 0;
  for (let day = dayNumberOf(from); day <= dayNumberOf(to); day += 1) {
    const session = sessionOf(calendar, day);
    if (session === null) continue;
    ms += Math.max(0, Math.min(to, session.closesAt) - Math.max(from, session.opensAt));
  }
  return ms;
}

/**
 * The first instant from `at` on at which a liquidation may trade: in a regular session, not in its
 * first five minutes (RULES, Liquidation). Throws CalendarRangeError.
 */
export function tradableFrom(calendar: ExchangeCalendar, at: number): number {
  for (let day = dayNumberOf(at); ; day += 1) {
    const session = sessionOf(calendar, day);
    if (session === null || at >= session.closesAt) continue;
    return Math.max(at, session.opensAt + OPENING_MS);
  }
}

/** The end of the session that is under way; null out of session. Throws CalendarRangeError. */
export function sessionEnd(calendar: ExchangeCalendar, at: number): number | null {
  const session = sessionOf(calendar, dayNumberOf(at));
  const isUnderWay = session !== null && session.opensAt <= at && at < session.closesAt;
  return isUnderWay ? session.closesAt : null;
}

function sessionOf(calendar: ExchangeCalendar, day: number): Session | null {
  if (!isBusiness(calendar, day)) return null;
  const isEarly = calendar.earlyCloses.includes(textOf(day));
  return {
    opensAt: instantAt(day, OPENS_MS),
    closesAt: instantAt(day, isEarly ? CLOSES_EARLY_MS : CLOSES_MS),
  };
}

function isBusiness(calendar: ExchangeCalendar, day: number): boolean {
  const text = textOf(day);
  if (text < calendar.firstDay || text > calendar.lastDay) {
    const known = `${calendar.firstDay} to ${calendar.lastDay}`;
    throw new CalendarRangeError(`calendar ${calendarName(calendar)} knows ${known}, not ${text}`);
  }
  const weekday = weekdayOf(day);
  return weekday !== SUNDAY && weekday !== SATURDAY && !calendar.closedDays.includes(text);
}

/** Days since 1 January 1970, a Thursday. */
function numberOf(day: string): number {
  return Math.floor(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
}

function textOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

function dayNumberOf(at: number): number {
  return Math.floor((at + offsetAt(at)) / DAY_MS);
}

/** The instant of a time of day in New York; sessions and deadlines lie far from the hour that moves. */
function instantAt(day: number, timeMs: number): number {
  const local = day * DAY_MS + timeMs;
  return local - offsetAt(local - STANDARD_MS);
}

/** New York's distance from UTC: daylight time from the second Sunday of March to the first of November, 2:00. */
function offsetAt(at: number): number {
  const year = new Date(at + STANDARD_MS).getUTCFullYear();
  const begins = sunday(year, 2, 2) * DAY_MS + 2 * HOUR_MS - STANDARD_MS;
  const ends = sunday(year, 10, 1) * DAY_MS + 2 * HOUR_MS - DAYLIGHT_MS;
  return at >= begins && at < ends ? DAYLIGHT_MS : STANDARD_MS;
}

/** The nth Sunday of a month (0 is January) as a day number. */
function sunday(year: number, month: number, nth: number): number {
  const first = Math.floor(Date.UTC(year, month, 1) / DAY_MS);
  return first + ((7 - weekdayOf(first)) % 7) + 7 * (nth - 1);
}
