import process from 'node:process';
import type { Command } from 'commander';
import { clearedSchema } from '#contracts/rest.ts';
import { connectApi } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { registerHistory } from './account-history.ts';

const CLEAR_HELP = `
A refused record or a reconciliation break blocks its account: it is INDETERMINATE and nothing
escalates. Put its books right first (send the record again, or post an adjustment), then clear it.
Without --block all blocks are cleared that the account shows now; one that comes meanwhile stays.
The reason and your name are written to audit.v1.

Examples:
  sentinel case show ACC_1
  sentinel dead-letters --account ACC_1
  sentinel account clear ACC_1 --reason "busted at the venue, see ticket 4711"
  sentinel account clear ACC_1 --block fills.v1:3:17 --reason "a test record"
`;

interface ClearOptions {
  readonly reason: string;
  readonly block: readonly string[];
  readonly json: boolean;
  readonly instance?: string;
}

/** Adds `account history` and `account clear` to the command line. */
export function register(program: Command): void {
  const group = program
    .command('account')
    .description('what became of an account, and that it can be judged again');
  registerHistory(group);
  group
    .command('clear')
    .argument('<account_id>')
    .description('clear what blocks an account')
    .requiredOption('--reason <text>', 'why it is settled, at most 500 characters')
    .option<readonly string[]>(
      '--block <what>',
      'only this block, as `case show` names it; may be repeated',
      (what, blocks) => [...blocks, what],
      [],
    )
    .option('--json', 'print JSON', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', CLEAR_HELP)
    .action(async (accountId: string, options: ClearOptions, command: Command) => {
      const api = await connectApi(await findApi(process.env, options.instance), 'operator');
      const { reason, block } = options;
      const body = block.length === 0 ? { reason } : { reason, blocks: block };
      const path = `/accounts/${encodeURIComponent(accountId)}/clear`;
      const done = await api.post(path, body, clearedSchema);
      command
        .configureOutput()
        .writeOut?.(
          options.json
            ? `${JSON.stringify(done, null, 2)}\n`
            : `Cleared ${done.account_id} of ${done.cleared.join(', ')} as ${done.cleared_by}.\n`,
        );
    });
}
