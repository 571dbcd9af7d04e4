import { z } from 'zod';
import type { ExchangeCalendar } from '#domain/calendar.ts';

const day = z.iso.date();
const days = z.array(day).max(1_000);

/** policies/calendars/<exchange>.json: what an exchange publishes of its sessions. */
export const calendarFileSchema = z.strictObject({
  exchange: z.string().regex(/^[A-Z]{4}$/),
  version: z.int().min(1),
  first_day: day,
  last_day: day,
  holidays: days,
  /** Days on which the exchange stayed shut without having said so before: raise the version with one. */
  unscheduled_closures: days,
  early_closes: days,
});

/** The calendar that a file states. */
export function decodeCalendar(file: z.infer<typeof calendarFileSchema>): ExchangeCalendar {
  return {
    exchange: file.exchange,
    version: file.version,
    firstDay: file.first_day,
    lastDay: file.last_day,
    closedDays: [...file.holidays, ...file.unscheduled_closures],
    earlyCloses: file.early_closes,
  };
}
