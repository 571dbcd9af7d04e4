import { isLater } from '../figures-version.ts';
import type { FiguresVersion } from '../figures-version.ts';
import { E4, mulDivUp, sumE4 } from '../money.ts';
import type { AccountExposure } from './exposure.ts';
import { signedQtyE4 } from './orders.ts';
import type { Side } from './orders.ts';

/** An account as the engine last told it. Amounts in 1/10,000. */
export interface LedgerFigures {
  readonly version: FiguresVersion;
  /** The first record of fills.v1 that the figures do not include. */
  readonly fillsPosition: number;
  /** null while a price is missing or the account is blocked: nothing opens. */
  readonly excessE4: number | null;
  readonly cashE4: number;
  /** Signed, by symbol. */
  readonly positions: ReadonlyMap<string, number>;
}

/** What became of an order at the venue. Amounts in 1/10,000. */
export interface LedgerExecution {
  readonly orderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly lastQtyE4: number;
  readonly lastPriceE4: number;
  readonly leavesE4: number;
  /** Where its fill lies in fills.v1; null when no shares moved. */
  readonly fillOffset: number | null;
}

/** An execution that the engine's figures do not include yet. */
interface Pending {
  readonly fillOffset: number;
  readonly symbol: string;
  readonly movedE4: number;
  /** What its opening shares hold back until the excess has them. */
  readonly reservedE4: number;
  /** What a purchase takes of the cash. */
  readonly costE4: number;
}

/**
 * Keeps an account's exposure true while two voices tell of it: the engine, late and of every fill, and
 * the venue, at once and of our own orders. An execution moves position and leaves in one step; the
 * figures that include its fill replace what it did, so that no share counts twice and none is missed
 * (RULES: positions summed from snapshots). Until they do, its margin stays reserved.
 */
export class AccountLedger {
  readonly #exposure: AccountExposure;
  #figures: LedgerFigures | null = null;
  #pending: Pending[] = [];

  /** The exposure counts as unknown until the first figures. */
  constructor(exposure: AccountExposure) {
    this.#exposure = exposure;
    exposure.isKnown = false;
  }

  /** The version of the figures that the exposure rests on; null while unknown. */
  get version(): FiguresVersion | null {
    return this.#figures?.version ?? null;
  }

  /** Executions of which the figures are still to come. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  /** Takes figures; older or repeated ones change nothing. */
  figures(figures: LedgerFigures): void {
    if (!isLater(figures.version, this.version)) return;
    this.#figures = figures;
    this.#pending = this.#pending.filter(({ fillOffset }) => fillOffset >= figures.fillsPosition);
    const positions = new Map(figures.positions);
    for (const { symbol, movedE4 } of this.#pending) {
      positions.set(symbol, sumE4(positions.get(symbol) ?? 0, movedE4));
    }
    for (const [symbol] of [...this.#exposure.positions()]) {
      if (!positions.has(symbol)) this.#exposure.setPosition(symbol, 0);
    }
    for (const [symbol, positionE4] of positions) {
      if (this.#exposure.positionE4(symbol) !== positionE4) {
        this.#exposure.setPosition(symbol, positionE4);
      }
    }
    this.#exposure.isKnown = true;
    this.#exposure.excessE4 = figures.excessE4;
    this.#settle();
  }

  /** Do the figures have the fill at that place? null: no share moved, and there is nothing to have. */
  includes(fillOffset: number | null): boolean {
    return fillOffset === null || fillOffset < (this.#figures?.fillsPosition ?? 0);
  }

  /** Takes an execution, each once. */
  execution(execution: LedgerExecution): void {
    const { orderId, symbol, side, lastQtyE4, leavesE4, fillOffset } = execution;
    if (fillOffset === null || this.includes(fillOffset)) {
      this.#exposure.execute(symbol, 0, orderId, leavesE4);
      return;
    }
    const movedE4 = signedQtyE4(side, lastQtyE4);
    const costE4 = side === 'BUY' ? mulDivUp(lastQtyE4, execution.lastPriceE4, E4) : 0;
    const reservedE4 = this.#reservedBy(execution, movedE4);
    this.#pending.push({ fillOffset, symbol, movedE4, reservedE4, costE4 });
    this.#exposure.execute(symbol, movedE4, orderId, leavesE4);
    this.#settle();
  }

  /** The margin of the shares that open a position, as their order reserved it. */
  #reservedBy({ orderId, symbol, side }: LedgerExecution, movedE4: number): number {
    const reservation = this.#exposure.openOrder(symbol, orderId)?.reservation;
    if (reservation === undefined) return 0;
    const beforeE4 = this.#exposure.positionE4(symbol);
    const closes = Math.sign(beforeE4) === -Math.sign(movedE4);
    const closesE4 = closes ? Math.min(Math.abs(beforeE4), Math.abs(movedE4)) : 0;
    const opensE4 = Math.abs(movedE4) - closesE4;
    return this.#exposure.reserveE4(symbol, side, opensE4, reservation);
  }

  #settle(): void {
    const sum = (of: (pending: Pending) => number): number =>
      this.#pending.reduce((total, pending) => sumE4(total, of(pending)), 0);
    this.#exposure.unsettledE4 = sum(({ reservedE4 }) => reservedE4);
    const cashE4 = this.#figures?.cashE4;
    this.#exposure.cashE4 = cashE4 === undefined ? null : cashE4 - sum(({ costE4 }) => costE4);
  }
}
