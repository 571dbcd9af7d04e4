import process from 'node:process';
import type { Command } from 'commander';
import { instrumentStatedSchema } from '#contracts/instrument-rest.ts';
import type { InstrumentStated } from '#contracts/instrument-rest.ts';
import type { InstrumentAction } from '#domain/instruments.ts';
import { connectApi } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { instantOption } from '../instant-option.ts';

/** `sentinel instrument clear|halt|resume`: what a person says of a symbol, for all accounts. */

interface Verb {
  readonly word: string;
  readonly action: InstrumentAction;
  readonly description: string;
  readonly help: string;
  readonly done: string;
}

const VERBS: readonly Verb[] = [
  {
    word: 'clear',
    action: 'CLEAR',
    description: 'say that a suspicious or outlying price is right: the last tick counts',
    help: `
A price that opens more than 40 % from the close is SUSPICIOUS: no case escalates on it and nothing is
traded, until a person has compared it with the market and the corporate actions. Book a split for its
holders first (POST /adjustments). A doubt that began after you looked (--at) stays.

Examples:
  sentinel tail prices --since 10m               what the market has quoted
  sentinel instrument clear NVDA --reason "2 for 1 split of today, quotes compared with the exchange"
`,
    done: 'Cleared the price of',
  },
  {
    word: 'halt',
    action: 'HALT',
    description: 'say that trading is halted: the last price is doubtful until it goes on',
    help: `
No case escalates on the price if the outcome depends on it, and liquidation does not trade the symbol.

Examples:
  sentinel instrument halt NVDA --reason "halted by the exchange, the feed does not say so"
`,
    done: 'Halted',
  },
  {
    word: 'resume',
    action: 'RESUME',
    description: 'say that trading goes on after a halt',
    help: `
Examples:
  sentinel instrument resume NVDA --reason "trades again since 10:05 New York"
`,
    done: 'Resumed',
  },
];

const AUDITED = `
Your name and the reason are written to audit.v1.
`;

interface StateOptions {
  readonly reason: string;
  readonly at?: number;
  readonly json: boolean;
  readonly instance?: string;
}

/** By field of a body. */
const WORDS = { reason: '--reason', timestamp: '--at' };

/** Adds `instrument clear`, `halt` and `resume` to the command line. */
export function register(program: Command): void {
  const group = program
    .command('instrument')
    .description('say that the price of a symbol is right, or that its trading is halted');
  for (const verb of VERBS) {
    group
      .command(verb.word)
      .argument('<symbol>')
      .description(verb.description)
      .requiredOption('--reason <text>', 'what you have seen, at most 500 characters')
      .option('--at <time>', 'when you looked; now when left out', instantOption)
      .option('--json', 'print JSON', false)
      .option('--instance <name>', 'of this instance')
      .addHelpText('after', `${verb.help}${AUDITED}`)
      .action(async (symbol: string, options: StateOptions, command: Command) => {
        const stated = await state(verb, symbol, options);
        command
          .configureOutput()
          .writeOut?.(
            options.json
              ? `${JSON.stringify(stated, null, 2)}\n`
              : `${verb.done} ${stated.symbol} as ${stated.by}.\n`,
          );
      });
  }
}

async function state(
  { action }: Verb,
  symbol: string,
  { reason, at = Date.now(), instance }: StateOptions,
): Promise<InstrumentStated> {
  const api = await connectApi(await findApi(process.env, instance), 'operator');
  const path = `/instruments/${encodeURIComponent(symbol)}`;
  const body = { action, reason, timestamp: at };
  return api.post(path, body, instrumentStatedSchema, { words: WORDS });
}
