import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { STYLES } from './book.ts';
import type { MarketResult } from './result.ts';

/** The result of a run, as docs/market-2020.json keeps it for its page and its picture. */

const count = z.int().min(0);

const resultSchema = z.strictObject({
  days: z.array(
    z.strictObject({
      date: z.iso.date(),
      index: z.number(),
      tookMs: count,
      warned: count,
      called: count,
      restricted: count,
      liquidated: count,
      met: count,
      customers: z.number(),
      unsecured: z.number(),
      rungs: z.strictObject({
        WARNING: count,
        MARGIN_CALL: count,
        RESTRICTED: count,
        LIQUIDATING: count,
        UNSECURED_DEFICIT: count,
      }),
    }),
  ),
  accounts: z.array(
    z.strictObject({
      accountId: z.string(),
      style: z.enum(STYLES),
      leverage: z.number(),
      deposit: z.number(),
      paidIn: z.number(),
      calls: count,
      calledOn: z.iso.date().nullable(),
      liquidatedOn: z.iso.date().nullable(),
      liquidated: z.number(),
      gain: z.number(),
      unsecured: z.number(),
    }),
  ),
});

/** One day and one account a line, so that two runs can be compared. */
export async function writeResult(file: string, { days, accounts }: MarketResult): Promise<void> {
  const lines = (records: readonly object[]): string =>
    records.map((record) => JSON.stringify(record)).join(',\n');
  const text = `{"days":[\n${lines(days)}\n],"accounts":[\n${lines(accounts)}\n]}\n`;
  await writeFile(file, text);
}

/** Throws ZodError when the file is not such a result. */
export async function readResult(file: string | URL): Promise<MarketResult> {
  return resultSchema.parse(JSON.parse(await readFile(file, 'utf8')));
}
