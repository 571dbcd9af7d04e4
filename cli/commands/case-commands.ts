import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { COMMAND_ROLES } from '#contracts/command-envelope.ts';
import type { UnprovedCommand } from '#contracts/command-envelope.ts';
import { commandedSchema } from '#contracts/command-rest.ts';
import { accountDetailSchema } from '#contracts/rest.ts';
import { connectApi } from '../api-client.ts';
import type { ApiClient } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { commandedText } from '../commanded-text.ts';
import { durationOption } from '../duration-option.ts';
import { Failure } from '../failure.ts';
import { instantOption } from '../instant-option.ts';
import { integerOption } from '../integer-option.ts';
import { SEE_THE_CASE, SEE_THE_HELP } from '../problem-failure.ts';

/** `sentinel case cure|extend|release|hold|resume`: what a person tells a case. */

interface Verb {
  readonly word: string;
  readonly type: UnprovedCommand['type'];
  readonly description: string;
  readonly help: string;
  /** Adds the options of its own, and makes the body of them. */
  readonly options: (command: Command) => Command;
  readonly bodyOf: (options: VerbOptions) => object;
}

interface VerbOptions {
  readonly amount?: number;
  readonly evidence?: string;
  readonly until?: number;
  readonly due?: number;
  readonly by?: number;
  readonly authority?: string;
  readonly reason?: string;
  readonly episode?: number;
  readonly key?: string;
  readonly json: boolean;
  readonly instance?: string;
}

/** The API's own limit; policy sets a nearer one. */
const DAYS_MAX = 60;

const TIMES = `
A time is +30m, +4h, +1d from now, or such as 2026-11-21T16:00Z, or Unix milliseconds.`;

const LOCAL_SECOND = `Locally, a second person is
  SENTINEL_TOKEN=$(sentinel token --role approver --subject bob) sentinel case …`;

const TO_RESUME = `
Two different persons: the first is recorded, the second ends it. ${LOCAL_SECOND}`;

const TO_RELEASE = `
One person's release lets it go AT ONCE. Above the policy's two_person_notional, and while the
liquidation brake is on, it takes two different persons: the first is recorded, the second lets it go.
The alert AWAITING_RELEASE says how many. ${LOCAL_SECOND}`;

const VERBS: readonly Verb[] = [
  {
    word: 'cure',
    type: 'PENDING_FUNDS',
    description: 'record funds on their way: they hold escalation until they are due',
    help: `${TIMES}
The funds waive nothing: when they have not come by then, the case goes on at once. Once per call.

Examples:
  sentinel case cure ACC_1 --amount 5700 --evidence "wire 4711" --until +4h
`,
    options: (command) =>
      command
        .requiredOption('--amount <dollars>', 'at least what is outstanding', dollarsOption)
        .requiredOption('--evidence <text>', 'what shows it: a wire reference, a bank advice')
        .requiredOption('--until <time>', 'when they will have come', instantOption),
    bodyOf: ({ amount, evidence, until }) => ({ amount, evidence, expires_at: until }),
  },
  {
    word: 'extend',
    type: 'EXTEND',
    description: 'move the due instant of a call, within policy',
    help: `${TIMES}

Examples:
  sentinel case extend ACC_1 --by 15m --reason "the wire left today"
  sentinel case extend ACC_1 --due 2026-11-24T20:00Z --reason "granted" --authority FINRA-4711
`,
    options: (command) =>
      command
        .addOption(
          new Option('--due <time>', 'the new due instant')
            .argParser(instantOption)
            .conflicts('by'),
        )
        .option('--by <duration>', 'so much later than it is due now', durationOption(DAYS_MAX))
        .requiredOption('--reason <text>', 'why')
        .option('--authority <reference>', "the examining authority's, beyond the policy's limit"),
    bodyOf: ({ due, reason, authority }) => ({
      due_at: due,
      reason,
      ...(authority === undefined ? {} : { authority_reference: authority }),
    }),
  },
  {
    word: 'release',
    type: 'RELEASE',
    description: 'let a liquidation go that waits for people',
    help: `${TO_RELEASE}

Examples:
  sentinel case release ACC_1 --reason "positions and prices checked"
`,
    options: withReason,
    bodyOf: ({ reason }) => ({ reason }),
  },
  {
    word: 'hold',
    type: 'HOLD',
    description: 'hold every escalation of the account at once; one person is enough',
    help: `
Cures go on. Two persons end the hold: \`sentinel case resume\`.

Examples:
  sentinel case hold ACC_1 --reason "a corporate action is booked"
`,
    options: withReason,
    bodyOf: ({ reason }) => ({ reason }),
  },
  {
    word: 'resume',
    type: 'RESUME',
    description: 'end a hold; takes two different persons',
    help: `${TO_RESUME}

Examples:
  sentinel case resume ACC_1 --reason "booked and reconciled"
`,
    options: withReason,
    bodyOf: ({ reason }) => ({ reason }),
  },
];

const EXITS = `
Exit codes:
  0  done, or recorded and a second person is needed    1  refused, or no answer    2  wrong usage
`;

const EPISODE_MAX = 1_000_000;

/** By field of a body. */
const WORDS = {
  amount: '--amount',
  evidence: '--evidence',
  expires_at: '--until',
  due_at: '--due',
  reason: '--reason',
  authority_reference: '--authority',
  episode: '--episode',
};

/** Adds the commands of people to `sentinel case`. */
export function registerCaseCommands(group: Command): void {
  for (const verb of VERBS) {
    const command = group.command(verb.word).argument('<account_id>').description(verb.description);
    verb
      .options(command)
      .option('--episode <n>', 'only if the case is in it still', integerOption(0, EPISODE_MAX))
      .option('--key <key>', 'ask again with the key of an earlier try: carried out once')
      .option('--json', 'print JSON', false)
      .option('--instance <name>', 'of this instance')
      .addHelpText('after', `${verb.help}${EXITS}`)
      .action(async (accountId: string, options: VerbOptions) => {
        const text = await tell(verb, accountId, options);
        command.configureOutput().writeOut?.(text);
      });
  }
}

async function tell(verb: Verb, accountId: string, options: VerbOptions): Promise<string> {
  const place = await findApi(process.env, options.instance);
  const api = await connectApi(place, COMMAND_ROLES[verb.type]);
  const { episode, key = randomUUID() } = options;
  const account = `/accounts/${encodeURIComponent(accountId)}`;
  const due = verb.type === 'EXTEND' ? await dueOf(api, account, options) : undefined;
  const said = verb.bodyOf(due === undefined ? options : { ...options, due });
  const body = { ...said, ...(episode === undefined ? {} : { episode }) };
  const done = await api.post(`${account}/${verb.word}`, body, commandedSchema, {
    idempotencyKey: key,
    words: WORDS,
  });
  return options.json ? `${JSON.stringify(done, null, 2)}\n` : commandedText(done, Date.now());
}

/** The new due instant: the one named, or so much later than the call is due now. */
async function dueOf(api: ApiClient, path: string, { due, by }: VerbOptions): Promise<number> {
  if (due !== undefined) return due;
  if (by === undefined) throw new Failure('Say --due <time> or --by <duration>.', SEE_THE_HELP, 2);
  const { case: open } = await api.get(path, accountDetailSchema);
  const dueNow = open?.due_at ?? null;
  if (dueNow !== null) return dueNow + by;
  throw new Failure('There is no call that is due.', SEE_THE_CASE);
}

function withReason(command: Command): Command {
  return command.requiredOption('--reason <text>', 'why');
}

/** Dollars with at most four decimals, as a number that JSON writes the same. */
function dollarsOption(text: string): number {
  if (/^\d{1,11}(\.\d{1,4})?$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('It must be dollars above 0 with at most four decimals.');
}
