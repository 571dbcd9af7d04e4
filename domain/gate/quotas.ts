import { addE4, shareUpE4 } from '../money.ts';
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

interface Limit {
  readonly limitE4: number;
  /** From `fromE4` on the level is reached. Ascending. */
  readonly levels: readonly { readonly level: Rate; readonly fromE4: number }[];
}

/**
 * The notional that this gate has opened today, against its share of the firm's limits, each symbol's
 * and each strategy's (DESIGN 22). What is cancelled is not given back: the limit is on what was let
 * in. 1/10,000 dollar.
 */
export class Quotas {
  readonly #firm: Used;
  readonly #symbolLimit: Limit;
  readonly #strategyLimit: Limit;

  constructor({ firmE4, symbolE4, strategyE4, alerts }: QuotaLimits) {
    this.#firm = new Used({ kind: 'GLOBAL' }, limitOf(firmE4, alerts));
    this.#symbolLimit = limitOf(symbolE4, alerts);
    this.#strategyLimit = limitOf(strategyE4, alerts);
  }

  /** A symbol of which nothing was opened yet. */
  ofSymbol(id: string): Used {
    return new Used({ kind: 'SYMBOL', id }, this.#symbolLimit);
  }

  /** A strategy that opened nothing yet. */
  ofStrategy(id: string): Used {
    return new Used({ kind: 'STRATEGY', id }, this.#strategyLimit);
  }

  /** The first limit, the widest first, that so much more would break. */
  breachOf(symbol: Used, strategy: Used, notionalE4: number): QuotaBreach | null {
    return (
      this.#firm.breachOf(notionalE4) ??
      symbol.breachOf(notionalE4) ??
      strategy.breachOf(notionalE4)
    );
  }

  /** Uses so much more and tells which shares of a limit that reached, the widest limit first. */
  use(symbol: Used, strategy: Used, notionalE4: number): readonly QuotaAlert[] {
    const ofFirm = this.#firm.use(notionalE4);
    const ofSymbol = symbol.use(notionalE4);
    const ofStrategy = strategy.use(notionalE4);
    // Mostly none: then no list is made.
    if (ofFirm === null && ofSymbol === null && ofStrategy === null) return NO_ALERTS;
    return [ofFirm, ofSymbol, ofStrategy].filter((alert) => alert !== null);
  }

  startDay(): void {
    this.#firm.startDay();
  }
}

/** What one scope has opened today, against its limit. */
export class Used {
  readonly #scope: Scope;
  readonly #limit: Limit;
  #usedE4 = 0;
  /** The next level begins here: below it nobody need be told. */
  #nextE4 = 0;

  constructor(scope: Scope, limit: Limit) {
    this.#scope = scope;
    this.#limit = limit;
    this.startDay();
  }

  breachOf(moreE4: number): QuotaBreach | null {
    const { limitE4 } = this.#limit;
    const wouldE4 = addE4(this.#usedE4, moreE4);
    return wouldE4 > limitE4 ? { scope: this.#scope, usedE4: wouldE4, limitE4 } : null;
  }

  /** Uses so much more; returns the highest level that it reached, if any. */
  use(moreE4: number): QuotaAlert | null {
    const usedE4 = addE4(this.#usedE4, moreE4);
    this.#usedE4 = usedE4;
    if (usedE4 < this.#nextE4) return null;
    const { levels, limitE4 } = this.#limit;
    const reached = levels.findLast(({ fromE4 }) => fromE4 <= usedE4 && fromE4 >= this.#nextE4);
    this.#nextE4 = levelAbove(levels, usedE4);
    return reached === undefined
      ? null
      : { scope: this.#scope, level: reached.level, usedE4, limitE4 };
  }

  startDay(): void {
    this.#usedE4 = 0;
    this.#nextE4 = levelAbove(this.#limit.levels, 0);
  }
}

function levelAbove(levels: Limit['levels'], usedE4: number): number {
  return levels.find(({ fromE4 }) => fromE4 > usedE4)?.fromE4 ?? Infinity;
}

export const NO_ALERTS: readonly QuotaAlert[] = [];

function limitOf(limitE4: number, alerts: readonly Rate[]): Limit {
  const levels = alerts.map((level) => ({ level, fromE4: shareUpE4(limitE4, level) }));
  return { limitE4, levels };
}
