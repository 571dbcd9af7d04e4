import process from 'node:process';
import { Option } from 'commander';
import type { Command } from 'commander';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import type { LogReaderOptions } from '#platform/kafka/log-reader.ts';
import { painted, plain } from '../account-text.ts';
import { durationOption } from '../duration-option.ts';
import { Failure } from '../failure.ts';
import { integerOption } from '../integer-option.ts';
import { findKafka } from '../kafka-place.ts';
import { Printer } from '../tail/printer.ts';
import { shortName, tailTopicNames, topicsOf } from '../tail/topic-names.ts';

/** The longest that is asked back or ahead. */
const DAYS_MAX = 400;

const RECORDS_MAX = 1_000_000_000;
const CATCH_UP_MS_MAX = 120_000;

const HELP = `
One line a record: when Kafka took it (UTC), its topic, the account or key, what matters of it. It
starts with what comes from now on, and goes on until Ctrl-C. Without a topic it shows all but
heartbeats, stress and what the engine keeps for itself. \`margin.calls\` is as good as \`margin.calls.v1\`.

Topics:
  ${tailTopicNames().join('\n  ')}

Examples:
  sentinel tail
  sentinel tail margin.calls restrictions liquidations --from-beginning
  sentinel tail --account ACC_DEMO_002 --since 5m
  sentinel tail audit --json | jq 'select(.value.event_type == "MARGIN_CALL")'
`;

interface TailOptions {
  readonly account?: string;
  readonly fromBeginning: boolean;
  readonly since?: number;
  readonly max?: number;
  readonly json: boolean;
  readonly instance?: string;
}

/** Adds `tail` to the command line. */
export function register(program: Command): void {
  program
    .command('tail')
    .argument('[topic...]')
    .description('show what goes over the topics as it happens')
    .option('--account <account_id>', 'only what is about this account')
    .option('--from-beginning', 'from the oldest record that is kept', false)
    .addOption(
      new Option('--since <time>', 'from so long ago, such as 5m')
        .argParser(durationOption(DAYS_MAX))
        .conflicts('fromBeginning'),
    )
    .option('--max <count>', 'end after so many records', integerOption(1, RECORDS_MAX))
    .option('--json', 'print JSON: an object a line', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', HELP)
    .action(async (words: string[], options: TailOptions, command: Command) => {
      const topics = topicsOf(words);
      const place = await findKafka(process.env, options.instance);
      const output = command.configureOutput();
      const paint = (output.getOutHasColors?.() ?? false) ? painted : plain;
      const printer = new Printer(topics, options, paint, (text) => output.writeOut?.(text));
      let lost: Error | undefined;
      const end = untilEnd(printer);
      const reader = createLogReader(place, {
        ...beginningOf(options),
        onFatal: (error) => {
          lost = error;
          printer.end();
        },
      });
      try {
        const start = async (): Promise<void> => {
          await reader.start(topics, (records) => printer.take(records));
          if (options.fromBeginning || options.since !== undefined) {
            await reader.caughtUp(CATCH_UP_MS_MAX);
          }
          printer.begin();
          if (process.stderr.isTTY) output.writeErr?.(`${paint('dim', listening(topics))}\n`);
        };
        await Promise.race([start(), end.promise]);
        await end.promise;
      } finally {
        printer.end();
        end.forget();
        await reader.stop();
      }
      if (lost !== undefined) throw new Failure(`The topics cannot be read: ${lost.message}`);
    });
}

function listening(topics: readonly string[]): string {
  const what =
    topics.length === 1 ? topics.map(shortName).join() : `${String(topics.length)} topics`;
  return `Listening to ${what}. Ctrl-C ends it.`;
}

function beginningOf({ fromBeginning, since }: TailOptions): Pick<LogReaderOptions, 'from'> {
  if (fromBeginning) return {};
  return { from: since === undefined ? 'END' : { sinceMs: Date.now() - since } };
}

/** Ends with the printer, or with Ctrl-C, which is the usual way and no failure. */
function untilEnd(printer: Printer): { promise: Promise<void>; forget(): void } {
  let end = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    end = resolve;
  });
  printer.onEnd = end;
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, end);
  return {
    promise,
    forget: () => {
      for (const signal of signals) process.removeListener(signal, end);
    },
  };
}
