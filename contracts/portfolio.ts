import { z } from 'zod';
import type { Cures } from '#domain/cures.ts';
import type {
  DeterminateFigures,
  IndeterminateFigures,
  MarginStatus,
  Position,
  PositionFigures,
} from '#domain/margin.ts';
import { isDerivativeSymbol } from '#domain/derivative-symbol.ts';
import { E4 } from '#domain/money.ts';
import type { MarginPolicy } from '#domain/policy.ts';
import type { StressRow } from '#domain/stress.ts';
import { encodeStressRow, encodeTotals, NO_TOTALS } from './margin-figures.ts';
import type { MarginCalcRecord } from './margin-figures.ts';
import { marginPolicyShape, rateOf } from './policy.ts';
import { beta, dollars, fromE4, id, price, signedQty, text, toE4 } from './wire.ts';

/** `sentinel margin evaluate`: a portfolio in, its figures out. Dollars and shares; rates are fractions. */

export const ACCOUNTS_MAX = 1_000;
export const POSITIONS_MAX = 10_000;

/**
 * What a position is in: `{"type": "EQUITY"}`, or its short form `"EQUITY"`, and so without the field.
 * Any other type, and any further property of an equity (a leverage, not marginable …), is a rule that
 * is not applied yet: the account is UNSUPPORTED, never margined as plain stock.
 */
const instrument = z.union([text(64), z.looseObject({ type: text(64) })], {
  error: 'must be an object with a type such as "EQUITY", or the type alone',
});

const portfolioPosition = z.strictObject({
  symbol: id,
  qty: signedQty,
  price: price.nullish(),
  beta: beta.nullish(),
  /** Annual, a fraction. No policy charges for it yet. */
  volatility: z.number().min(0).max(100).nullish(),
  instrument: instrument.nullish(),
});

export const portfolioSchema = z
  .strictObject({
    account: z.strictObject({
      account_id: id,
      type: z.enum(['REG_T', 'PORTFOLIO']),
      cash: dollars,
    }),
    positions: z.array(portfolioPosition).max(POSITIONS_MAX),
    /** Single fields in place of the preset's. */
    policy: z.strictObject(marginPolicyShape).partial().optional(),
  })
  .meta({ id: 'Portfolio' });

export const portfoliosSchema = z.array(portfolioSchema).max(ACCOUNTS_MAX);

export type Portfolio = z.infer<typeof portfolioSchema>;

/** Why a portfolio is refused at the door (RULES, Figures). `field` is a JSON pointer into it. */
export interface Unsupported {
  readonly field: string;
  readonly code: 'ACCOUNT_TYPE' | 'INSTRUMENT' | 'DUPLICATE_SYMBOL';
  readonly reason: string;
}

/** A position and what is known of it; `beta` is the one used, 1 when `beta_defaulted`. */
export interface EvaluatedPosition {
  readonly symbol: string;
  readonly qty: number;
  readonly price: number | null;
  readonly beta: number;
  readonly beta_defaulted: boolean;
  readonly market_value: number | null;
  readonly beta_weighted: number | null;
  readonly regulatory_req: number | null;
  readonly maintenance_req: number | null;
}

export interface CuresRecord {
  readonly deposit_cash: number;
  /** null when the policy lends nothing on securities. */
  readonly deposit_securities: number | null;
  readonly sell_value: number;
  readonly sell: readonly { readonly symbol: string; readonly qty: number }[];
  readonly cover_value: number;
  readonly cover: readonly { readonly symbol: string; readonly qty: number }[];
  readonly residual_deficiency: number;
}

type Totals = Pick<MarginCalcRecord, keyof typeof NO_TOTALS>;

/**
 * The figures of an evaluated account. Of an INDETERMINATE account whatever depends on a missing price
 * is null, of an UNSUPPORTED one everything that is computed; the shape is always the same.
 */
export interface Evaluation extends Totals {
  readonly account_id: string;
  readonly status: MarginStatus | 'UNSUPPORTED';
  readonly cash: number;
  readonly positions: readonly EvaluatedPosition[];
  readonly stress: readonly ReturnType<typeof encodeStressRow>[] | null;
  readonly cures: CuresRecord | null;
  readonly prices_missing: readonly string[];
  readonly beta_defaulted: readonly string[];
  readonly unsupported: readonly Unsupported[];
}

/** What the rules do not cover yet in a portfolio; nothing else may be computed while there is any. */
export function unsupportedIn(portfolio: Portfolio): Unsupported[] {
  const found: Unsupported[] = [];
  if (portfolio.account.type !== 'REG_T') {
    found.push({
      field: '#/account/type',
      code: 'ACCOUNT_TYPE',
      reason: `${portfolio.account.type} margin is not computed yet`,
    });
  }
  const seen = new Set<string>();
  portfolio.positions.forEach((position, index) => {
    const field = `#/positions/${String(index)}`;
    if (seen.has(position.symbol)) {
      found.push({
        field: `${field}/symbol`,
        code: 'DUPLICATE_SYMBOL',
        reason: `a second position in ${position.symbol}: long and short of one security are not offset yet`,
      });
    }
    seen.add(position.symbol);
    const { instrument: given, symbol } = position;
    if (isPlainEquity(given) && !isDerivativeSymbol(symbol)) return;
    found.push({
      field: `${field}/${isDerivativeSymbol(symbol) ? 'symbol' : 'instrument'}`,
      code: 'INSTRUMENT',
      reason: `${symbol} is not plain equity, and nothing else is margined yet`,
    });
  });
  return found;
}

/** What the core computes with: integers, and the base policy with the portfolio's own fields. */
export function decodePortfolio(
  portfolio: Portfolio,
  base: MarginPolicy,
): { readonly cashE4: number; readonly positions: Position[]; readonly policy: MarginPolicy } {
  return {
    cashE4: toE4(portfolio.account.cash),
    positions: portfolio.positions.map((position) => ({
      symbol: position.symbol,
      qtyE4: toE4(position.qty),
      priceE4: optionalE4(position.price),
      betaE4: optionalE4(position.beta),
    })),
    policy: overridden(base, portfolio.policy ?? {}),
  };
}

/** The evaluation of an account whose positions all have a price. */
export function encodeEvaluation(
  accountId: string,
  figures: DeterminateFigures,
  stress: readonly StressRow[],
  cures: Cures,
): Evaluation {
  return {
    account_id: accountId,
    ...encodeTotals(figures),
    cash: fromE4(figures.cashE4),
    status: figures.status,
    positions: figures.positions.map((position) => encodePosition(position, position)),
    stress: stress.map(encodeStressRow),
    cures: encodeCures(cures),
    prices_missing: [],
    beta_defaulted: figures.betaDefaulted,
    unsupported: [],
  };
}

/** The evaluation of an account with a price missing; `priced` has the positions that have one. */
export function encodeIndeterminate(
  accountId: string,
  figures: IndeterminateFigures,
  priced: readonly PositionFigures[],
): Evaluation {
  const bySymbol = new Map(priced.map((position) => [position.symbol, position]));
  return {
    ...nothingComputed(accountId, figures.cashE4, 'INDETERMINATE'),
    positions: figures.positions.map((position) =>
      encodePosition(position, bySymbol.get(position.symbol) ?? null),
    ),
    prices_missing: figures.pricesMissing,
    beta_defaulted: figures.betaDefaulted,
  };
}

/** The answer to a portfolio that is refused at the door. */
export function encodeUnsupported(
  portfolio: Portfolio,
  positions: readonly Position[],
  unsupported: readonly Unsupported[],
): Evaluation {
  return {
    ...nothingComputed(portfolio.account.account_id, toE4(portfolio.account.cash), 'UNSUPPORTED'),
    positions: positions.map((position) => encodePosition(position, null)),
    unsupported,
  };
}

function nothingComputed(
  accountId: string,
  cashE4: number,
  status: Evaluation['status'],
): Evaluation {
  return {
    account_id: accountId,
    ...NO_TOTALS,
    cash: fromE4(cashE4),
    status,
    positions: [],
    stress: null,
    cures: null,
    prices_missing: [],
    beta_defaulted: [],
    unsupported: [],
  };
}

function encodePosition(position: Position, figures: PositionFigures | null): EvaluatedPosition {
  return {
    symbol: position.symbol,
    qty: fromE4(position.qtyE4),
    price: position.priceE4 === null ? null : fromE4(position.priceE4),
    beta: fromE4(position.betaE4 ?? E4),
    beta_defaulted: position.betaE4 === null,
    market_value: figures === null ? null : fromE4(figures.marketValueE4),
    beta_weighted: figures === null ? null : fromE4(figures.betaWeightedE4),
    regulatory_req: figures === null ? null : fromE4(figures.regulatoryReqE4),
    maintenance_req: figures === null ? null : fromE4(figures.maintenanceReqE4),
  };
}

function encodeCures(cures: Cures): CuresRecord {
  const { depositSecuritiesE4 } = cures;
  return {
    deposit_cash: fromE4(cures.depositCashE4),
    deposit_securities: depositSecuritiesE4 === null ? null : fromE4(depositSecuritiesE4),
    sell_value: fromE4(cures.sellValueE4),
    sell: cures.sell.map(({ symbol, qtyE4 }) => ({ symbol, qty: fromE4(qtyE4) })),
    cover_value: fromE4(cures.coverValueE4),
    cover: cures.cover.map(({ symbol, qtyE4 }) => ({ symbol, qty: fromE4(qtyE4) })),
    residual_deficiency: fromE4(cures.residualDeficiencyE4),
  };
}

function isPlainEquity(given: Portfolio['positions'][number]['instrument']): boolean {
  if (given === null || given === undefined) return true;
  const { type, ...further } = typeof given === 'string' ? { type: given } : given;
  return type === 'EQUITY' && Object.keys(further).length === 0;
}

function overridden(base: MarginPolicy, own: NonNullable<Portfolio['policy']>): MarginPolicy {
  const or = (value: number | undefined, rate: MarginPolicy['costRate']): typeof rate =>
    value === undefined ? rate : rateOf(value);
  return {
    longMaintenanceRate: or(own.long_maintenance_rate, base.longMaintenanceRate),
    shortMaintenanceRate: or(own.short_maintenance_rate, base.shortMaintenanceRate),
    warningBand: or(own.warning_band, base.warningBand),
    bufferRate: or(own.buffer_rate, base.bufferRate),
    costRate: or(own.cost_rate, base.costRate),
  };
}

function optionalE4(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : toE4(value);
}
