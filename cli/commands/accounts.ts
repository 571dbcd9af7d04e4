import process from 'node:process';
import { Option } from 'commander';
import type { Command } from 'commander';
import { STATUS_NAMES } from '#contracts/account-state.ts';
import type { AccountSummary } from '#contracts/account-state.ts';
import { RUNG_NAMES } from '#contracts/case-events.ts';
import { accountListSchema, PAGE_ACCOUNTS_MAX } from '#contracts/rest.ts';
import type { AccountList } from '#contracts/rest.ts';
import { accountsText, painted, plain } from '../account-text.ts';
import { connectApi } from '../api-client.ts';
import type { ApiClient } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { integerOption } from '../integer-option.ts';

const LIMIT_DEFAULT = 200;
const LIMIT_MAX = 100_000;

const HELP = `
The most severe rung comes first. The rung is the case's, the status that of the last figures.

Examples:
  sentinel accounts
  sentinel accounts --rung LIQUIDATING
  sentinel accounts --status MARGIN_CALL --json | jq -r '.[].account_id'
`;

interface AccountsOptions {
  readonly rung?: string;
  readonly status?: string;
  readonly limit: number;
  readonly json: boolean;
  readonly instance?: string;
}

/** Adds `accounts` to the command line. */
export function register(program: Command): void {
  program
    .command('accounts')
    .description('list accounts, those in trouble first')
    .addOption(new Option('--rung <rung>', 'only of this rung').choices(RUNG_NAMES))
    .addOption(new Option('--status <status>', 'only of this status').choices(STATUS_NAMES))
    .option('--limit <count>', 'at most so many', integerOption(1, LIMIT_MAX), LIMIT_DEFAULT)
    .option('--json', 'print JSON: an array of accounts', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', HELP)
    .action(async (options: AccountsOptions, command: Command) => {
      const output = command.configureOutput();
      const api = await connectApi(await findApi(process.env, options.instance), 'viewer');
      const { accounts, more } = await listAccounts(api, options);
      const paint = (output.getOutHasColors?.() ?? false) ? painted : plain;
      const table = options.json
        ? `${JSON.stringify(accounts, null, 2)}\n`
        : accountsText(accounts, Date.now(), paint);
      output.writeOut?.(table);
      if (more) output.writeErr?.('There are more: ask for them with --limit.\n');
    });
}

/** Page after page up to the limit. */
async function listAccounts(
  api: ApiClient,
  { rung, status, limit }: AccountsOptions,
): Promise<{ accounts: AccountSummary[]; more: boolean }> {
  const accounts: AccountSummary[] = [];
  let cursor: string | null = null;
  do {
    const wanted = Math.min(limit - accounts.length, PAGE_ACCOUNTS_MAX);
    const query: URLSearchParams = new URLSearchParams({
      limit: String(wanted),
      ...(rung === undefined ? {} : { rung }),
      ...(status === undefined ? {} : { status }),
      ...(cursor === null ? {} : { cursor }),
    });
    const page: AccountList = await api.get(`/accounts?${query.toString()}`, accountListSchema);
    accounts.push(...page.accounts);
    cursor = page.next_cursor;
  } while (cursor !== null && accounts.length < limit);
  return { accounts, more: cursor !== null };
}
