import process from 'node:process';
import { Argument } from 'commander';
import type { Command } from 'commander';
import { accountListSchema, PAGE_ACCOUNTS_MAX } from '#contracts/rest.ts';
import { connectApi } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { commandTree, rootOf } from '../command-tree.ts';
import { completionScript, SHELLS } from '../completion-script.ts';
import type { Shell } from '../completion-script.ts';
import { Failure } from '../failure.ts';
import { tailTopicNames } from '../tail/topic-names.ts';

const HELP = `
Commands, options, their choices, topics and, of a product that runs, the accounts in trouble first.

Examples:
  source <(sentinel completion bash)
  sentinel completion zsh > ~/.sentinel-completion.zsh      and source that in ~/.zshrc
  sentinel completion fish > ~/.config/fish/completions/sentinel.fish
`;

/** Adds `completion` to the command line. */
export function register(program: Command): void {
  program
    .command('completion')
    .addArgument(new Argument('[shell]', 'your shell').choices(SHELLS))
    .description('print what makes your shell complete commands, topics and accounts')
    .option('--accounts', 'print the ids of up to 500 accounts, those in trouble first', false)
    .addHelpText('after', HELP)
    .action(async (shell: Shell | undefined, options: { accounts: boolean }, command: Command) => {
      const output = command.configureOutput();
      if (options.accounts) {
        output.writeOut?.((await accountIds()).map((id) => `${id}\n`).join(''));
        return;
      }
      if (shell === undefined) throw new Failure('Which shell?', `One of ${SHELLS.join(', ')}.`, 2);
      const tree = commandTree(rootOf(command));
      output.writeOut?.(completionScript(shell, tree, { topic: tailTopicNames() }));
    });
}

async function accountIds(): Promise<string[]> {
  const api = await connectApi(await findApi(process.env, undefined), 'viewer');
  const page = await api.get(`/accounts?limit=${String(PAGE_ACCOUNTS_MAX)}`, accountListSchema);
  return page.accounts.map(({ account_id }) => account_id);
}
