import process from 'node:process';
import type { Command } from 'commander';
import { accountHistorySchema } from '#contracts/account-history.ts';
import type { AccountHistory, HistoryEntry } from '#contracts/account-history.ts';
import { aligned, moneyText, painted, plain } from '../account-text.ts';
import type { Paint } from '../account-text.ts';
import { connectApi } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { durationOption } from '../duration-option.ts';
import { integerOption } from '../integer-option.ts';

/** The longest that is asked back or ahead. */
const DAYS_MAX = 400;

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 10_000;
const PAGE = 500;

const HELP = `
The last entries, the newest at the end: figures of the first moment of each minute and of each new
status, and every step of its case, over 30 days.

Examples:
  sentinel account history ACC_DEMO_002
  sentinel account history ACC_DEMO_002 --since 1d --limit 500
  sentinel account history ACC_DEMO_002 --json | jq '.[] | select(.kind == "FIGURES") | .excess'
`;

interface HistoryOptions {
  readonly since?: number;
  readonly limit: number;
  readonly json: boolean;
  readonly instance?: string;
}

/** Adds `account history` to the command line. */
export function registerHistory(group: Command): void {
  group
    .command('history')
    .argument('<account_id>')
    .description('show what became of an account: figures and steps')
    .option('--since <time>', 'only the last so long, such as 2h', durationOption(DAYS_MAX))
    .option('--limit <count>', 'at most so many', integerOption(1, LIMIT_MAX), LIMIT_DEFAULT)
    .option('--json', 'print JSON: an array of entries', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', HELP)
    .action(async (accountId: string, options: HistoryOptions, command: Command) => {
      const output = command.configureOutput();
      const api = await connectApi(await findApi(process.env, options.instance), 'viewer');
      const query = new URLSearchParams();
      if (options.since !== undefined) query.set('from', String(Date.now() - options.since));
      const newest: HistoryEntry[] = [];
      let more = true;
      while (more && newest.length < options.limit) {
        query.set('limit', String(Math.min(PAGE, options.limit - newest.length)));
        const path = `/accounts/${encodeURIComponent(accountId)}/history?${query.toString()}`;
        const page: AccountHistory = await api.get(path, accountHistorySchema);
        newest.push(...page.entries);
        more = page.next_cursor !== null;
        query.set('cursor', page.next_cursor ?? '');
      }
      const entries = newest.toReversed();
      const paint = (output.getOutHasColors?.() ?? false) ? painted : plain;
      output.writeOut?.(
        options.json ? `${JSON.stringify(entries, null, 2)}\n` : historyText(entries, paint),
      );
      if (more) output.writeErr?.('There is more: ask for it with --limit.\n');
    });
}

function historyText(entries: readonly HistoryEntry[], paint: Paint): string {
  if (entries.length === 0) return 'Nothing is known of this account in that time.\n';
  const head = ['time (UTC)', 'what', 'equity', 'requirement', 'excess', 'cause or rung'];
  const rows = entries.map((entry) => {
    const figures = entry.kind === 'STEP' ? entry.figures : entry;
    return [
      new Date(entry.at).toISOString().replace('T', ' ').replace('Z', ''),
      entry.kind === 'STEP' ? `» ${entry.event_type}` : entry.status,
      moneyText(figures?.equity ?? null),
      moneyText(figures?.maintenance_req ?? null),
      moneyText(figures?.excess ?? null),
      entry.kind === 'STEP' ? (entry.rung ?? '') : entry.cause,
    ];
  });
  const [title = '', ...lines] = aligned([head, ...rows], 2, 4).split(/(?<=\n)/);
  const coloured = lines.map((line, index) =>
    entries[index]?.kind === 'STEP' ? `${paint('bold', line.trimEnd())}\n` : line,
  );
  return `${paint('dim', title.trimEnd())}\n${coloured.join('')}`;
}
