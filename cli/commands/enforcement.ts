import { randomUUID } from 'node:crypto';
import process from 'node:process';
import type { Command } from 'commander';
import { FIRM_COMMAND_ROLES } from '#contracts/command-envelope.ts';
import { firmCommandedSchema, firmHoldListSchema } from '#contracts/firm-rest.ts';
import type { FirmCommanded, FirmHoldListed } from '#contracts/firm-rest.ts';
import { aligned, instantText } from '../account-text.ts';
import { connectApi } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { Failure } from '../failure.ts';

const SCOPES = `
Scopes:
  GLOBAL          nothing escalates, for any account; cures go on
  LIQUIDATIONS    each liquidation waits for two persons; what the liquidation brake puts on by itself
                  when more accounts would be liquidated than policy lets go
  SYMBOL:NVDA     no liquidation sells or covers it; all else goes on
One account is held by \`sentinel case hold\`.`;

const SHOW_HELP = `
${SCOPES}

Examples:
  sentinel enforcement show
  sentinel enforcement show --json | jq -r '.holds[].scope'
`;

const HOLD_HELP = `${SCOPES}

One person is enough. What holds counts for whatever a case decides from then on; liquidation orders
that work already run out by themselves, and no further ones go.

Examples:
  sentinel enforcement hold GLOBAL --reason "the price vendor sends nonsense"
  sentinel enforcement hold SYMBOL:NVDA --reason "a split is not booked"
`;

const RESUME_HELP = `
Two different persons: the first is recorded, the second ends the hold. Of LIQUIDATIONS this releases
the brake: what waited for it goes on, and its window counts anew. Locally, a second person is
  SENTINEL_TOKEN=$(sentinel token --role approver --subject bob) sentinel enforcement …

Examples:
  sentinel enforcement resume LIQUIDATIONS --reason "looked at all eleven"
`;

interface Options {
  readonly reason: string;
  readonly key?: string;
  readonly json: boolean;
  readonly instance?: string;
}

/** Adds `enforcement show|hold|resume` to the command line. */
export function register(program: Command): void {
  const group = program
    .command('enforcement')
    .description("hold the whole firm's enforcement, and release the liquidation brake");
  group
    .command('show', { isDefault: true })
    .description('show what is held (what `sentinel enforcement` does)')
    .option('--json', 'print JSON: {"holds": […]}', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', SHOW_HELP)
    .action(show);
  const hold = 'hold it at once; one person is enough';
  addVerb(group, 'HOLD', 'hold', hold, HOLD_HELP);
  addVerb(group, 'RESUME', 'resume', 'end a hold; takes two different persons', RESUME_HELP);
}

function addVerb(
  group: Command,
  type: FirmCommanded['command'],
  word: string,
  description: string,
  help: string,
): void {
  group
    .command(word)
    .argument('<scope>', 'GLOBAL, LIQUIDATIONS or SYMBOL:<symbol>')
    .description(description)
    .requiredOption('--reason <text>', 'why')
    .option('--key <key>', 'ask again with the key of an earlier try: carried out once')
    .option('--json', 'print JSON', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', help)
    .action(async (scope: string, options: Options, command: Command) => {
      if (scope.startsWith('ACCOUNT:')) {
        const instead = `sentinel case ${word} ${scope.slice('ACCOUNT:'.length)} --reason …`;
        throw new Failure('An account is held by its own case.', `\`${instead}\``, 2);
      }
      const api = await connectApi(
        await findApi(process.env, options.instance),
        FIRM_COMMAND_ROLES[type],
      );
      const { reason, key = randomUUID(), json } = options;
      const done = await api.post(`/enforcement/${word}`, { scope, reason }, firmCommandedSchema, {
        idempotencyKey: key,
        words: { scope: '<scope>', reason: '--reason' },
      });
      const text = json ? `${JSON.stringify(done, null, 2)}\n` : doneText(done);
      command.configureOutput().writeOut?.(text);
    });
}

async function show(
  { json, instance }: Pick<Options, 'json' | 'instance'>,
  command: Command,
): Promise<void> {
  const api = await connectApi(await findApi(process.env, instance), 'viewer');
  const found = await api.get('/enforcement', firmHoldListSchema);
  const text = json ? `${JSON.stringify(found, null, 2)}\n` : holdsText(found, Date.now());
  command.configureOutput().writeOut?.(text);
}

function doneText({ command, scope, by, outcome }: FirmCommanded): string {
  if (outcome === 'AWAITING_SECOND_PERSON') {
    return `Recorded for ${scope}: ${by} agrees. The hold ends when a second, different person says the same.\n`;
  }
  return command === 'HOLD'
    ? `Held by ${by}: ${scope}. Two persons resume it: \`sentinel enforcement resume ${scope}\`.\n`
    : `Resumed by ${by}: ${scope}.\n`;
}

function holdsText({ holds }: FirmHoldListed, now: number): string {
  if (holds.length === 0) return 'Nothing is held: enforcement goes on.\n';
  const rows = holds.map(({ scope, by, since, reason, resume_asked_by: asked }) => [
    scope,
    by,
    instantText(since, now),
    asked ?? '-',
    reason,
  ]);
  return aligned([['scope', 'held by', 'since', 'resume asked by', 'reason'], ...rows], 5, 4);
}
