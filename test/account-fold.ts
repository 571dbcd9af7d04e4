import { cashSchema, fillSchema } from '#contracts/ingest.ts';
import { TOPICS } from '#contracts/topics.ts';
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

function e4(value: number): number {
  return Math.round(value * 10_000);
}
