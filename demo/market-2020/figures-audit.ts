import type { CashRecord, FillRecord } from '#contracts/ingest.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import { fromE4, toE4 } from '#contracts/wire.ts';
import { oracleFigures } from '#test/margin-oracle.ts';
import type { Observer, Seen } from '../observer.ts';
import type { BookAccount } from './book.ts';
import { cashOf, fillsOf } from './bookings.ts';
import type { Prices } from './market.ts';
import { RATES } from './pace.ts';

/** Published figures that are not what they should be. */
export interface WrongFigures {
  readonly accountId: string;
  readonly version: string;
  readonly field: string;
  readonly expected: string;
  readonly seen: string;
}

/**
 * Recomputes every published version of an account's figures from the records of fills.v1 and cash.v1
 * that it says it includes and the prices that it names, in exact rationals that share no code with
 * the engine. Prices must be closes of the tape, and never go back to an earlier one.
 */
export function wrongFigures(
  observer: Observer,
  { accountId }: BookAccount,
  closes: readonly Prices[],
): readonly WrongFigures[] {
  const fills = onceEach(fillsOf(observer, accountId), ({ fill_id: id }) => id);
  const cash = onceEach(cashOf(observer, accountId), ({ cash_id: id }) => id);
  const day = new Map<string, number>();
  return observer.of(TOPICS.marginCalc, accountId).flatMap(({ record }) => {
    const expected = expectedOf(record, fills, cash);
    const wrong = Object.entries(expected).filter(
      ([field, value]) => value !== textOf(record, field),
    );
    const prices = wrongPrices(record, closes, day);
    return [
      ...wrong.map(([field, value]) => [field, value, textOf(record, field)] as const),
      ...prices.map((symbol) => [`price of ${symbol}`, 'a later close', 'another'] as const),
    ].map(([field, value, seen]) => ({
      accountId,
      version: `${String(record.generation)}-${String(record.sequence)}`,
      field,
      expected: value,
      seen,
    }));
  });
}

type Expected = Record<string, string>;

function expectedOf(
  record: MarginCalcRecord,
  allFills: readonly Seen<FillRecord>[],
  allCash: readonly Seen<CashRecord>[],
): Expected {
  const fills = allFills.filter(({ offset }) => offset < record.input_offsets['fills.v1']);
  const cash = allCash.filter(({ offset }) => offset < record.input_offsets['cash.v1']);
  const held = new Map<string, number>();
  let cashE4 = 0n;
  for (const { record: paid } of cash) cashE4 += BigInt(toE4(paid.amount));
  for (const { record: fill } of fills) {
    // Whole shares at whole cents: the product is exact.
    cashE4 -= BigInt(fill.qty) * BigInt(toE4(fill.price));
    held.set(fill.symbol, (held.get(fill.symbol) ?? 0) + fill.qty);
  }
  const priceOf = new Map(record.positions.map(({ symbol, price }) => [symbol, price ?? 0]));
  const positions = [...held]
    .filter(([, qty]) => qty !== 0)
    .map(([symbol, qty]) => ({
      symbol,
      qtyE4: toE4(qty),
      priceE4: toE4(priceOf.get(symbol) ?? 0),
      betaE4: null,
    }));
  const figures = oracleFigures(Number(cashE4), positions, RATES);
  const deficiencyE4 = figures.excessE4 < 0n ? -figures.excessE4 : 0n;
  return {
    positions: heldText([...held].filter(([, qty]) => qty !== 0)),
    cash: e4Text(cashE4),
    total_mv: e4Text(figures.totalMvE4),
    gross_mv: e4Text(figures.grossMvE4),
    equity: e4Text(figures.equityE4),
    maintenance_req: e4Text(sum(figures.maintenanceE4)),
    excess: e4Text(figures.excessE4),
    deficiency: e4Text(deficiencyE4),
    status: figures.status,
  };
}

function textOf(record: MarginCalcRecord, field: string): string {
  if (field === 'positions')
    return heldText(record.positions.map(({ symbol, qty }) => [symbol, qty]));
  const seen: unknown = Object.entries(record).find(([name]) => name === field)?.[1];
  return typeof seen === 'number' || typeof seen === 'string' ? String(seen) : '—';
}

/** The symbols whose price is no close of the tape, or one before the close seen last. */
function wrongPrices(
  record: MarginCalcRecord,
  closes: readonly Prices[],
  seen: Map<string, number>,
): string[] {
  return record.positions.flatMap(({ symbol, price }) => {
    const from = seen.get(symbol) ?? 0;
    const day = closes.findIndex((prices, at) => at >= from && prices[symbol] === price);
    if (day === -1) return [symbol];
    seen.set(symbol, day);
    return [];
  });
}

function onceEach<T>(records: readonly Seen<T>[], idOf: (record: T) => string): Seen<T>[] {
  const known = new Set<string>();
  return records.filter(({ record }) => {
    const isNew = !known.has(idOf(record));
    known.add(idOf(record));
    return isNew;
  });
}

function heldText(held: readonly (readonly [string, number])[]): string {
  return held
    .map(([symbol, qty]) => `${String(qty)} ${symbol}`)
    .sort()
    .join(', ');
}

function e4Text(amountE4: bigint): string {
  return String(fromE4(Number(amountE4)));
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
