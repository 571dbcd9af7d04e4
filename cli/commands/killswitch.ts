import process from 'node:process';
import { Option } from 'commander';
import type { Command } from 'commander';
import {
  killSwitchListSchema,
  SCOPES_LISTED_DEFAULT,
  SCOPES_LISTED_MAX,
} from '#contracts/control-rest.ts';
import { CONTROL_STATUSES } from '#contracts/control-states.ts';
import { painted, plain } from '../account-text.ts';
import { connectApi } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { killSwitchText } from '../control-text.ts';
import { integerOption } from '../integer-option.ts';
import { scopeArgument } from '../scope-argument.ts';

const HELP = `
Every scope that is not ACTIVE, GLOBAL and the strictest first: who holds it, since when, why, at which epoch; what
waits for a second person; and which gates and venue adapters enforce it. UNREADABLE is a scope that they
stop because they cannot read a control of it. Of one scope it tells too what GLOBAL means for it.
\`told\` is what gates follow already and the state does not show yet: a worker or the projector is slow or away.

Examples:
  sentinel killswitch
  sentinel killswitch ACCOUNT:12345
  sentinel killswitch --status KILLED --json
`;

interface KillSwitchOptions {
  readonly status?: string;
  readonly limit: number;
  readonly json: boolean;
  readonly instance?: string;
}

/** Adds `killswitch` to the command line. */
export function register(program: Command): void {
  program
    .command('killswitch')
    .argument('[scope]', 'only GLOBAL, ACCOUNT:x, SYMBOL:x or STRATEGY:x', scopeArgument)
    .description('show what is killed, close-only or throttled, and by whom')
    .addOption(new Option('--status <status>', 'only of this').choices(CONTROL_STATUSES))
    .option(
      '--limit <count>',
      'at most so many',
      integerOption(1, SCOPES_LISTED_MAX),
      SCOPES_LISTED_DEFAULT,
    )
    .option(
      '--json',
      'print JSON: {"scopes": […], "others": n, "over": […], "stopped": […], "leases": […]}',
      false,
    )
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', HELP)
    .action(show);
}

async function show(
  scope: string | undefined,
  { status, limit, json, instance }: KillSwitchOptions,
  command: Command,
): Promise<void> {
  const output = command.configureOutput();
  const api = await connectApi(await findApi(process.env, instance), 'viewer');
  const query = new URLSearchParams({
    limit: String(limit),
    ...(scope === undefined ? {} : { scope }),
    ...(status === undefined ? {} : { status }),
  });
  const found = await api.get(`/killswitch?${query.toString()}`, killSwitchListSchema);
  const paint = (output.getOutHasColors?.() ?? false) ? painted : plain;
  const text = killSwitchText(found, { scope, status }, Date.now(), paint);
  output.writeOut?.(json ? `${JSON.stringify(found, null, 2)}\n` : text);
  if (found.others > 0) output.writeErr?.(`And ${String(found.others)} more: see --limit.\n`);
}
