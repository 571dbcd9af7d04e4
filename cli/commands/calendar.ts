import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { addBusinessDays, calendarName, CalendarRangeError } from '#domain/calendar.ts';
import { loadCalendar } from '#platform/calendars.ts';
import { integerOption } from '../integer-option.ts';

/** The input is at fault, not the product. */
const EXIT_BAD_INPUT = 2;
const BUSINESS_DAYS_MAX = 400;

const HELP = `
The calendar is data: policies/calendars/XNYS.json holds holidays, early closes and unscheduled
closures of the New York Stock Exchange. With 0 business days the answer is the day itself, or the
next business day.

Exit codes:
  0  answered    2  the day or the count is not valid, or the calendar does not know that day

Examples:
  sentinel calendar due --from 2026-07-02 --business-days 2
  sentinel calendar due --from 2026-07-02 --business-days 2 --json
`;

/** Adds `calendar due` to the command line. */
export function register(program: Command): void {
  program
    .command('calendar')
    .description('the exchange calendar')
    .command('due')
    .description('the day that is so many business days later')
    .requiredOption('--from <day>', 'such as 2026-07-02', day)
    .requiredOption(
      '--business-days <n>',
      `0 to ${String(BUSINESS_DAYS_MAX)}`,
      integerOption(0, BUSINESS_DAYS_MAX),
    )
    .option('--json', 'print JSON', false)
    .addHelpText('after', HELP)
    .action(({ from, businessDays: count, json }: DueOptions, command: Command) => {
      const calendar = loadCalendar();
      try {
        const due = addBusinessDays(calendar, from, count);
        const text = json
          ? JSON.stringify({ due })
          : `${due} is ${String(count)} business day(s) after ${from} (${calendarName(calendar)}).`;
        command.configureOutput().writeOut?.(`${text}\n`);
      } catch (error) {
        if (!(error instanceof CalendarRangeError)) throw error;
        command.error(`${error.message}: add its days to policies/calendars/XNYS.json`, {
          exitCode: EXIT_BAD_INPUT,
        });
      }
    });
}

interface DueOptions {
  readonly from: string;
  readonly businessDays: number;
  readonly json: boolean;
}

function day(value: string): string {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : NaN;
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== value) {
    throw new InvalidArgumentError('give a day as YYYY-MM-DD, such as 2026-07-02.');
  }
  return value;
}
