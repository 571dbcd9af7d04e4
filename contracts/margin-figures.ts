import { z } from 'zod';
import type { AccountFigures } from '#domain/margin.ts';
import type { Mark } from '#domain/price-acceptance.ts';
import { PRICE_DOUBTS } from '#domain/price-quality.ts';
import type { StressRow } from '#domain/stress.ts';
import { BLOCKS_MAX, blockSchema } from './adjustments.ts';
import type { AccountBlock } from './adjustments.ts';
import { beta, count, figure, fromE4, id, instant, signedQty, price } from './wire.ts';

/** What the engine publishes: margin.calc.v1, stress.beta_spy.v1, engine.heartbeats.v1. */

export const CAUSES = ['FILL', 'CASH', 'ADJUSTMENT', 'PRICE', 'REFERENCE'] as const;
export type Cause = (typeof CAUSES)[number];

/** The offsets that figures include, per co-partitioned input: the first offset *not* included. */
const inputOffsets = z.strictObject({
  'fills.v1': count,
  'cash.v1': count,
  'adjustments.v1': count,
});

const figuresVersion = { generation: count, sequence: count };

const positionSchema = z.strictObject({
  symbol: id,
  qty: signedQty,
  price: price.nullable(),
  price_ts: instant.nullable(),
  beta: beta.nullable(),
  market_value: figure.nullable(),
  maintenance_req: figure.nullable(),
  price_kind: z
    .literal('CLOSE')
    .optional()
    .describe('there when the price is the official close of a session'),
  quality: z
    .enum(PRICE_DOUBTS)
    .exclude(['STALE'])
    .optional()
    .describe('what the price is doubted for; left out while it is good'),
  unconfirmed_price: price
    .optional()
    .describe(
      'the last tick while it does not count; what a split makes of the price until it is quoted',
    ),
});

/**
 * margin.calc.v1, keyed by account_id, compacted: the last figures of an account. With a price
 * missing, or the account blocked, the status is INDETERMINATE and every figure that depends is null.
 */
export const marginCalcSchema = z
  .strictObject({
    account_id: id,
    ...figuresVersion,
    as_of: instant,
    cause: z.enum(CAUSES),
    input_offsets: inputOffsets,
    credited_total: figure.describe(
      'net cash plus requirement released by fills less their cost, cumulative: what fills and cash, not the market, did to the excess',
    ),
    cash: figure,
    positions: z.array(positionSchema),
    long_mv: figure.nullable(),
    short_mv: figure.nullable(),
    total_mv: figure.nullable(),
    gross_mv: figure.nullable(),
    beta_weighted_exposure: figure.nullable(),
    equity: figure.nullable(),
    regulatory_req: figure.nullable(),
    maintenance_req: figure.nullable(),
    regulatory_excess: figure.nullable(),
    excess: figure.nullable(),
    deficiency: figure.nullable(),
    status: z.enum(['ACTIVE', 'WARNING', 'MARGIN_CALL', 'INDETERMINATE']),
    prices_missing: z.array(id),
    blocked_by: z
      .array(blockSchema)
      .max(BLOCKS_MAX)
      .describe('why the account is not judged until a person clears it'),
    beta_defaulted: z.array(id),
    policy_version: id,
    correlation_id: id,
  })
  .meta({ id: 'MarginCalc' });

/** stress.beta_spy.v1, keyed by account_id: one record per scenario, as the reference has it. */
export const stressSchema = z
  .strictObject({
    account_id: id,
    ...figuresVersion,
    as_of: instant,
    scenario: z.number().min(-1).max(1),
    delta_pnl: figure,
    equity_stressed: figure,
    excess_stressed: figure,
    underwater: z.boolean(),
    correlation_id: id,
  })
  .meta({ id: 'StressResult' });

/**
 * engine.heartbeats.v1, keyed by partition number: at least once a second, and soon after offsets
 * were applied. Positions are first offsets *not* applied; of prices.v1, betas.v1 and
 * instruments.v1 one per partition. `calc_position` is the first offset of margin.calc.v1's partition that the engine has
 * not written: a reader at or past it has seen all that the engine published (DESIGN 8).
 */
export const heartbeatSchema = z
  .strictObject({
    partition: count,
    generation: count,
    applied_offsets: z.strictObject({
      'fills.v1': count,
      'cash.v1': count,
      'adjustments.v1': count,
      'prices.v1': z.array(count),
      'betas.v1': z.array(count),
      'instruments.v1': z.array(count),
    }),
    calc_position: count,
    ts: instant,
  })
  .meta({ id: 'EngineHeartbeat' });

export type MarginCalcRecord = z.infer<typeof marginCalcSchema>;
export type StressRecord = z.infer<typeof stressSchema>;
export type HeartbeatRecord = z.infer<typeof heartbeatSchema>;

/** What the figures of an account are published with. `creditedTotalE4` is 1/10,000 dollar. */
export interface CalcContext {
  readonly accountId: string;
  readonly generation: number;
  readonly sequence: number;
  readonly asOf: number;
  readonly cause: Cause;
  readonly fillsPosition: number;
  readonly cashPosition: number;
  readonly adjustmentsPosition: number;
  readonly blockedBy: readonly AccountBlock[];
  readonly creditedTotalE4: number;
  /** The price that counts, with its time and quality; null while there is none. */
  readonly markOf: (symbol: string) => Mark | null;
  readonly policyVersion: string;
  readonly correlationId: string;
}

/** Domain figures as a margin.calc.v1 record. */
export function encodeMarginCalc(figures: AccountFigures, context: CalcContext): MarginCalcRecord {
  return {
    account_id: context.accountId,
    generation: context.generation,
    sequence: context.sequence,
    as_of: context.asOf,
    cause: context.cause,
    input_offsets: {
      'fills.v1': context.fillsPosition,
      'cash.v1': context.cashPosition,
      'adjustments.v1': context.adjustmentsPosition,
    },
    credited_total: fromE4(context.creditedTotalE4),
    cash: fromE4(figures.cashE4),
    positions: encodePositions(figures, context.markOf),
    ...encodeTotals(figures),
    status: figures.status,
    prices_missing: figures.status === 'INDETERMINATE' ? [...figures.pricesMissing] : [],
    blocked_by: [...context.blockedBy],
    beta_defaulted: [...figures.betaDefaulted],
    policy_version: context.policyVersion,
    correlation_id: context.correlationId,
  };
}

/** One stress row as a stress.beta_spy.v1 record; `scenario` is a fraction (−0.08). */
export function encodeStress(
  row: StressRow,
  calc: Pick<
    MarginCalcRecord,
    'account_id' | 'generation' | 'sequence' | 'as_of' | 'correlation_id'
  >,
): StressRecord {
  return {
    account_id: calc.account_id,
    generation: calc.generation,
    sequence: calc.sequence,
    as_of: calc.as_of,
    ...encodeStressRow(row),
    correlation_id: calc.correlation_id,
  };
}

/** The figures of a stress row in dollars, as topics and `margin evaluate` show them. */
export function encodeStressRow(
  row: StressRow,
): Pick<
  StressRecord,
  'scenario' | 'delta_pnl' | 'equity_stressed' | 'excess_stressed' | 'underwater'
> {
  return {
    scenario: row.scenarioBp / 10_000,
    delta_pnl: fromE4(row.deltaPnlE4),
    equity_stressed: fromE4(row.equityStressedE4),
    excess_stressed: fromE4(row.excessStressedE4),
    underwater: row.underwater,
  };
}

type Totals = Pick<
  MarginCalcRecord,
  | 'long_mv'
  | 'short_mv'
  | 'total_mv'
  | 'gross_mv'
  | 'beta_weighted_exposure'
  | 'equity'
  | 'regulatory_req'
  | 'maintenance_req'
  | 'regulatory_excess'
  | 'excess'
  | 'deficiency'
>;

/** The totals of figures in dollars; all null while a price is missing. */
export function encodeTotals(figures: AccountFigures): Totals {
  if (figures.status === 'INDETERMINATE') return NO_TOTALS;
  return {
    long_mv: fromE4(figures.longMvE4),
    short_mv: fromE4(figures.shortMvE4),
    total_mv: fromE4(figures.totalMvE4),
    gross_mv: fromE4(figures.grossMvE4),
    beta_weighted_exposure: fromE4(figures.betaWeightedExposureE4),
    equity: fromE4(figures.equityE4),
    regulatory_req: fromE4(figures.regulatoryReqE4),
    maintenance_req: fromE4(figures.maintenanceReqE4),
    regulatory_excess: fromE4(figures.regulatoryExcessE4),
    excess: fromE4(figures.excessE4),
    deficiency: fromE4(figures.deficiencyE4),
  };
}

/** The totals of an account for which none can be computed. */
export const NO_TOTALS: Totals = {
  long_mv: null,
  short_mv: null,
  total_mv: null,
  gross_mv: null,
  beta_weighted_exposure: null,
  equity: null,
  regulatory_req: null,
  maintenance_req: null,
  regulatory_excess: null,
  excess: null,
  deficiency: null,
};

function encodePositions(
  figures: AccountFigures,
  markOf: CalcContext['markOf'],
): MarginCalcRecord['positions'] {
  if (figures.status === 'INDETERMINATE') {
    return figures.positions.map((position) => {
      const mark = markOf(position.symbol);
      return {
        symbol: position.symbol,
        qty: fromE4(position.qtyE4),
        price: position.priceE4 === null ? null : fromE4(position.priceE4),
        price_ts: mark?.at ?? null,
        beta: position.betaE4 === null ? null : fromE4(position.betaE4),
        market_value: null,
        maintenance_req: null,
        ...encodeQuality(mark),
      };
    });
  }
  return figures.positions.map((position) => {
    const mark = markOf(position.symbol);
    return {
      symbol: position.symbol,
      qty: fromE4(position.qtyE4),
      price: fromE4(position.priceE4),
      price_ts: mark?.at ?? null,
      beta: position.betaE4 === null ? null : fromE4(position.betaE4),
      market_value: fromE4(position.marketValueE4),
      maintenance_req: fromE4(position.maintenanceReqE4),
      ...encodeQuality(mark),
    };
  });
}

/** Nothing for a good price of a trade, which most are: records stay small. */
function encodeQuality(
  mark: Mark | null,
): Pick<MarginCalcRecord['positions'][number], 'price_kind' | 'quality' | 'unconfirmed_price'> {
  if (mark === null) return {};
  const { kind, quality, unconfirmedPriceE4 } = mark;
  return {
    ...(kind === 'CLOSE' ? { price_kind: kind } : {}),
    ...(quality === undefined ? {} : { quality }),
    ...(unconfirmedPriceE4 === undefined ? {} : { unconfirmed_price: fromE4(unconfirmedPriceE4) }),
  };
}
