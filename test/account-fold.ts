import { expect } from '@jest/globals';
import { cashSchema, fillSchema } from '#contracts/ingest.ts';
import { marginCalcSchema } from '#contracts/margin-figures.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { InboundRecord } from '#ports/records.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { marketValue, oracleFigures } from './margin-oracle.ts';
import type { OracleFigures } from './margin-oracle.ts';
import { halfEven, mul, ratio } from './rational.ts';

/** What accounts must have come to: a plain fold of what lies in fills.v1 and cash.v1. */

/** The demo preset's: 25 and 30 %. */
const RATES = { long: 250_000, short: 300_000, warning: 50_000, buffer: 0, cost: 0 };

export interface FoldedAccount {
  cashE4: bigint;
  readonly positions: Map<string, bigint>;
}

export interface Fold {
  readonly accounts: ReadonlyMap<string, FoldedAccount>;
  /** Records that repeat an earlier one. */
  readonly repeated: number;
}

/** Each id once, in exact numbers that share nothing with the product's. */
export async function foldInputs(kafka: Pick<KafkaFixture, 'readAll'>): Promise<Fold> {
  const accounts = new Map<string, FoldedAccount>();
  const seen = new Set<string>();
  let repeated = 0;
  const isNew = (id: string): boolean => {
    if (seen.has(id)) repeated += 1;
    return !seen.has(id) && seen.add(id).size > 0;
  };
  const accountOf = (accountId: string): FoldedAccount => {
    const account = accounts.get(accountId) ?? { cashE4: 0n, positions: new Map() };
    accounts.set(accountId, account);
    return account;
  };
  for (const record of await kafka.readAll(TOPICS.fills.name)) {
    const fill = fillSchema.parse(JSON.parse(String(record.value)));
    if (!isNew(`fill ${fill.fill_id}`)) continue;
    const account = accountOf(fill.account_id);
    const lot = { qtyE4: e4(fill.qty), priceE4: e4(fill.price) };
    account.cashE4 -= halfEven(mul(marketValue(lot), ratio(10_000)));
    const held = account.positions.get(fill.symbol) ?? 0n;
    account.positions.set(fill.symbol, held + BigInt(lot.qtyE4));
  }
  for (const record of await kafka.readAll(TOPICS.cash.name)) {
    const cash = cashSchema.parse(JSON.parse(String(record.value)));
    if (isNew(`cash ${cash.cash_id}`)) accountOf(cash.account_id).cashE4 += BigInt(e4(cash.amount));
  }
  return { accounts, repeated };
}

/** What is published of an account, recomputed at marks (dollars). */
export interface RecomputedFigures {
  readonly cash: number;
  /** Symbol and quantity, by symbol. */
  readonly positions: readonly (readonly [string, number])[];
  readonly equity: number;
  readonly excess: number;
  readonly status: OracleFigures['status'];
}

/** The figures of a folded account. */
export function figuresOf(
  account: FoldedAccount,
  marks: Readonly<Record<string, number>>,
): RecomputedFigures {
  const positions = [...account.positions]
    .filter(([, qtyE4]) => qtyE4 !== 0n)
    .map(([symbol, qtyE4]) => ({
      symbol,
      qtyE4: Number(qtyE4),
      priceE4: e4(marks[symbol] ?? 0),
      betaE4: null,
    }));
  const figures = oracleFigures(Number(account.cashE4), positions, RATES);
  return {
    cash: Number(account.cashE4) / 10_000,
    positions: positions
      .map(({ symbol, qtyE4 }) => [symbol, qtyE4 / 10_000] as const)
      .sort(([a], [b]) => a.localeCompare(b)),
    equity: Number(figures.equityE4) / 10_000,
    excess: Number(figures.excessE4) / 10_000,
    status: figures.status,
  };
}

/** Expects each account's last figures to be the fold's, at marks (dollars) that never moved. */
export function expectFolded(
  figures: readonly MarginCalcRecord[],
  fold: Fold,
  marks: Readonly<Record<string, number>>,
): void {
  const last = new Map(figures.map((record) => [record.account_id, record]));
  expect([...last.keys()].sort()).toEqual([...fold.accounts.keys()].sort());
  for (const [accountId, account] of fold.accounts) {
    const { cash, positions, excess } = figuresOf(account, marks);
    const record = last.get(accountId);
    expect({
      accountId,
      cash: record?.cash,
      positions: sorted(record?.positions.map(({ symbol, qty }) => [symbol, qty]) ?? []),
      excess: record?.excess,
      credited: record?.credited_total,
    }).toEqual({
      accountId,
      cash,
      positions,
      excess,
      // From an empty account on and with marks that stood still, fills and cash made all of it.
      credited: excess,
    });
  }
}

/** margin.calc.v1 as it lies in its partitions. */
export async function readFigures(
  kafka: KafkaFixture,
): Promise<{ readonly record: InboundRecord; readonly figures: MarginCalcRecord }[]> {
  const records = await kafka.readAll(TOPICS.marginCalc.name);
  return records.map((record) => ({
    record,
    figures: marginCalcSchema.parse(JSON.parse(String(record.value))),
  }));
}

/**
 * Expects that, in the order in which they lie there, generations of a partition and versions and input
 * offsets of an account only ever rise: nobody wrote after it was replaced, nothing was written twice.
 */
export function expectNothingGoesBackwards(
  all: readonly { readonly record: InboundRecord; readonly figures: MarginCalcRecord }[],
): void {
  const generations = new Map<number, number>();
  const accounts = new Map<string, MarginCalcRecord>();
  const backwards: string[] = [];
  for (const { record, figures } of all) {
    const where = `${figures.account_id} at ${record.partition}/${record.offset}`;
    if (figures.generation < (generations.get(record.partition) ?? 0)) backwards.push(where);
    generations.set(record.partition, figures.generation);
    const before = accounts.get(figures.account_id);
    accounts.set(figures.account_id, figures);
    if (before === undefined) continue;
    const rises =
      figures.generation > before.generation ||
      (figures.generation === before.generation && figures.sequence > before.sequence);
    const includes =
      figures.input_offsets['fills.v1'] >= before.input_offsets['fills.v1'] &&
      figures.input_offsets['cash.v1'] >= before.input_offsets['cash.v1'];
    if (!rises || !includes) backwards.push(where);
  }
  expect(backwards).toEqual([]);
}

function e4(value: number): number {
  return Math.round(value * 10_000);
}

function sorted(rows: (string | number)[][]): (string | number)[][] {
  return rows.sort(([a], [b]) => String(a).localeCompare(String(b)));
}
