import process from 'node:process';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { STATUS_NAMES } from '#contracts/account-state.ts';
import { RUNG_NAMES } from '#contracts/case-events.ts';
import { CASE_ORDERS, caseListSchema } from '#contracts/case-list.ts';
import type { CaseList, CaseSummary } from '#contracts/case-list.ts';
import { PAGE_ACCOUNTS_MAX } from '#contracts/rest.ts';
import {
  aligned,
  dueText,
  duration,
  moneyText,
  painted,
  plain,
  RUNG_STYLES,
} from '../account-text.ts';
import type { Paint } from '../account-text.ts';
import { connectApi } from '../api-client.ts';
import type { ApiClient } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { durationOption } from '../duration-option.ts';
import { integerOption } from '../integer-option.ts';

/** The longest that is asked back or ahead. */
const DAYS_MAX = 400;

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 100_000;

const HELP = `
An open case is one of an account that is off the rung ACTIVE. The largest deficiency comes first.

Examples:
  sentinel cases
  sentinel cases --due-within 2h --order due
  sentinel cases --rung MARGIN_CALL --min-deficiency 10000
  sentinel cases --held --json | jq -r '.[].account_id'
`;

interface CasesOptions {
  readonly rung?: string;
  readonly status?: string;
  readonly dueWithin?: number;
  readonly minDeficiency?: number;
  readonly held: boolean;
  readonly order: string;
  readonly limit: number;
  readonly json: boolean;
  readonly instance?: string;
}

/** Adds `cases` to the command line. */
export function register(program: Command): void {
  program
    .command('cases')
    .description('list open cases, the largest deficiency first')
    .addOption(
      new Option('--rung <rung>', 'only on this rung').choices(
        RUNG_NAMES.filter((rung) => rung !== 'ACTIVE'),
      ),
    )
    .addOption(new Option('--status <status>', 'only of this status').choices(STATUS_NAMES))
    .option('--due-within <time>', 'only calls due by then, such as 2h', durationOption(DAYS_MAX))
    .option('--min-deficiency <dollars>', 'only with at least so much missing', dollarsOption)
    .option('--held', 'only those that wait for figures or prices to be trusted', false)
    .addOption(
      new Option('--order <order>', 'what comes first').choices(CASE_ORDERS).default('deficiency'),
    )
    .option('--limit <count>', 'at most so many', integerOption(1, LIMIT_MAX), LIMIT_DEFAULT)
    .option('--json', 'print JSON: an array of cases', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', HELP)
    .action(async (options: CasesOptions, command: Command) => {
      const output = command.configureOutput();
      const api = await connectApi(await findApi(process.env, options.instance), 'viewer');
      const now = Date.now();
      const { cases, more } = await listCases(api, options, now);
      const paint = (output.getOutHasColors?.() ?? false) ? painted : plain;
      output.writeOut?.(
        options.json ? `${JSON.stringify(cases, null, 2)}\n` : casesText(cases, now, paint),
      );
      if (more) output.writeErr?.('There are more: ask for them with --limit.\n');
    });
}

/** Page after page up to the limit. */
async function listCases(
  api: ApiClient,
  options: CasesOptions,
  now: number,
): Promise<{ cases: CaseSummary[]; more: boolean }> {
  const { rung, status, dueWithin, minDeficiency, held, order, limit } = options;
  const query = new URLSearchParams({
    order,
    ...(rung === undefined ? {} : { rung }),
    ...(status === undefined ? {} : { status }),
    ...(dueWithin === undefined ? {} : { due_before: String(now + dueWithin) }),
    ...(minDeficiency === undefined ? {} : { deficiency_min: String(minDeficiency) }),
    ...(held ? { held: 'true' } : {}),
  });
  const cases: CaseSummary[] = [];
  let cursor: string | null = null;
  do {
    query.set('limit', String(Math.min(limit - cases.length, PAGE_ACCOUNTS_MAX)));
    if (cursor !== null) query.set('cursor', cursor);
    const page: CaseList = await api.get(`/cases?${query.toString()}`, caseListSchema);
    cases.push(...page.cases);
    cursor = page.next_cursor;
  } while (cursor !== null && cases.length < limit);
  return { cases, more: cursor !== null };
}

function casesText(cases: readonly CaseSummary[], now: number, paint: Paint): string {
  if (cases.length === 0) return 'No open cases.\n';
  const head = ['account', 'rung', 'deficiency', 'demand', 'due', 'seen by', 'enforcement', 'held'];
  const rows = cases.map((one) => [
    one.account_id,
    one.rung,
    moneyText(one.deficiency),
    moneyText(one.demand),
    dueText(one, now),
    one.acknowledged_by ?? '-',
    enforcementText(one, now),
    one.hold === null ? '' : `for ${duration(now - one.hold.since)}: ${one.hold.reason}`,
  ]);
  const [title = '', ...lines] = aligned([head, ...rows], 2, 3).split(/(?<=\n)/);
  const coloured = lines.map((line, index) => {
    const { rung = 'ACTIVE', account_id: id = '' } = cases[index] ?? {};
    return (
      line.slice(0, id.length) + line.slice(id.length).replace(rung, paint(RUNG_STYLES[rung], rung))
    );
  });
  return `${paint('dim', title.trimEnd())}\n${coloured.join('')}`;
}

/** Who holds the account itself, and who asks to resume it; `sentinel enforcement` has the firm's holds. */
function enforcementText({ enforcement_hold: held }: CaseSummary, now: number): string {
  if (held === null) return '';
  const asked = held.resume_asked_by === null ? '' : `, ${held.resume_asked_by} asks to resume`;
  return `held by ${held.by} for ${duration(now - held.since)}${asked}`;
}

function dollarsOption(text: string): number {
  const dollars = Number(text.replaceAll(',', ''));
  if (/^[\d,]+(\.\d{1,4})?$/.test(text) && Number.isFinite(dollars)) return dollars;
  throw new InvalidArgumentError('It must be dollars, such as 10000 or 2,500.50.');
}
