import { readFileSync } from 'node:fs';
import { calendarFileSchema, decodeCalendar } from '#contracts/calendar.ts';

type Calendar = ReturnType<typeof decodeCalendar>;

const NAME = 'policies/calendars/XNYS.json';

/** policies/calendars/XNYS.json does not state a calendar; the message names the field. */
export class CalendarFileError extends Error {
  override readonly name = 'CalendarFileError';
}

/** The calendar of the New York Stock Exchange, as its file has it now. Throws CalendarFileError. */
export function loadCalendar(): Calendar {
  const text = readFileSync(new URL(`../${NAME}`, import.meta.url), 'utf8');
  const parsed = calendarFileSchema.safeParse(JSON.parse(text));
  if (parsed.success) return decodeCalendar(parsed.data);
  const [issue] = parsed.error.issues;
  throw new CalendarFileError(`${NAME}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}
