import { readFileSync } from 'node:fs';
import { calendarFileSchema, decodeCalendar } from '#contracts/calendar.ts';
import { parsePolicyFile } from './policy-file.ts';

type Calendar = ReturnType<typeof decodeCalendar>;

const NAME = 'policies/calendars/XNYS.json';

/** The calendar of the New York Stock Exchange, as its file has it now. Throws PolicyFileError. */
export function loadCalendar(): Calendar {
  const text = readFileSync(new URL(`../${NAME}`, import.meta.url), 'utf8');
  return decodeCalendar(parsePolicyFile(NAME, calendarFileSchema, text));
}
