import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { CsvError, parse } from 'csv-parse';
import { ID_PATTERN, toE4 } from '#contracts/wire.ts';
import { CASH_ITEM } from '#domain/reconciliation.ts';
import { Failure } from './failure.ts';

/** A start-of-day file: CSV with the columns account_id, symbol, qty; cash under the symbol $USD. */
export interface PositionRow {
  readonly accountId: string;
  /** A symbol, or CASH_ITEM. */
  readonly item: string;
  readonly qtyE4: number;
}

export interface PositionFile {
  readonly rows: number;
  /** Lines that are not of the form, with what is wrong; the first so many. */
  readonly wrong: readonly string[];
  readonly wrongCount: number;
  /** SHA-256 of the file, hexadecimal. */
  readonly hash: string;
}

const COLUMNS = ['account_id', 'symbol', 'qty'] as const;
const WRONG_SHOWN_MAX = 20;
const RECORD_MAX = 10_000;
const QTY_MAX = 100_000_000;
const CASH_MAX = 100_000_000_000;

/**
 * Reads a file line by line, however large, and gives each good row to `onRow`. Throws Failure when
 * there is no such file or its first line is not the header.
 */
export async function readPositionFile(
  file: string,
  onRow: (row: PositionRow) => void,
): Promise<PositionFile> {
  const hash = createHash('sha256');
  const source = createReadStream(file);
  source.on('data', (chunk) => hash.update(chunk));
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: RECORD_MAX,
  });
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  const wrong: string[] = [];
  let wrongCount = 0;
  let rows = -1;
  try {
    for await (const { record, info } of parser as AsyncIterable<ParsedLine>) {
      rows += 1;
      if (rows === 0) {
        requireHeader(file, record);
        continue;
      }
      const row = rowOf(record);
      if (typeof row !== 'string') {
        onRow(row);
        continue;
      }
      wrongCount += 1;
      if (wrong.length < WRONG_SHOWN_MAX) wrong.push(`line ${String(info.lines)}: ${row}`);
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    const reason = error instanceof CsvError ? error.message : String(error);
    throw new Failure(`${file} cannot be read: ${reason}`, undefined, 2);
  }
  if (rows < 0) requireHeader(file, []);
  return { rows, wrong, wrongCount, hash: hash.digest('hex') };
}

interface ParsedLine {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function requireHeader(file: string, record: readonly string[]): void {
  if (record.join(',') === COLUMNS.join(',')) return;
  throw new Failure(`${file}: the first line must be ${COLUMNS.join(',')}`, undefined, 2);
}

/** A line as a row, or what is wrong with it. */
function rowOf(record: readonly string[]): PositionRow | string {
  const [accountId, item, qty, ...more] = record;
  if (accountId === undefined || item === undefined || qty === undefined || more.length > 0) {
    return `${String(record.length)} columns instead of ${String(COLUMNS.length)}`;
  }
  if (!ID_PATTERN.test(accountId)) return `account_id ${JSON.stringify(accountId)} is not an id`;
  if (item !== CASH_ITEM && !ID_PATTERN.test(item)) {
    return `symbol ${JSON.stringify(item)} is neither a symbol nor ${CASH_ITEM}`;
  }
  if (!/^-?\d{1,12}(\.\d{1,4})?$/.test(qty)) {
    return `qty ${JSON.stringify(qty)} is not a number with at most four decimals`;
  }
  const amount = Number(qty);
  const max = item === CASH_ITEM ? CASH_MAX : QTY_MAX;
  if (Math.abs(amount) > max) return `qty ${qty} is beyond ${String(max)}`;
  return { accountId, item, qtyE4: toE4(amount) };
}
