import type { CaseFigures } from '#domain/case-figures.ts';
import { afterMovements } from '#domain/books.ts';
import { accountFigures } from '#domain/margin.ts';
import { E4 } from '#domain/money.ts';
import type { Policy } from '#domain/policy.ts';
import type { QuotedPosition } from '#domain/price-quality.ts';
import { stressExcessOf } from '#domain/stress-verdict.ts';
import type { Random } from '#test/seeded-random.ts';
import type { WorldDoubt } from './doubts.ts';

/** A fill that happened, whether or not the engine has it yet. */
export interface WorldFill {
  readonly symbol: string;
  /** Signed, 1/10,000 share. */
  readonly qtyE4: number;
  readonly priceE4: number;
  /** Its place in fills.v1. */
  readonly offset: number;
}

const SYMBOLS = ['A', 'B', 'C', 'D'] as const;
/** 1/10,000 dollar. */
const PRICE_MIN_E4 = 4 * E4;

/** One account with its market, and the engine's books of it. The truth, and what the engine knows of it. */
export class AccountWorld {
  /** Prices in 1/10,000 dollar; null while a symbol has none. */
  readonly prices = new Map<string, number | null>();
  /** Prices that can be doubted; the others are good. */
  readonly #doubts = new Map<string, WorldDoubt>();
  /** Every fill and every amount of cash that ever was: what the books must come to. */
  readonly fills: WorldFill[] = [];
  readonly payments: number[] = [];
  /** How many of the fills the engine has applied. */
  #applied = 0;
  #cashE4 = 0;
  readonly #held = new Map<string, number>();
  #creditedTotalE4 = 0;
  #generation = 1;
  #sequence = 1;
  readonly #policy: Policy;

  constructor(random: Random, policy: Policy) {
    this.#policy = policy;
    const symbols = SYMBOLS.slice(0, random.whole(1, SYMBOLS.length));
    let gross = 0;
    for (const symbol of symbols) {
      const priceE4 = random.whole(20, 400) * E4;
      const shares = random.whole(1, 400) * (random.chance(20) ? -1 : 1);
      this.prices.set(symbol, priceE4);
      // Fractions are held, but never traded in part.
      const qtyE4 =
        shares * E4 + (random.chance(15) ? Math.sign(shares) * random.whole(1, 9_999) : 0);
      gross += Math.abs(qtyE4) * (priceE4 / E4);
      this.fills.push({ symbol, qtyE4, priceE4, offset: this.fills.length });
    }
    this.pay(Math.round(gross * random.between(0.25, 0.55)));
    this.applyFills();
  }

  get heldSymbols(): readonly string[] {
    return [...this.#held.keys()];
  }

  /** True position, with the fills that the engine does not know yet; 1/10,000 share. */
  trulyHeldE4(symbol: string): number {
    return this.fills.reduce((sum, fill) => (fill.symbol === symbol ? sum + fill.qtyE4 : sum), 0);
  }

  /** A symbol moves by a factor, or trades again; while its price can be doubted it stands still. */
  move(symbol: string, factor: number): void {
    if (this.#doubts.has(symbol)) return;
    const before = this.prices.get(symbol) ?? 100 * E4;
    this.prices.set(symbol, Math.max(PRICE_MIN_E4, Math.round((before * factor) / 100) * 100));
    this.#sequence += 1;
  }

  /** The price of a symbol is doubted from now on, or, in doubt already, good again. */
  doubt(symbol: string, doubt: WorldDoubt): boolean {
    const isDoubted = !this.#doubts.delete(symbol);
    if (isDoubted) this.#doubts.set(symbol, doubt);
    this.#sequence += 1;
    return isDoubted;
  }

  believePrices(): void {
    this.#doubts.clear();
    this.#sequence += 1;
  }

  losePrice(symbol: string): void {
    this.prices.set(symbol, null);
    this.#sequence += 1;
  }

  pay(amountE4: number): void {
    this.payments.push(amountE4);
    this.#cashE4 += amountE4;
    this.#creditedTotalE4 += amountE4;
    this.#sequence += 1;
  }

  /** Shares change hands; the engine learns of it by `applyFills`. */
  fill(symbol: string, qtyE4: number, priceE4: number): WorldFill {
    const fill = { symbol, qtyE4, priceE4, offset: this.fills.length };
    this.fills.push(fill);
    return fill;
  }

  /** The engine books what it has not booked yet. */
  applyFills(): void {
    for (const { symbol, qtyE4, priceE4 } of this.fills.slice(this.#applied)) {
      const books = {
        cashE4: this.#cashE4,
        creditedTotalE4: this.#creditedTotalE4,
        positions: this.#held,
      };
      const after = afterMovements(
        books,
        [{ kind: 'TRADE', symbol, qtyE4, priceE4 }],
        (name) => this.prices.get(name) ?? null,
        this.#policy,
      );
      this.#cashE4 = after.cashE4;
      this.#creditedTotalE4 = after.creditedTotalE4;
      const qtyAfterE4 = after.quantities.get(symbol) ?? 0;
      if (qtyAfterE4 === 0) this.#held.delete(symbol);
      else this.#held.set(symbol, qtyAfterE4);
      this.#sequence += 1;
    }
    this.#applied = this.fills.length;
  }

  /** Another engine takes over: its versions are later than all before. */
  replaceEngine(): void {
    this.#generation += 1;
    this.#sequence = 1;
  }

  positions(): QuotedPosition[] {
    return [...this.#held].map(([symbol, qtyE4]) => ({
      symbol,
      qtyE4,
      priceE4: this.prices.get(symbol) ?? null,
      betaE4: symbol === 'D' ? null : (symbol.charCodeAt(0) - 60) * 3_000,
      ...this.#doubts.get(symbol),
    }));
  }

  get cashE4(): number {
    return this.#cashE4;
  }

  /** What the engine publishes now. */
  figures(now: number): CaseFigures {
    const figures = accountFigures(this.#cashE4, this.positions(), this.#policy);
    const seen = {
      version: { generation: this.#generation, sequence: this.#sequence },
      asOf: now,
      creditedTotalE4: this.#creditedTotalE4,
      fillsPosition: this.#applied,
      correlationId: `c${String(this.#generation)}.${String(this.#sequence)}`,
    };
    if (figures.status === 'INDETERMINATE') {
      return { ...seen, status: 'INDETERMINATE', pricesMissing: figures.pricesMissing };
    }
    const { status, equityE4, maintenanceReqE4, grossMvE4, excessE4, deficiencyE4 } = figures;
    const priced = { status, equityE4, maintenanceReqE4, grossMvE4, excessE4, deficiencyE4 };
    const stress = stressExcessOf(figures, this.#policy);
    return { ...seen, ...priced, ...(stress === null ? {} : { stress }) };
  }

  /** What is wrong with the engine's books, from all fills and payments anew; null when they agree. */
  brokenBooks(): string | null {
    const applied = this.fills.slice(0, this.#applied);
    let cash = this.payments.reduce((sum, amount) => sum + BigInt(amount), 0n);
    const held = new Map<string, bigint>();
    for (const { symbol, qtyE4, priceE4 } of applied) {
      cash -= halfEvenE4(BigInt(qtyE4) * BigInt(priceE4));
      held.set(symbol, (held.get(symbol) ?? 0n) + BigInt(qtyE4));
    }
    if (cash !== BigInt(this.#cashE4)) return `cash ${String(this.#cashE4)}, not ${String(cash)}`;
    for (const [symbol, qtyE4] of held) {
      const booked = BigInt(this.#held.get(symbol) ?? 0);
      if (booked !== qtyE4) return `${symbol}: ${String(booked)}, not ${String(qtyE4)}`;
    }
    return null;
  }
}

/** Divides by 10,000, a tie to the even neighbour. */
function halfEvenE4(product: bigint): bigint {
  const divisor = BigInt(E4);
  const magnitude = product < 0n ? -product : product;
  const below = magnitude / divisor;
  const twice = (magnitude % divisor) * 2n;
  const rounded = twice > divisor || (twice === divisor && below % 2n === 1n) ? below + 1n : below;
  return product < 0n ? -rounded : rounded;
}
