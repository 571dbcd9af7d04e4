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

/** What one scope has opened today. */
export interface Used {
  readonly scope: Scope;
  readonly limit: Limit;
  usedE4: number;
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
    this.#firm = { scope: { kind: 'GLOBAL' }, limit: limitOf(firmE4, alerts), usedE4: 0 };
    this.#symbolLimit = limitOf(symbolE4, alerts);
    this.#strategyLimit = limitOf(strategyE4, alerts);
  }

  /** A symbol of which nothing was opened yet. */
  ofSymbol(id: string): Used {
    return { scope: { kind: 'SYMBOL', id }, limit: this.#symbolLimit, usedE4: 0 };
  }

  /** A strategy that opened nothing yet. */
  ofStrategy(id: string): Used {
    return { scope: { kind: 'STRATEGY', id }, limit: this.#strategyLimit, usedE4: 0 };
  }

  /** The limits that an order of a symbol and a strategy uses. */
  over(symbol: Used, strategy: Used): QuotasOver {
    return new QuotasOver(this.#firm, symbol, strategy);
  }

  startDay(): void {
    this.#firm.usedE4 = 0;
  }
}

/** The limits over one order, the widest first. */
export class QuotasOver {
  readonly #firm: Used;
  readonly #symbol: Used;
  readonly #strategy: Used;

  constructor(firm: Used, symbol: Used, strategy: Used) {
    this.#firm = firm;
    this.#symbol = symbol;
    this.#strategy = strategy;
  }

  /** The first limit that so much more would break. */
  breachOf(notionalE4: number): QuotaBreach | null {
    return (
      breach(this.#firm, notionalE4) ??
      breach(this.#symbol, notionalE4) ??
      breach(this.#strategy, notionalE4)
    );
  }

  /** Uses so much more and tells which shares of a limit that reached. */
  use(notionalE4: number): readonly QuotaAlert[] {
    const firm = add(this.#firm, notionalE4);
    const symbol = add(this.#symbol, notionalE4);
    const strategy = add(this.#strategy, notionalE4);
    // Mostly none: then no list is made.
    if (firm === null && symbol === null && strategy === null) return NO_ALERTS;
    return [firm, symbol, strategy].filter((alert) => alert !== null);
  }
}

export const NO_ALERTS: readonly QuotaAlert[] = [];

function limitOf(limitE4: number, alerts: readonly Rate[]): Limit {
  const levels = alerts.map((level) => ({ level, fromE4: shareUpE4(limitE4, level) }));
  return { limitE4, levels };
}

function breach({ scope, limit: { limitE4 }, usedE4 }: Used, moreE4: number): QuotaBreach | null {
  const wouldE4 = addE4(usedE4, moreE4);
  return wouldE4 > limitE4 ? { scope, usedE4: wouldE4, limitE4 } : null;
}

/** Uses so much more; returns the highest level that it reached, if any. */
function add(used: Used, moreE4: number): QuotaAlert | null {
  const { scope, limit, usedE4: beforeE4 } = used;
  const usedE4 = addE4(beforeE4, moreE4);
  used.usedE4 = usedE4;
  let reached: Rate | null = null;
  for (const { level, fromE4 } of limit.levels) {
    if (beforeE4 < fromE4 && usedE4 >= fromE4) reached = level;
  }
  return reached && { scope, level: reached, usedE4, limitE4: limit.limitE4 };
}
