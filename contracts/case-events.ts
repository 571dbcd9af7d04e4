import { z } from 'zod';
import { MACHINE_ACTORS } from './audit-actors.ts';
import { count, decimal, figure, id, instant, price, signedQty, text } from './wire.ts';

/** What a case does to the world: margin.calls.v1, restrictions.v1, liquidations.v1, orders, audit.v1. */

export const RUNG_NAMES = [
  'ACTIVE',
  'WARNING',
  'MARGIN_CALL',
  'RESTRICTED',
  'LIQUIDATING',
  'UNSECURED_DEFICIT',
] as const;

const rung = z.enum(RUNG_NAMES);

/** What every event of a case carries: which case, which decision, on which figures. */
const caseEvent = {
  event_id: id,
  account_id: id,
  episode: count,
  timestamp: instant,
  rung,
  status: z.enum(['ACTIVE', 'WARNING', 'MARGIN_CALL', 'INDETERMINATE']),
  figures_version: id,
  deficiency: figure,
  excess: figure,
  equity: figure,
  maintenance_req: figure,
  policy_version: id,
  correlation_id: id,
};

/**
 * margin.calls.v1, keyed by account_id. A MARGIN_CALL with `renotified` says a higher demand of a call
 * that is open; its due instant stays. In the first MARGIN_CALL `due_at` is the earliest instant at which
 * the call can be past due; the case's clock starts when the broker has acknowledged this record, so
 * the enforced instant in PAST_DUE is never earlier.
 */
export const marginCallSchema = z
  .strictObject({
    ...caseEvent,
    action: z.enum(['WARNING', 'MARGIN_CALL', 'PAST_DUE', 'MET']),
    renotified: z.boolean(),
    demand: figure.nullable(),
    outstanding: figure.nullable(),
    current_demand: figure
      .nullable()
      .describe('the demand in total that these figures give; `demand` is the one last notified'),
    original_demand: figure.nullable(),
    peak_demand: figure.nullable(),
    issued_at: instant.nullable(),
    due_at: instant.nullable(),
    met_by: z.enum(['CREDIT', 'MARKET', 'LIQUIDATION']).nullable(),
  })
  .meta({ id: 'MarginCall' });

/** restrictions.v1, keyed by account_id: the event log of margin restrictions. */
export const restrictionSchema = z
  .strictObject({
    ...caseEvent,
    action: z.enum(['CLOSE_ONLY', 'LIFTED']),
    reason: text(200),
    holder: z
      .enum(['stale-call', 'stress'])
      .describe('who put it on or lifts it; the account is close-only while any holder has it on'),
  })
  .meta({ id: 'Restriction' });

/** liquidations.v1, keyed by account_id. `residual_deficiency` is what selling could not cover. */
export const liquidationSchema = z
  .strictObject({
    ...caseEvent,
    action: z.enum(['TRIGGERED', 'COMPLETED']),
    positions: z.array(z.strictObject({ symbol: id, qty: signedQty, price: price.nullable() })),
    residual_deficiency: figure.nullable(),
  })
  .meta({ id: 'Liquidation' });

const quantity = decimal(100_000_000).positive();

/** liquidation.orders.v1 (and later orders.v1), keyed by account_id. `price` is the last price it was planned at. */
export const liquidationOrderSchema = z
  .strictObject({
    order_id: id,
    ts: instant,
    account_id: id,
    symbol: id,
    side: z.enum(['BUY', 'SELL']),
    qty: quantity,
    price,
    strategy: id,
    valid_until: instant,
    corr_id: id,
  })
  .meta({ id: 'LiquidationOrder' });

/** order.cancels.v1, keyed by account_id. */
export const orderCancelSchema = z
  .strictObject({
    cancel_id: id,
    order_id: id,
    account_id: id,
    symbol: id,
    ts: instant,
    reason: text(200),
    corr_id: id,
  })
  .meta({ id: 'OrderCancel' });

const TERMINAL_STATUSES = ['FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED'] as const;

/**
 * executions.v1, keyed by account_id. `fill_partition` and `fill_offset` name the record of fills.v1
 * that this execution wrote, null when it moved no shares (DESIGN 12).
 */
export const executionSchema = z
  .strictObject({
    exec_id: id,
    order_id: id,
    account_id: id,
    symbol: id,
    side: z.enum(['BUY', 'SELL']),
    last_qty: decimal(100_000_000).min(0),
    last_price: price.nullable(),
    cum_qty: decimal(100_000_000).min(0),
    leaves_qty: decimal(100_000_000).min(0),
    status: z
      .enum(['ACCEPTED', 'PARTIALLY_FILLED', ...TERMINAL_STATUSES])
      .describe('ACCEPTED: the order works at the venue; its case is not told'),
    reason: text(200).nullable(),
    timestamp: instant,
    fill_partition: count.nullable(),
    fill_offset: count.nullable(),
    corr_id: id,
  })
  .meta({ id: 'Execution' });

/**
 * The state of a case after a decision: what the console and the state index show. `case_version`
 * rises with each decision, also over a lost and restarted case; its string order is its order.
 */
export const caseSnapshotSchema = z
  .strictObject({
    case_version: id,
    rung,
    episode: count,
    status: z.enum(['ACTIVE', 'WARNING', 'MARGIN_CALL', 'INDETERMINATE']),
    figures_version: id.nullable(),
    policy_version: id,
    demand: figure.nullable(),
    outstanding: figure.nullable(),
    issued_at: instant.nullable(),
    due_at: instant.nullable(),
    accelerated_at: instant.nullable(),
    restricted_at: instant.nullable(),
    liquidate_at: instant.nullable(),
    stress_restricted_at: instant.nullable(),
    awaiting_release: z.boolean(),
    braked: z.boolean().describe('the liquidation brake stopped it: two persons release it'),
    released_by: z.array(text(64)),
    funds_expire_at: instant.nullable(),
    enforcement_hold: z
      .strictObject({
        by: text(64),
        since: instant,
        reason: text(500),
        resume_asked_by: text(64).nullable(),
      })
      .nullable(),
    hold: z.strictObject({ reason: text(200), since: instant }).nullable(),
    acknowledged_by: text(64).nullable(),
    acknowledged_at: instant.nullable(),
    workflow_id: text(100),
    run_id: text(64),
  })
  .meta({ id: 'CaseSnapshot' });

/**
 * audit.v1, keyed by subject: an account's events by account_id, the firm's by scope with account_id null.
 * `timestamp` is ISO 8601 UTC, as the reference has it.
 */
export const auditSchema = z
  .strictObject({
    event_id: id,
    event_type: id,
    account_id: id.nullable(),
    actor: text(64).describe(
      `who decided: a person, or a part of the product (${Object.values(MACHINE_ACTORS).join(', ')})`,
    ),
    timestamp: z.iso.datetime(),
    details: z.record(z.string(), z.unknown()),
    correlation_id: id,
    causation_id: id.nullable(),
  })
  .meta({ id: 'AuditEvent' });

export type MarginCallRecord = z.infer<typeof marginCallSchema>;
export type RestrictionRecord = z.infer<typeof restrictionSchema>;
export type LiquidationRecord = z.infer<typeof liquidationSchema>;
export type LiquidationOrderRecord = z.infer<typeof liquidationOrderSchema>;
export type OrderCancelRecord = z.infer<typeof orderCancelSchema>;
export type ExecutionRecord = z.infer<typeof executionSchema>;

/** Is the order over with this execution? One that is accepted or filled in part still works. */
export function endsOrder({ status }: Pick<ExecutionRecord, 'status'>): boolean {
  return status !== 'ACCEPTED' && status !== 'PARTIALLY_FILLED';
}

export type CaseSnapshot = z.infer<typeof caseSnapshotSchema>;
export type AuditRecord = z.infer<typeof auditSchema>;
/** An audit event of an account. */
export type AccountAuditRecord = AuditRecord & { readonly account_id: string };
