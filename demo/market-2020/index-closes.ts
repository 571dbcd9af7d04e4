import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

/** The S&P 500 at the close of a trading day. */
export interface IndexClose {
  /** ISO date. */
  readonly date: string;
  readonly close: number;
}

/** The high before the crash and its low: 24 trading days. */
const FIRST = '2020-02-19';
const LAST = '2020-03-23';

const rowsSchema = z.array(z.object({ date: z.iso.date(), close: z.coerce.number().positive() }));

/** The daily closes of the 2020 crash (npm vega-datasets, sp500-2000.csv; its source: Yahoo Finance). */
export function indexCloses(): readonly IndexClose[] {
  const file = new URL('../data/sp500-2000.csv', import.meta.resolve('vega-datasets'));
  const rows = rowsSchema.parse(parse(readFileSync(file, 'utf8'), { columns: true }));
  return rows.filter(({ date }) => date >= FIRST && date <= LAST);
}
