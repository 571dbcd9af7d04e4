import { Command } from 'commander';

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
  ['account', () => import('./commands/account.ts')],
  ['cases', () => import('./commands/cases.ts')],
  ['case', () => import('./commands/case.ts')],
  ['instrument', () => import('./commands/instrument.ts')],
  ['enforcement', () => import('./commands/enforcement.ts')],
  ['killswitch', () => import('./commands/killswitch.ts')],
  ['kill', () => import('./commands/kill.ts')],
  ['throttle', () => import('./commands/throttle.ts')],
  ['unkill', () => import('./commands/unkill.ts')],
  ['approve', () => import('./commands/approve.ts')],
  ['alerts', () => import('./commands/alerts.ts')],
  ['dead-letters', () => import('./commands/dead-letters.ts')],
  ['reconcile', () => import('./commands/reconcile.ts')],
  ['tail', () => import('./commands/tail.ts')],
  ['token', () => import('./commands/token.ts')],
  ['margin', () => import('./commands/margin.ts')],
  ['orders', () => import('./commands/orders.ts')],
  ['gate', () => import('./commands/gate.ts')],
  ['calendar', () => import('./commands/calendar.ts')],
  ['docs', () => import('./commands/docs.ts')],
  ['completion', () => import('./commands/completion.ts')],
]);

/** They tell of all commands. */
const TELL_OF_ALL: readonly string[] = ['docs', 'completion'];

const HELP = `
Environment:
  NO_COLOR=1        no colours        SENTINEL_DEBUG=1  errors with their origin

Examples:
  sentinel demo                 five stories: calls, a liquidation, cures, a kill, and the crash of 2020
  sentinel up                   start the stack and the product, and leave them running
  sentinel status               what runs, and is it well?
  sentinel down                 stop everything; data stays
`;

/** The command line with the command that a word names; with all when it names none. */
export async function createProgram(word = ''): Promise<Command> {
  const program = new Command('sentinel')
    .description('Real-time margin risk and market-access control for a broker.')
    .helpCommand(false)
    .addHelpText('after', HELP)
    .exitOverride();
  const named = TELL_OF_ALL.includes(word) ? undefined : COMMANDS.get(word);
  for (const load of named === undefined ? COMMANDS.values() : [named]) {
    (await load()).register(program);
  }
  return program;
}
