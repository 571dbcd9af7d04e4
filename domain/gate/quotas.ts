import { isBelowShare, sumE4 } from '../money.ts';
import type { Rate } from '../money.ts';
import type { QuotaLimits } from './gate-policy.ts';
import type { Scope } from '../scopes.ts';

/** A limit whose share `level` was reached or passed by one order. */
export interface QuotaAlert {
  readonly scope: Scope;
  readonly level: Rate;
  readonly usedE4: number;
  readonly limitE4: number;
}

/** A limit that an order would break. */
export interface QuotaBreach {
  readonly scope: Scope;
  /** Used, this order included. */
  readonly usedE4: number;
  readonly limitE4: number;
}

/**
 * The notional that this gate has opened today, against its share of the firm's limits, each symbol's
 * and each strategy's (DESIGN 22). What is cancelled is not given back: the limit is on what was let
 * in. 1/10,000 dollar.
 */
export class Quotas {
  #firmE4 = 0;
  readonly #symbols = new Map<string, number>();
  readonly #strategies = new Map<string, number>();
  readonly #limits: QuotaLimits;

  constructor(limits: QuotaLimits) {
    this.#limits = limits;
  }

  /** The first limit, widest first, that so much more would break. */
  breachOf(symbol: string, strategy: string, notionalE4: number): QuotaBreach | null {
    for (const { scope, usedE4, limitE4 } of this.#used(symbol, strategy)) {
      const wouldE4 = sumE4(usedE4, notionalE4);
      if (wouldE4 > limitE4) return { scope, usedE4: wouldE4, limitE4 };
    }
    return null;
  }

  /** Uses so much more and tells which shares of a limit that reached. */
  use(symbol: string, strategy: string, notionalE4: number): QuotaAlert[] {
    const before = this.#used(symbol, strategy);
    this.#add(symbol, strategy, notionalE4);
    return before.flatMap(({ scope, usedE4, limitE4 }) => {
      const nowE4 = usedE4 + notionalE4;
      const reached = this.#limits.alerts.filter(
        (level) => isBelowShare(usedE4, level, limitE4) && !isBelowShare(nowE4, level, limitE4),
      );
      const level = reached.at(-1);
      return level === undefined ? [] : [{ scope, level, usedE4: nowE4, limitE4 }];
    });
  }

  #add(symbol: string, strategy: string, notionalE4: number): void {
    this.#firmE4 += notionalE4;
    this.#symbols.set(symbol, (this.#symbols.get(symbol) ?? 0) + notionalE4);
    this.#strategies.set(strategy, (this.#strategies.get(strategy) ?? 0) + notionalE4);
  }

  #used(
    symbol: string,
    strategy: string,
  ): { readonly scope: Scope; readonly usedE4: number; readonly limitE4: number }[] {
    const { firmE4, symbolE4, strategyE4 } = this.#limits;
    const symbolUsed = this.#symbols.get(symbol) ?? 0;
    const strategyUsed = this.#strategies.get(strategy) ?? 0;
    return [
      { scope: { kind: 'GLOBAL' }, usedE4: this.#firmE4, limitE4: firmE4 },
      { scope: { kind: 'SYMBOL', id: symbol }, usedE4: symbolUsed, limitE4: symbolE4 },
      { scope: { kind: 'STRATEGY', id: strategy }, usedE4: strategyUsed, limitE4: strategyE4 },
    ];
  }
}
