import { marginCalcSchema } from '#contracts/margin-figures.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { FillRecord } from '#contracts/ingest.ts';
import { toE4 } from '#contracts/wire.ts';
import { E4 } from '#domain/money.ts';
import type { Policy } from '#domain/policy.ts';
import { oracleFigures } from '#test/margin-oracle.ts';
import type { PolicyRates } from '#test/margin-oracle.ts';
import { WrongResultError } from './benchmark.ts';
import { accountIdOf, openingAccount } from './population.ts';
import type { PopulationPlan } from './population.ts';
import type { World } from './world.ts';

/** Exact rationals are slow: so many accounts' figures are computed once more by them. */
const BY_ORACLE_MAX = 500;

/** The price of a symbol, 1/10,000 dollar. */
export type PriceE4 = (symbol: string) => number;

/** What the books must come to: a plain fold of what was sent. */
export class ExpectedBooks {
  readonly #accounts = new Map<
    string,
    { cashE4: number; readonly positions: Map<string, number> }
  >();

  constructor(plan: PopulationPlan) {
    for (let index = 0; index < plan.accounts; index += 1) {
      const { cashE4, positions } = openingAccount(plan, index);
      this.#accounts.set(accountIdOf(index), { cashE4, positions: new Map(positions) });
    }
  }

  /** Whole shares only: quantity × price divides by 10,000. */
  fill({ account_id: accountId, symbol, qty, price }: FillRecord): void {
    const account = this.#accounts.get(accountId);
    if (account === undefined) throw new Error(`there is no ${accountId}`);
    account.cashE4 -= (toE4(qty) * toE4(price)) / E4;
    account.positions.set(symbol, (account.positions.get(symbol) ?? 0) + toE4(qty));
  }

  /**
   * Compares every account's last figures with the books, and figures of some with an oracle that
   * shares nothing with the engine. Throws WrongResultError.
   */
  check(calcs: ReadonlyMap<string, MarginCalcRecord>, priceE4: PriceE4, policy: Policy): void {
    const step = Math.max(1, Math.floor(this.#accounts.size / BY_ORACLE_MAX));
    let index = 0;
    for (const [accountId, expected] of this.#accounts) {
      const calc = calcs.get(accountId);
      if (calc === undefined) throw new WrongResultError(`${accountId} has no figures`);
      requireEqual(accountId, 'cash', toE4(calc.cash), expected.cashE4);
      requireEqual(accountId, 'positions', calc.positions.length, expected.positions.size);
      for (const { symbol, qty, price } of calc.positions) {
        requireEqual(accountId, `${symbol} qty`, toE4(qty), expected.positions.get(symbol));
        requireEqual(accountId, `${symbol} price`, toE4(price ?? 0), priceE4(symbol));
      }
      if (index % step === 0) checkByOracle(calc, expected, priceE4, policy);
      index += 1;
    }
  }
}

/** The last figures of every account on margin.calc.v1. */
export async function lastFigures(world: World): Promise<Map<string, MarginCalcRecord>> {
  const last = new Map<string, Uint8Array>();
  const watch = world.watch();
  await watch.start([TOPICS.marginCalc.name], ({ record }) => {
    if (record.key !== null && record.value !== null) last.set(record.key, record.value);
  });
  await watch.caughtUp();
  return new Map([...last].map(([key, value]) => [key, calcOf(value)]));
}

/** A record of margin.calc.v1. */
export function calcOf(value: Uint8Array | null): MarginCalcRecord {
  return marginCalcSchema.parse(JSON.parse(Buffer.from(value ?? []).toString()));
}

function checkByOracle(
  calc: MarginCalcRecord,
  expected: { readonly cashE4: number; readonly positions: ReadonlyMap<string, number> },
  priceE4: PriceE4,
  policy: Policy,
): void {
  const positions = [...expected.positions].map(([symbol, qtyE4]) => {
    return { symbol, qtyE4, priceE4: priceE4(symbol), betaE4: null };
  });
  const figures = oracleFigures(expected.cashE4, positions, ratesOf(policy));
  const { account_id: accountId } = calc;
  requireEqual(accountId, 'equity', toE4(calc.equity ?? NaN), Number(figures.equityE4));
  requireEqual(accountId, 'gross_mv', toE4(calc.gross_mv ?? NaN), Number(figures.grossMvE4));
  requireEqual(accountId, 'excess', toE4(calc.excess ?? NaN), Number(figures.excessE4));
  requireEqual(accountId, 'status', calc.status, figures.status);
}

function ratesOf(policy: Policy): PolicyRates {
  return {
    long: policy.longMaintenanceRate.e6,
    short: policy.shortMaintenanceRate.e6,
    warning: policy.warningBand.e6,
    buffer: policy.bufferRate.e6,
    cost: policy.costRate.e6,
  };
}

function requireEqual<T>(accountId: string, what: string, seen: T, expected: T | undefined): void {
  if (seen === expected) return;
  throw new WrongResultError(`${accountId}: ${what} is ${String(seen)}, not ${String(expected)}`);
}
