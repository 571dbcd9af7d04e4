/** The `sentinel` command. */
import process from 'node:process';
import { Command } from 'commander';
import { reportError } from './report-error.ts';

interface CommandModule {
  readonly register: (program: Command) => void;
}

/** By the first word of the command line, in the order of the help: only what is used is loaded. */
const COMMANDS = new Map<string, () => Promise<CommandModule>>([
  ['demo', () => import('./commands/demo.ts')],
  ['up', () => import('./commands/up.ts')],
  ['status', () => import('./commands/status.ts')],
  ['down', () => import('./commands/down.ts')],
  ['accounts', () => import('./commands/accounts.ts')],
  ['case', () => import('./commands/case.ts')],
  ['alerts', () => import('./commands/alerts.ts')],
  ['account', () => import('./commands/account.ts')],
  ['dead-letters', () => import('./commands/dead-letters.ts')],
  ['reconcile', () => import('./commands/reconcile.ts')],
  ['token', () => import('./commands/token.ts')],
  ['calendar', () => import('./commands/calendar.ts')],
  ['margin', () => import('./commands/margin.ts')],
  ['gate', () => import('./commands/gate.ts')],
  ['docs', () => import('./commands/docs.ts')],
]);

const HELP = `
Environment:
  NO_COLOR=1        no colours        SENTINEL_DEBUG=1  errors with their origin

Examples:
  sentinel demo                 three accounts, one of them all the way to liquidation and cure
  sentinel up                   start the stack and the product, and leave them running
  sentinel status               what runs, and is it well?
  sentinel down                 stop everything; data stays
`;

const program = new Command('sentinel')
  .description('Real-time margin risk and market-access control for a broker.')
  .helpCommand(false)
  .addHelpText('after', HELP)
  .exitOverride();

// `sentinel … | head` closes the pipe early: that is no error, and nobody is left to read one.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  for (const load of chosenCommands(process.argv[2])) (await load()).register(program);
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportError(error, process.env);
}

/** All commands, for the help and for a word that is none of them, else the one named. */
function chosenCommands(word = ''): (() => Promise<CommandModule>)[] {
  const named = COMMANDS.get(word);
  return named === undefined ? [...COMMANDS.values()] : [named];
}
