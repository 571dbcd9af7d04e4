import type { Account } from '#consumers/margin-engine/book.ts';
import { E4, marketValueE4 } from '#domain/money.ts';

/**
 * A made-up broker: who holds what, at which prices. A pure function of its plan, so that the
 * generator's process and the one that checks the results agree without telling each other.
 */

export interface PopulationPlan {
  readonly accounts: number;
  /** Of each account, in different symbols. */
  readonly positions: number;
  readonly symbols: number;
}

/** The first symbol is held by every account. */
export const WIDE = 0;
/** The second symbol is held by the first 1,000 accounts. */
export const NARROW = 1;
const NARROW_HOLDERS = 1_000;

/** Equity is 60 % of gross market value: far from a call, and prices of the benchmarks move by 1 %. */
const EQUITY_PERCENT = 60;

export function accountIdOf(index: number): string {
  return `BENCH_${String(index).padStart(6, '0')}`;
}

export function symbolOf(index: number): string {
  return `S${String(index).padStart(3, '0')}`;
}

/** The price of a symbol after its `move`-th move, 1/10,000 dollar: 20 to 420 dollars, up to 1 % off. */
export function priceE4Of(symbol: number, move: number): number {
  const cents = 2_000 + (scrambled(symbol, 1) % 40_000);
  if (move === 0) return cents * 100;
  const offBp = (scrambled(symbol * 1_000_003 + move, 2) % 201) - 100;
  // Never the price before: a move that changes nothing would not be published.
  return Math.round((cents * 100 * (10_000 + offBp)) / 10_000) + (move % 2);
}

/** Beta of a symbol, 1/10,000: 0.5 to 2. */
export function betaE4Of(symbol: number): number {
  return 5_000 + (scrambled(symbol, 3) % 15_001);
}

/** The symbols that an account holds. */
export function heldSymbols(plan: PopulationPlan, account: number): number[] {
  const held = new Set<number>([WIDE]);
  if (account < NARROW_HOLDERS) held.add(NARROW);
  for (let draw = 0; held.size < plan.positions; draw += 1) {
    held.add(2 + (scrambled(account * 64 + draw, 4) % (plan.symbols - 2)));
  }
  return [...held].slice(0, plan.positions);
}

/** Signed whole shares, 1/10,000: every eighth position is short. */
export function openingQtyE4(account: number, symbol: number): number {
  const drawn = scrambled(account * 1_009 + symbol, 5);
  const shares = 50 + (drawn % 151);
  return (drawn % 8 === 7 ? -shares : shares) * E4;
}

/** An account as the engine's changelog would have it after its opening fills. */
export function openingAccount(
  plan: PopulationPlan,
  index: number,
): Account<ReadonlyMap<string, number>> {
  const positions = new Map<string, number>();
  let grossE4 = 0;
  let totalE4 = 0;
  for (const symbol of heldSymbols(plan, index)) {
    const qtyE4 = openingQtyE4(index, symbol);
    const valueE4 = marketValueE4(qtyE4, priceE4Of(symbol, 0));
    positions.set(symbolOf(symbol), qtyE4);
    grossE4 += Math.abs(valueE4);
    totalE4 += valueE4;
  }
  return {
    accountId: accountIdOf(index),
    cashE4: Math.round((grossE4 * EQUITY_PERCENT) / 100) - totalE4,
    creditedTotalE4: 0,
    sequence: plan.positions + 1,
    correlationId: 'bench-opening',
    cause: 'REFERENCE',
    positions,
    blocks: [],
    splits: new Map(),
  };
}

/** A number that looks random and is the same in every process: 0 … 2³² − 1. */
export function scrambled(value: number, salt: number): number {
  let hash = Math.imul(value ^ (salt * 0x9e37_79b9), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x27d4_eb2f);
  return (hash ^ (hash >>> 15)) >>> 0;
}
