import { createHash, randomUUID } from 'node:crypto';
import path from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import { printable } from '#contracts/dead-letter.ts';
import { decodeRecord } from '#contracts/decode-record.ts';
import { marginCalcSchema } from '#contracts/margin-figures.ts';
import { adjustedSchema } from '#contracts/rest.ts';
import { TOPICS } from '#contracts/topics.ts';
import { fromE4, toE4 } from '#contracts/wire.ts';
import { CASH_ITEM, Reconciliation } from '#domain/reconciliation.ts';
import type { Break } from '#domain/reconciliation.ts';
import type { KafkaSurroundings } from '#platform/kafka/client.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { connectApi } from '../api-client.ts';
import { findApi } from '../api-place.ts';
import { columns } from '../columns.ts';
import { findKafka } from '../kafka-place.ts';
import { readPositionFile } from '../position-file.ts';
import type { PositionFile } from '../position-file.ts';

const READ_TIMEOUT_MS = 60_000;
const BREAKS_PER_REQUEST = 400;
const REASON_MAX = 500;

const HELP = `
The file is CSV with the header account_id,symbol,qty: signed shares, and cash in dollars under the
symbol ${CASH_ITEM}. Rows of one account and symbol add up. An account or symbol that only one side has is
a break. It is compared with the engine's books as they are now: run it before the day's first fill.

With --open each account with a break is blocked: INDETERMINATE, and nothing escalates on it, until an
adjustment that names the block in \`clears\` puts it right, or a person clears it. Without it breaks are
only listed. Opening the same file again changes nothing.

Exit codes: 0 no breaks, 1 breaks, 2 the file cannot be used (then nothing is opened).

Examples:
  sentinel reconcile --file docs/examples/sod.csv
  sentinel reconcile --file sod.csv --open
  sentinel reconcile --file sod.csv --json | jq '.breaks | length'
`;

interface Options {
  readonly file: string;
  readonly open: boolean;
  readonly json: boolean;
  readonly instance?: string;
}

/** Adds `reconcile` to the command line. */
export function register(program: Command): void {
  program
    .command('reconcile')
    .description("compare a start-of-day file with the engine's books")
    .requiredOption('--file <csv>', 'positions and cash at the start of the day')
    .option('--open', 'block each account that has a break', false)
    .option('--json', 'print JSON', false)
    .option('--instance <name>', 'of this instance')
    .addHelpText('after', HELP)
    .action(async (options: Options, command: Command) => {
      const output = command.configureOutput();
      const reconciliation = new Reconciliation();
      const file = await readPositionFile(options.file, ({ accountId, item, qtyE4 }) => {
        reconciliation.addRow(accountId, item, qtyE4);
      });
      if (file.wrongCount > 0) {
        output.writeErr?.(wrongText(options.file, file));
        process.exitCode = 2;
        return;
      }
      await addBooks(await findKafka(process.env, options.instance), reconciliation);
      const breaks = reconciliation.breaks();
      const opened =
        options.open && breaks.length > 0 ? await openBreaks(breaks, file, options) : 0;
      const { accountCount } = reconciliation;
      output.writeOut?.(
        options.json
          ? breaksJson(breaks, opened)
          : breaksText(breaks, opened, accountCount, options),
      );
      if (breaks.length > 0) process.exitCode = 1;
    });
}

/** The books as the engine published them last. */
async function addBooks(kafka: KafkaSurroundings, reconciliation: Reconciliation): Promise<void> {
  const books = new Map<string, readonly (readonly [string, number])[]>();
  const reader = createLogReader(kafka, { onFatal: () => undefined });
  try {
    await reader.start([TOPICS.marginCalc.name], (records) => {
      for (const { value } of new Map(records.map((record) => [record.key, record])).values()) {
        const decoded = decodeRecord(marginCalcSchema, value, null);
        if (!decoded.ok) continue;
        const { account_id, cash, positions } = decoded.record;
        const held = positions.map(({ symbol, qty }) => [symbol, toE4(qty)] as const);
        books.set(account_id, [[CASH_ITEM, toE4(cash)], ...held]);
      }
    });
    await reader.caughtUp(READ_TIMEOUT_MS);
  } finally {
    await reader.stop();
  }
  for (const [accountId, items] of books) {
    for (const [item, qtyE4] of items) reconciliation.addBooks(accountId, item, qtyE4);
  }
}

/** Blocks each account with a break; returns how many. The block is named after the file's content. */
async function openBreaks(
  breaks: readonly Break[],
  { hash }: PositionFile,
  { file, instance }: Options,
): Promise<number> {
  const api = await connectApi(await findApi(process.env, instance), 'operator');
  const what = `reconcile:${hash.slice(0, 12)}`;
  const name = printable(path.basename(file), 80) ?? 'a file';
  const run = randomUUID();
  const accounts = new Map<string, Break[]>();
  for (const found of breaks) {
    accounts.set(found.accountId, [...(accounts.get(found.accountId) ?? []), found]);
  }
  const bodies = [...accounts].map(([accountId, own]) => ({
    kind: 'BLOCK',
    adjustment_id: `break:${digest(`${run} ${accountId}`)}`,
    account_id: accountId,
    code: 'RECONCILIATION',
    what,
    reason: `${name}: ${own.map(inWords).join('; ')}`.slice(0, REASON_MAX),
    timestamp: Date.now(),
  }));
  for (let from = 0; from < bodies.length; from += BREAKS_PER_REQUEST) {
    const batch = bodies.slice(from, from + BREAKS_PER_REQUEST);
    await api.post('/adjustments', batch, adjustedSchema);
  }
  return accounts.size;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 40);
}

function inWords({ item, fileE4, booksE4 }: Break): string {
  return `${item} file ${String(fromE4(fileE4))}, books ${String(fromE4(booksE4))}`;
}

function breaksJson(breaks: readonly Break[], opened: number): string {
  const listed = breaks.map(({ accountId, item, fileE4, booksE4 }) => ({
    account_id: accountId,
    symbol: item,
    file: fromE4(fileE4),
    books: fromE4(booksE4),
    difference: fromE4(fileE4 - booksE4),
  }));
  return `${JSON.stringify({ breaks: listed, accounts_blocked: opened }, null, 2)}\n`;
}

function breaksText(
  breaks: readonly Break[],
  opened: number,
  accountCount: number,
  { open }: Options,
): string {
  if (breaks.length === 0) return `No breaks in ${String(accountCount)} accounts.\n`;
  const rows = breaks.map(({ accountId, item, fileE4, booksE4 }) => [
    accountId,
    item,
    String(fromE4(fileE4)),
    String(fromE4(booksE4)),
    String(fromE4(fileE4 - booksE4)),
  ]);
  const table = columns([['account', 'symbol', 'file', 'books', 'difference'], ...rows]);
  const told = open
    ? `Blocked ${String(opened)} accounts until they are corrected or cleared.\n`
    : 'Nothing is blocked: --open does that.\n';
  return `${table}\n${String(breaks.length)} breaks in ${String(accountCount)} accounts. ${told}`;
}

function wrongText(file: string, { wrong, wrongCount }: PositionFile): string {
  const more = wrongCount - wrong.length;
  const rest = more === 0 ? '' : `  and ${String(more)} more\n`;
  return `${file}: ${String(wrongCount)} lines cannot be used:\n${wrong.map((line) => `  ${line}\n`).join('')}${rest}`;
}
