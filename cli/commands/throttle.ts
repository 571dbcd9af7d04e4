import { randomUUID } from 'node:crypto';
import process from 'node:process';
import type { Command } from 'commander';
import { MAX_RATE_PER_SECOND } from '#contracts/control-commands.ts';
import { killedSchema } from '#contracts/control-rest.ts';
import { connectApi } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { killedText } from '../control-text.ts';
import { integerOption } from '../integer-option.ts';
import { CONTROL_WORDS, scopeArgument } from '../scope-argument.ts';

const HELP = `
At most --rate orders of the scope pass in any second, counted by their ts. A higher rate than the one
that stands loosens, and that is \`sentinel unkill <scope> --rate …\`.
The partitions of the gate (8) share the rate of GLOBAL, a SYMBOL or a STRATEGY. Between 0, which lets
nothing pass, and the number of partitions it is refused: some accounts would be shut out.

Examples:
  sentinel throttle STRATEGY:alpha --rate 10 --reason "too fast for the venue"
`;

interface ThrottleOptions {
  readonly reason: string;
  readonly rate: number;
  readonly key?: string;
  readonly json: boolean;
  readonly instance?: string;
}

/** Adds `throttle` to the command line. */
export function register(program: Command): void {
  program
    .command('throttle')
    .argument('<scope>', 'GLOBAL, ACCOUNT:x, SYMBOL:x or STRATEGY:x', scopeArgument)
    .description('let at most so many orders of a scope pass in any second')
    .requiredOption('--rate <orders>', 'orders a second', integerOption(0, MAX_RATE_PER_SECOND))
    .requiredOption('--reason <text>', 'why')
    .option('--key <key>', 'ask again with the key of an earlier try')
    .option('--json', 'print JSON', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', HELP)
    .action(throttle);
}

async function throttle(scope: string, options: ThrottleOptions, command: Command): Promise<void> {
  const { reason, rate, key = randomUUID(), json, instance } = options;
  const api = await connectApi(await findApi(process.env, instance), 'operator');
  const body = { scope, reason, max_rate_per_second: rate };
  const how = { idempotencyKey: key, words: CONTROL_WORDS };
  const throttled = await api.post('/throttle', body, killedSchema, how);
  command
    .configureOutput()
    .writeOut?.(json ? `${JSON.stringify(throttled, null, 2)}\n` : killedText(throttled));
  if (throttled.effect === 'NOT_YET') process.exitCode = 1;
}
