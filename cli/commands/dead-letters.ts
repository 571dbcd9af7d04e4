import process from 'node:process';
import type { Command } from 'commander';
import { deadLetterSchema, printable } from '#contracts/dead-letter.ts';
import type { DeadLetterRecord } from '#contracts/dead-letter.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import { acceptedSchema } from '#contracts/rest.ts';
import { deadLetterTopicName, TOPICS } from '#contracts/topics.ts';
import type { Topic } from '#contracts/topics.ts';
import type { KafkaSurroundings } from '#platform/kafka/client.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { connectApi } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { Failure } from '../failure.ts';
import { integerOption } from '../integer-option.ts';
import { InputError, parseJson, readInput } from '../json-input.ts';
import { findKafka } from '../kafka-place.ts';

const READ_TIMEOUT_MS = 60_000;
const LETTERS_DEFAULT = 50;
const LETTERS_MAX = 100_000;
/** Of a refused record a terminal shows so many characters. */
const CONTENT_SHOWN_MAX = 400;

/** Where a corrected record goes. Order topics are not here: their dead letters are evidence (DESIGN 25). */
const REPLAY_PATHS: ReadonlyMap<string, string> = new Map([
  [TOPICS.fills.name, '/fills'],
  [TOPICS.cash.name, '/cash'],
  [TOPICS.prices.name, '/prices'],
  [TOPICS.betas.name, '/betas'],
]);

const HELP = `
A record that cannot be taken goes to <topic>.dlq with the reason; a refused fill, cash movement or
adjustment blocks its account. The newest ${String(LETTERS_DEFAULT)} are shown, oldest first.

Examples:
  sentinel dead-letters
  sentinel dead-letters fills.v1 --account ACC_1
  sentinel dead-letters --json | jq -r .code | sort | uniq -c
  sentinel dead-letters replay fills.v1:3:17 --file corrected.json
`;

const REPLAY_HELP = `
The record goes in again by the API, which checks it first: as it was, or as the file has it. It
counts once by its id, whatever is sent twice. Then clear the account: sentinel account clear.
Only fills.v1, cash.v1, prices.v1 and betas.v1: letters of order topics are evidence and are never
sent again; an adjustment is posted anew, by the person who answers for it.

Examples:
  sentinel dead-letters replay fills.v1:3:17
  sentinel dead-letters replay fills.v1:3:17 --file corrected.json
`;

interface ListOptions {
  readonly account?: string;
  readonly limit: number;
  readonly json: boolean;
  readonly instance?: string;
}

interface ReplayOptions {
  readonly file?: string;
  readonly instance?: string;
}

/** Adds `dead-letters` and `dead-letters replay` to the command line. */
export function register(program: Command): void {
  const group = program
    .command('dead-letters')
    .argument('[topic]', 'of this topic only, for example fills.v1')
    .description('show the records that were refused, and why; send one again')
    .option('--account <id>', 'of this account only')
    .option('--limit <n>', 'the newest so many', integerOption(1, LETTERS_MAX), LETTERS_DEFAULT)
    .option('--json', 'print one JSON object a line', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', HELP)
    .action(async (topic: string | undefined, options: ListOptions, command: Command) => {
      const topics = topic === undefined ? topicsWithLetters() : [checkedTopic(topic)];
      const kafka = await findKafka(process.env, options.instance);
      const found = await readLetters(kafka, topics, options.limit, (letter) =>
        options.account === undefined ? true : letter.account_id === options.account,
      );
      const output = command.configureOutput();
      output.writeOut?.(options.json ? found.letters.map(jsonLine).join('') : listText(found));
    });
  group
    .command('replay')
    .argument('<origin>', 'topic:partition:offset, as the list shows it')
    .description('send a refused record in again, corrected')
    .option('--file <json>', 'the corrected record')
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', REPLAY_HELP)
    .action(async (origin: string, options: ReplayOptions, command: Command) => {
      const instance = options.instance ?? group.opts<ListOptions>().instance;
      const path = replayPath(origin);
      const content =
        options.file === undefined
          ? await refusedContent(origin, instance)
          : await fileContent(options.file);
      const api = await connectApi(await findApi(process.env, instance), 'feed');
      const { accepted } = await api.post(path, content, acceptedSchema);
      const places = accepted.map(
        ({ id, topic, partition, offset }) =>
          `${id} is at ${topic}:${String(partition)}:${String(offset)}`,
      );
      command.configureOutput().writeOut?.(`Sent again: ${places.join(', ')}.\n`);
    });
}

function topicsWithLetters(): string[] {
  return Object.values<Topic>(TOPICS)
    .filter(({ deadLetters }) => deadLetters)
    .map(({ name }) => name);
}

function checkedTopic(topic: string): string {
  const topics = topicsWithLetters();
  if (topics.includes(topic)) return topic;
  throw new Failure(`${topic} has no dead letters.`, `Topics: ${topics.join(', ')}.`, 2);
}

interface Found {
  readonly letters: readonly DeadLetterRecord[];
  /** How many there are, those not shown included. */
  readonly count: number;
}

/** The newest letters of topics that `wanted` takes, oldest first. */
async function readLetters(
  kafka: KafkaSurroundings,
  topics: readonly string[],
  limit: number,
  wanted: (letter: DeadLetterRecord) => boolean,
): Promise<Found> {
  let letters: DeadLetterRecord[] = [];
  let count = 0;
  const newest = (): DeadLetterRecord[] =>
    letters.sort((a, b) => a.timestamp - b.timestamp || a.offset - b.offset).slice(-limit);
  const reader = createLogReader(kafka, { onFatal: () => undefined });
  try {
    await reader.start(topics.map(deadLetterTopicName), (records) => {
      for (const { value } of records) {
        const decoded = decodeRecord(deadLetterSchema, value, null);
        if (!decoded.ok || !wanted(decoded.record)) continue;
        count += 1;
        letters.push(decoded.record);
        if (letters.length >= 2 * limit) letters = newest();
      }
    });
    await reader.caughtUp(READ_TIMEOUT_MS);
  } finally {
    await reader.stop();
  }
  return { letters: newest(), count };
}

function listText({ letters, count }: Found): string {
  if (count === 0) return 'No dead letters.\n';
  const hidden = count - letters.length;
  const head = hidden === 0 ? '' : `${String(hidden)} older ones are not shown: --limit.\n\n`;
  return `${head}${letters.map(letterText).join('\n')}`;
}

function letterText(letter: DeadLetterRecord): string {
  const account = letter.account_id === null ? 'no account' : `account ${letter.account_id}`;
  return [
    `${originText(letter)}  ${letter.code}  ${account}  ${new Date(letter.timestamp).toISOString()}`,
    `  ${letter.reason}`,
    `  ${printable(contentText(letter), CONTENT_SHOWN_MAX) ?? '(no content)'}`,
    '',
  ].join('\n');
}

function jsonLine(letter: DeadLetterRecord): string {
  return `${JSON.stringify({ origin: originText(letter), ...letter, content: contentText(letter) })}\n`;
}

function originText({ topic, partition, offset }: DeadLetterRecord): string {
  return `${topic}:${String(partition)}:${String(offset)}`;
}

function contentText({ value_base64 }: DeadLetterRecord): string {
  return Buffer.from(value_base64, 'base64').toString('utf8');
}

function replayPath(origin: string): string {
  const topic = /^(.+):\d+:\d+$/.exec(origin)?.[1];
  if (topic === undefined) {
    throw new Failure(`${origin} is not topic:partition:offset.`, undefined, 2);
  }
  const path = REPLAY_PATHS.get(topic);
  if (path !== undefined) return path;
  const allowed = [...REPLAY_PATHS.keys()].join(', ');
  throw new Failure(`Dead letters of ${topic} are not sent again.`, `Only of ${allowed}.`, 2);
}

/** The content of the letter of an origin. */
async function refusedContent(origin: string, instance: string | undefined): Promise<unknown> {
  const topic = origin.slice(0, origin.indexOf(':'));
  const kafka = await findKafka(process.env, instance);
  const { letters } = await readLetters(kafka, [topic], 1, (one) => originText(one) === origin);
  const letter = letters[0];
  if (letter === undefined) throw new Failure(`There is no dead letter of ${origin}.`);
  if (letter.value_truncated) throw new Failure(`${origin} was too large to be kept whole.`, FILE);
  return parsed(contentText(letter), origin);
}

const FILE = 'Write the corrected record to a file and give it as --file.';

async function fileContent(file: string): Promise<unknown> {
  try {
    return parseJson(await readInput(file, process.stdin));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new Failure(`${file}: ${error.message}`, FILE, 2);
  }
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure(`${what} is not JSON.`, FILE, 2);
  }
}
