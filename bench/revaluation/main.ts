/**
 * Revalues a book in a process of its own, so that its time and memory are nobody else's, and tells
 * what it took on stdout as one line of JSON. Arguments: accounts, positions, symbols, sweeps.
 */
import { Book } from '#consumers/margin-engine/book.ts';
import { Market } from '#consumers/margin-engine/market.ts';
import { ALWAYS_OPEN } from '#domain/market-hours.ts';
import { E4 } from '#domain/money.ts';
import { loadPolicy } from '#platform/policies.ts';
import { betaE4Of, openingAccount, priceE4Of, symbolOf } from '../population.ts';
import type { PopulationPlan } from '../population.ts';
import type { RevaluationReport, Sweep } from './report.ts';

/** The compiler needs some passes until it knows the hot code. */
const WARM_UP_SWEEPS = 2;

const [accounts = 0, positions = 0, symbols = 0, sweeps = 0] = process.argv.slice(2).map(Number);
console.log(JSON.stringify(measure({ accounts, positions, symbols }, sweeps)));

function measure(plan: PopulationPlan, count: number): RevaluationReport {
  const policy = loadPolicy('house');
  const market = new Market(policy, ALWAYS_OPEN);
  const book = new Book(market, policy);
  for (let symbol = 0; symbol < plan.symbols; symbol += 1) {
    market.beta(symbolOf(symbol), betaE4Of(symbol), 1);
  }
  for (let index = 0; index < plan.accounts; index += 1) book.restore(openingAccount(plan, index));
  const done: Sweep[] = [];
  for (let move = 0; move < WARM_UP_SWEEPS + count; move += 1) {
    done.push(sweep(plan, book, market, move));
  }
  return { sweeps: done.slice(WARM_UP_SWEEPS), rssMaxBytes: process.resourceUsage().maxRSS * 1024 };
}

/** Every price moves, every account is valued: figures, status and the eight stress rows. */
function sweep(plan: PopulationPlan, book: Book, market: Market, move: number): Sweep {
  for (let symbol = 0; symbol < plan.symbols; symbol += 1) {
    const at = move + 2;
    const priceE4 = priceE4Of(symbol, move);
    market.quote(symbolOf(symbol), { priceE4, at, kind: 'TRADE', arrivedAt: at, offset: at });
  }
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  let updates = 0;
  let equityE4 = 0;
  for (const account of book.accounts()) {
    const { figures, stress } = book.value(account);
    if (figures.status === 'INDETERMINATE' || stress.length !== 8) {
      throw new Error(`${account.accountId} could not be valued`);
    }
    updates += figures.positions.length;
    equityE4 += figures.equityE4;
  }
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  const expected = equityByPlan(plan, book, market);
  if (BigInt(equityE4) !== expected) {
    throw new Error(`equity of all accounts: ${String(equityE4)}, by the plan ${String(expected)}`);
  }
  return { updates, wallMs, cpuMs: (user + system) / 1_000 };
}

/** Cash plus quantity × price, account by account, in whole numbers that cannot round. */
function equityByPlan(plan: PopulationPlan, book: Book, market: Market): bigint {
  const heldE4 = new Map<string, bigint>();
  let totalE4 = 0n;
  for (const { cashE4, positions: held } of book.accounts()) {
    totalE4 += BigInt(cashE4);
    for (const [symbol, qtyE4] of held) {
      heldE4.set(symbol, (heldE4.get(symbol) ?? 0n) + BigInt(qtyE4));
    }
  }
  for (const [symbol, qtyE4] of heldE4) {
    // Whole shares: quantity × price divides by 10,000 without a remainder.
    totalE4 += (qtyE4 * BigInt(market.priceE4(symbol) ?? 0)) / BigInt(E4);
  }
  if (book.size !== plan.accounts) throw new Error(`${String(book.size)} accounts in the book`);
  return totalE4;
}
