import type { CaseExecution, ExecutionEvent } from '#domain/case-events.ts';
import { LIQUIDATION_ID_PREFIX } from '#domain/gate/orders.ts';
import type { CommandOutcome } from '#domain/case-commands.ts';
import type { CaseFigures, PricedCaseFigures } from '#domain/case-figures.ts';
import type { Policy } from '#domain/policy.ts';
import type { QuotedPosition } from '#domain/price-quality.ts';
import type { CaseSummary } from '#domain/case-summary.ts';
import { stressExcessOf } from '#domain/stress-verdict.ts';
import { z } from 'zod';
import type { ExecutionRecord } from './case-events.ts';
import type { MarginCalcRecord } from './margin-figures.ts';
import { instant, text, toE4 } from './wire.ts';

/** How the outside talks to an account-case workflow: names, messages and their mapping from topics. */

export const ACCOUNT_CASE_WORKFLOW = 'accountCase';
export const MACHINE_EVENT_SIGNAL = 'machineEvent';
export const ACKNOWLEDGE_SIGNAL = 'acknowledge';
export const HOLD_SIGNAL = 'hold';
export const COMMAND_UPDATE = 'command';

/** Task queue of the account cases, after the environment's prefix. */
export const ACCOUNT_CASE_TASK_QUEUE = 'account-cases';

/** The search attributes of a case. SentinelDeficiency is dollars, SentinelFiguresVersion the version's string. */
export const CASE_SEARCH_ATTRIBUTES = {
  SentinelRung: 'KEYWORD',
  SentinelStatus: 'KEYWORD',
  SentinelFiguresVersion: 'KEYWORD',
  SentinelPolicy: 'KEYWORD',
  SentinelStress: 'KEYWORD',
  SentinelDeficiency: 'DOUBLE',
  SentinelDueAt: 'DATETIME',
} as const;

/** The id of an account's case; the prefix lets tests and demos share a server. */
export function accountCaseId(prefix: string, accountId: string): string {
  return `${prefix}account-case:${accountId}`;
}

/** The account of a case's workflow id, or null when it is none of this prefix. */
export function accountOfCaseId(prefix: string, workflowId: string): string | null {
  const start = `${prefix}account-case:`;
  return workflowId.startsWith(start) ? workflowId.slice(start.length) : null;
}

/** What the workflow is started with. */
export interface AccountCaseInput {
  readonly accountId: string;
}

/** The payload of `acknowledge`, from the API or typed by hand in the Temporal Web UI. */
export const acknowledgeSchema = z
  .strictObject({
    by: text(64),
    at: instant,
    note: text(500).nullable(),
  })
  .meta({ id: 'CaseAcknowledgement' });
export type AcknowledgeMessage = z.infer<typeof acknowledgeSchema>;

/** The payload of `hold`, typed by hand in the Temporal Web UI: it only stops, so that it needs no proof. */
export interface HoldMessage {
  readonly by: string;
  readonly reason: string;
}

/** What the update `command` answers when the case obeyed; a refusal is an ApplicationFailure. */
export interface CommandReply {
  readonly commandId: string;
  readonly outcome: CommandOutcome;
  /** The case right after it. */
  readonly case: CaseSummary;
}

/** The part of a margin.calc.v1 record on which a case decides; its stress by `policy`. */
export function caseFiguresOf(record: MarginCalcRecord, policy: Policy): CaseFigures {
  const seen = {
    version: { generation: record.generation, sequence: record.sequence },
    asOf: record.as_of,
    creditedTotalE4: toE4(record.credited_total),
    fillsPosition: record.input_offsets['fills.v1'],
    correlationId: record.correlation_id,
  };
  const { equity, maintenance_req, gross_mv, excess, deficiency } = record;
  if (
    record.status === 'INDETERMINATE' ||
    equity === null ||
    maintenance_req === null ||
    gross_mv === null ||
    excess === null ||
    deficiency === null
  ) {
    return {
      ...seen,
      status: 'INDETERMINATE',
      pricesMissing: record.prices_missing,
      ...(record.blocked_by.length === 0
        ? {}
        : { blockedBy: record.blocked_by.map(({ code, what }) => `${code} ${what}`) }),
    };
  }
  return {
    ...seen,
    status: record.status,
    equityE4: toE4(equity),
    maintenanceReqE4: toE4(maintenance_req),
    grossMvE4: toE4(gross_mv),
    excessE4: toE4(excess),
    deficiencyE4: toE4(deficiency),
    ...(record.regulatory_req === null ? {} : { regulatoryReqE4: toE4(record.regulatory_req) }),
    ...stressOf(record, policy),
  };
}

/** Nothing for an account beyond the exact range of money. */
function stressOf(record: MarginCalcRecord, policy: Policy): Pick<PricedCaseFigures, 'stress'> {
  const { beta_weighted_exposure: exposure, equity, maintenance_req: requirement } = record;
  if (exposure === null || equity === null || requirement === null) return {};
  const stress = stressExcessOf(
    {
      cashE4: toE4(record.cash),
      betaWeightedExposureE4: toE4(exposure),
      equityE4: toE4(equity),
      maintenanceReqE4: toE4(requirement),
      positions: positionsOf(record),
    },
    policy,
  );
  return stress === null ? {} : { stress };
}

/** The positions of a margin.calc.v1 record. */
export function positionsOf(record: MarginCalcRecord): QuotedPosition[] {
  return record.positions.map((position) => {
    const { quality, unconfirmed_price: unconfirmed } = position;
    return {
      symbol: position.symbol,
      qtyE4: toE4(position.qty),
      priceE4: position.price === null ? null : toE4(position.price),
      betaE4: position.beta === null ? null : toE4(position.beta),
      quotedAt: position.price_ts,
      ...(quality === undefined ? {} : { quality }),
      ...(unconfirmed === undefined ? {} : { unconfirmedPriceE4: toE4(unconfirmed) }),
    };
  });
}

/** The signal that tells a case an execution of its order; null for a customer's, which is no case's business. */
export function executionEvent(record: ExecutionRecord): ExecutionEvent | null {
  const { status } = record;
  if (status === 'ACCEPTED' || !record.order_id.startsWith(LIQUIDATION_ID_PREFIX)) return null;
  const execution: CaseExecution = {
    execId: record.exec_id,
    orderId: record.order_id,
    cumQtyE4: toE4(record.cum_qty),
    status,
    fillOffset: record.fill_offset,
  };
  return { type: 'EXECUTION', execution };
}
