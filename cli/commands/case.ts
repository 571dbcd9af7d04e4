import process from 'node:process';
import type { Command } from 'commander';
import { accountDetailSchema, acknowledgedSchema } from '#contracts/rest.ts';
import { caseText, painted, plain } from '../account-text.ts';
import { connectApi } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { registerCaseCommands } from './case-commands.ts';
import { registerTimeline } from './case-timeline.ts';

const SHOW_HELP = `
Examples:
  sentinel case show ACC_DEMO_002
  sentinel case show ACC_DEMO_002 --json | jq .case.due_at
`;

const ACKNOWLEDGE_HELP = `
It records who has seen the case and when. It changes no deadline.

Examples:
  sentinel case acknowledge ACC_DEMO_002
  sentinel case acknowledge ACC_DEMO_002 --note "customer wires on Monday"
`;

interface ShowOptions {
  readonly json: boolean;
  readonly instance?: string;
}

interface AcknowledgeOptions extends ShowOptions {
  readonly note?: string;
}

/** Adds `case show`, `case acknowledge` and what people command to the command line. */
export function register(program: Command): void {
  const group = program.command('case').description('look at a case, and tell it what to do');
  group
    .command('show')
    .argument('<account_id>')
    .description('show the case of an account and the figures behind it')
    .option('--json', 'print JSON', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', SHOW_HELP)
    .action(async (accountId: string, options: ShowOptions, command: Command) => {
      const output = command.configureOutput();
      const api = await connectApi(await findApi(process.env, options.instance), 'viewer');
      const account = await api.get(pathOf(accountId), accountDetailSchema);
      const paint = (output.getOutHasColors?.() ?? false) ? painted : plain;
      output.writeOut?.(
        options.json
          ? `${JSON.stringify(account, null, 2)}\n`
          : caseText(account, Date.now(), paint),
      );
    });
  registerTimeline(group);
  group
    .command('acknowledge')
    .argument('<account_id>')
    .description('record that you have seen the case')
    .option('--note <text>', 'a remark, at most 500 characters')
    .option('--json', 'print JSON', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', ACKNOWLEDGE_HELP)
    .action(async (accountId: string, options: AcknowledgeOptions, command: Command) => {
      const api = await connectApi(await findApi(process.env, options.instance), 'operator');
      const { note } = options;
      const path = `${pathOf(accountId)}/acknowledge`;
      const done = await api.post(path, note === undefined ? {} : { note }, acknowledgedSchema);
      const at = new Date(done.acknowledged_at).toISOString();
      command
        .configureOutput()
        .writeOut?.(
          options.json
            ? `${JSON.stringify(done, null, 2)}\n`
            : `Acknowledged: ${done.account_id} by ${done.acknowledged_by} at ${at}.\n`,
        );
    });
  registerCaseCommands(group);
}

function pathOf(accountId: string): string {
  return `/accounts/${encodeURIComponent(accountId)}`;
}
