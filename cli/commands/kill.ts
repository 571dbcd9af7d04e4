import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { KILL_MODES } from '#contracts/control-commands.ts';
import { killedSchema } from '#contracts/control-rest.ts';
import { connectApi } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { killedText } from '../control-text.ts';
import { CONTROL_WORDS, scopeArgument } from '../scope-argument.ts';

const HELP = `
It answers when nothing of the scope can pass any more: on every gate and venue adapter with a lease.
Working orders are cancelled. Needs Kafka only. Two persons resume it: \`sentinel unkill\`, \`sentinel approve\`.

A kill of GLOBAL or a SYMBOL holds the firm's own liquidations too, and pages (LIQUIDATION_HELD). With
--reduce-only they go on, and customers may still reduce. A kill of an ACCOUNT or a STRATEGY lets
liquidations pass. Cancels always pass.

Examples:
  sentinel kill ACCOUNT:12345 --reason "runaway algorithm"
  sentinel kill SYMBOL:NVDA --reduce-only --reason "bad prints"
  sentinel kill ACCOUNT:12345 --available-cash-only --reason "intraday margin deficit, 90 days"
  sentinel kill GLOBAL --reason "stop everything"

Exit codes:
  0  effective, or recorded and applied before any gate opens
  1  refused, no answer, or not effective yet    2  wrong usage
`;

interface KillOptions {
  readonly reason: string;
  readonly reduceOnly?: true;
  readonly availableCashOnly?: true;
  readonly key?: string;
  readonly json: boolean;
  readonly instance?: string;
}

/** Adds `kill` to the command line. */
export function register(program: Command): void {
  program
    .command('kill')
    .argument('<scope>', 'GLOBAL, ACCOUNT:x, SYMBOL:x or STRATEGY:x', scopeArgument)
    .description('stop all orders of a scope at once, and cancel what works')
    .requiredOption('--reason <text>', 'why')
    .option('--reduce-only', 'let pass what reduces a position')
    .addOption(
      new Option(
        '--available-cash-only',
        'of an ACCOUNT: let pass what its available cash pays for, and sales of what it holds',
      ).conflicts('reduceOnly'),
    )
    .option('--key <key>', 'ask again with the key of an earlier try')
    .option('--json', 'print JSON', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', HELP)
    .action(kill);
}

function modeIn({ reduceOnly, availableCashOnly }: KillOptions): (typeof KILL_MODES)[number] {
  if (availableCashOnly) return 'NO_NEW_DEBIT_OR_SHORT';
  return reduceOnly ? 'REDUCE_ONLY' : 'BLOCK';
}

async function kill(scope: string, options: KillOptions, command: Command): Promise<void> {
  const { reason, key = randomUUID(), json, instance } = options;
  const api = await connectApi(await findApi(process.env, instance), 'operator');
  const body = { scope, reason, mode: modeIn(options) };
  const how = { idempotencyKey: key, words: CONTROL_WORDS };
  const killed = await api.post('/kill', body, killedSchema, how);
  command
    .configureOutput()
    .writeOut?.(json ? `${JSON.stringify(killed, null, 2)}\n` : killedText(killed));
  if (killed.effect === 'NOT_YET') process.exitCode = 1;
}
