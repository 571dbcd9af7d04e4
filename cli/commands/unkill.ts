import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { Option } from 'commander';
import type { Command } from 'commander';
import { MAX_RATE_PER_SECOND } from '#contracts/control-commands.ts';
import { unkilledSchema } from '#contracts/control-rest.ts';
import { HOLDERS } from '#domain/controls/control-state.ts';
import { connectApi } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { unkilledText } from '../control-text.ts';
import { integerOption } from '../integer-option.ts';
import { CONTROL_WORDS, scopeArgument, SEE_THE_SCOPES } from '../scope-argument.ts';

const HELP = `
Lifts what one holder put on, for the epoch that \`sentinel killswitch\` shows: a kill since then refuses
it. Where policy asks for two persons it only asks, and a second, different person approves it. Locally:
  SENTINEL_TOKEN=$(sentinel token --role approver --subject bob) sentinel approve <request_id>

Examples:
  sentinel unkill ACCOUNT:12345 --reason "algorithm fixed"
  sentinel unkill GLOBAL --holder operator --epoch 41 --reason "checked with the venue"
  sentinel unkill SYMBOL:NVDA --rate 16 --reason "slowly again"

Exit codes:
  0  done, or asked and a second person is needed    1  refused, or no answer    2  wrong usage
`;

const EPOCH_MAX = Number.MAX_SAFE_INTEGER;

interface UnkillOptions {
  readonly reason: string;
  readonly holder?: string;
  readonly epoch?: number;
  readonly reduceOnly: boolean;
  readonly rate?: number;
  readonly key?: string;
  readonly json: boolean;
  readonly instance?: string;
}

/** Adds `unkill` to the command line. */
export function register(program: Command): void {
  program
    .command('unkill')
    .argument('<scope>', 'GLOBAL, ACCOUNT:x, SYMBOL:x or STRATEGY:x', scopeArgument)
    .description('lift or loosen a kill or throttle, or ask a second person for it')
    .requiredOption('--reason <text>', 'why it is safe')
    .addOption(new Option('--holder <name>', 'whose, when there are several').choices(HOLDERS))
    .option('--epoch <n>', 'only if it still rests on this', integerOption(0, EPOCH_MAX))
    .option('--reduce-only', 'let pass what reduces a position, no more', false)
    .addOption(
      new Option('--rate <orders>', 'let so many orders a second pass, no more')
        .argParser(integerOption(0, MAX_RATE_PER_SECOND))
        .conflicts('reduceOnly'),
    )
    .option('--key <key>', 'ask again with the key of an earlier try: carried out once')
    .option('--json', 'print JSON', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', HELP)
    .action(unkill);
}

async function unkill(scope: string, options: UnkillOptions, command: Command): Promise<void> {
  const { key = randomUUID(), json, instance } = options;
  const api = await connectApi(await findApi(process.env, instance), 'operator');
  const how = { idempotencyKey: key, words: CONTROL_WORDS, see: SEE_THE_SCOPES };
  const done = await api.post('/unkill', bodyOf(scope, options), unkilledSchema, how);
  const text = json ? `${JSON.stringify(done, null, 2)}\n` : unkilledText(done, Date.now());
  command.configureOutput().writeOut?.(text);
}

function bodyOf(scope: string, { reason, holder, epoch, reduceOnly, rate }: UnkillOptions): object {
  const to =
    rate === undefined
      ? reduceOnly
        ? { to: 'REDUCE_ONLY' }
        : {}
      : { to: 'THROTTLE', max_rate_per_second: rate };
  return {
    scope,
    reason,
    ...(holder === undefined ? {} : { holder }),
    ...(epoch === undefined ? {} : { epoch }),
    ...to,
  };
}
