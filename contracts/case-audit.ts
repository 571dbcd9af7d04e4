import type { CaseCommand, CommandOutcome } from '#domain/case-commands.ts';
import type { CaseFigures, PricedCaseFigures } from '#domain/case-figures.ts';
import type { StaleReason } from '#domain/case-events.ts';
import type { CaseAction, LiquidatedPart } from '#domain/ladder-actions.ts';
import type { Holdings } from '#domain/price-proof.ts';
import type { CaseOrder } from '#domain/ladder-state.ts';
import { MACHINE_ACTORS } from './audit-actors.ts';
import type { RecordRequest } from './case-activities.ts';
import type { AccountAuditRecord, CaseSnapshot, LiquidationRecord } from './case-events.ts';
import { figuresVersionString } from './figures-version.ts';
import { fromE4 } from './wire.ts';

/** Each action of a case as its event in audit.v1: what was decided, on what, and the case after it. */

/** The kind of an audit event that each action writes. */
const AUDIT_EVENT_TYPES: Readonly<Record<Exclude<CaseAction['type'], 'COMMANDED'>, string>> = {
  WARN: 'WARNING',
  CLEAR_WARNING: 'WARNING_CLEARED',
  CALL: 'MARGIN_CALL',
  CLOCK_STARTED: 'CLOCK_STARTED',
  RENOTIFY: 'MARGIN_CALL_RENOTIFIED',
  ACCELERATE: 'ACCELERATED',
  PAST_DUE: 'PAST_DUE',
  CLOSE_ONLY: 'CLOSE_ONLY',
  AWAIT_RELEASE: 'AWAITING_RELEASE',
  FUNDS_EXPIRED: 'PENDING_FUNDS_EXPIRED',
  TRIGGER: 'LIQUIDATION_TRIGGERED',
  ORDERS: 'LIQUIDATION_ORDERS',
  WITHHOLD: 'LIQUIDATION_ORDERS_WITHHELD',
  REPORT_STUCK: 'LIQUIDATION_STUCK',
  CANCEL_ORDERS: 'ORDER_CANCELS',
  MET: 'MET',
  COMPLETE: 'LIQUIDATION_COMPLETED',
  LIFT: 'LIFTED',
  STRESS_ON: 'STRESS_CLOSE_ONLY',
  STRESS_OFF: 'STRESS_LIFTED',
  HAND_OVER: 'UNSECURED_DEFICIT',
  HOLD: 'HELD',
  HOLD_CLEARED: 'HOLD_CLEARED',
  ACKNOWLEDGE: 'ACKNOWLEDGED',
};

/** The kind of an audit event that an obeyed command writes, done or waiting for a second person. */
const COMMAND_EVENT_TYPES: Readonly<Record<CaseCommand['type'], Record<CommandOutcome, string>>> = {
  PENDING_FUNDS: { DONE: 'PENDING_FUNDS', AWAITING_SECOND_PERSON: 'PENDING_FUNDS' },
  EXTEND: { DONE: 'CALL_EXTENDED', AWAITING_SECOND_PERSON: 'CALL_EXTENDED' },
  RELEASE: {
    DONE: 'LIQUIDATION_RELEASED',
    AWAITING_SECOND_PERSON: 'LIQUIDATION_RELEASE_REQUESTED',
  },
  HOLD: { DONE: 'ENFORCEMENT_HELD', AWAITING_SECOND_PERSON: 'ENFORCEMENT_HELD' },
  RESUME: {
    DONE: 'ENFORCEMENT_RESUMED',
    AWAITING_SECOND_PERSON: 'ENFORCEMENT_RESUME_REQUESTED',
  },
};

function auditEventType(action: CaseAction): string {
  if (action.type !== 'COMMANDED') return AUDIT_EVENT_TYPES[action.type];
  return COMMAND_EVENT_TYPES[action.command.type][action.outcome];
}

/** The audit event of an action. */
export function auditRecord(request: RecordRequest, eventId: string): AccountAuditRecord {
  const { action } = request;
  return {
    event_id: eventId,
    event_type: auditEventType(action),
    account_id: request.accountId,
    actor: actorOf(action),
    timestamp: new Date(action.decidedAt).toISOString(),
    details: {
      action_number: action.number,
      episode: action.episode,
      rung: action.rung,
      proof: action.proof,
      policy_version: action.policyVersion,
      policy_hash: action.policyHash,
      figures: action.seen === null ? null : encodeFigures(action.seen),
      evidence: action.held === null ? null : encodeHoldings(action.held),
      ...actionDetails(action),
      case: caseSnapshot(request),
    },
    correlation_id: action.correlationId,
    causation_id: causationId(action),
  };
}

/** Who decided: a person, or the product by its rules. */
function actorOf(action: CaseAction): string {
  if (action.type === 'ACKNOWLEDGE') return action.by;
  return action.type === 'COMMANDED' ? action.command.by : MACHINE_ACTORS.accountCase;
}

/** What a re-read found in the account: prices with their times, and what they are doubted for. */
function encodeHoldings({ cashE4, positions }: Holdings): object {
  return {
    cash: fromE4(cashE4),
    positions: positions.map(({ symbol, qtyE4, priceE4, betaE4, quotedAt, quality }) => ({
      symbol,
      qty: fromE4(qtyE4),
      price: priceE4 === null ? null : fromE4(priceE4),
      price_ts: quotedAt ?? null,
      beta: betaE4 === null ? null : fromE4(betaE4),
      ...(quality === undefined ? {} : { quality }),
    })),
  };
}

/** The execution or the version of figures that made the case decide; null for a person. */
function causationId(action: CaseAction): string | null {
  if (action.type === 'ACKNOWLEDGE') return null;
  if (action.type === 'COMMANDED') return action.command.commandId;
  if (action.executionId !== null) return action.executionId;
  return action.seen === null ? null : `margin.calc:${figuresVersionString(action.seen.version)}`;
}

function actionDetails(action: CaseAction): Record<string, unknown> {
  switch (action.type) {
    case 'WARN':
    case 'CLEAR_WARNING':
      return {};
    case 'AWAIT_RELEASE':
      return {
        notional: fromE4(action.notionalE4),
        persons: action.persons,
        urgent: action.isUrgent,
        ...(action.isBraked ? { reason: 'LIQUIDATION_BRAKE' } : {}),
      };
    case 'COMMANDED':
      return { command: encodeCommand(action.command), outcome: action.outcome };
    case 'FUNDS_EXPIRED':
      return { by: action.funds.by, expires_at: action.funds.expiresAt };
    case 'CLOCK_STARTED':
      return { clock: action.clock, started_at: action.startedAt, ends_at: action.endsAt };
    case 'ACCELERATE':
      return { critical_since: action.criticalSince };
    case 'CALL':
    case 'RENOTIFY':
    case 'PAST_DUE':
    case 'CLOSE_ONLY':
      return { call: encodeCall(action) };
    case 'MET':
      return { call: encodeCall(action), met_by: action.metBy };
    case 'LIFT':
      return { met_by: action.metBy };
    case 'STRESS_ON':
      return {
        underwater_since: action.underwaterSince,
        scenario: action.stress.severeBp / 10_000,
        excess_stressed: fromE4(action.stress.severeE4),
      };
    case 'STRESS_OFF':
      return { held_since: action.heldSince };
    case 'TRIGGER':
      return { positions: action.parts.map(encodePart) };
    case 'COMPLETE':
      return encodeCompleted(action);
    case 'ORDERS':
      return { orders: action.orders.map(encodeOrder) };
    case 'WITHHOLD':
      return { reason: action.reason, orders: action.orders.map(encodeOrder) };
    case 'REPORT_STUCK':
    case 'CANCEL_ORDERS':
      return { why: action.why, orders: action.orders.map(encodeOrder) };
    case 'HAND_OVER':
      return { residual_deficiency: fromE4(action.residualE4) };
    case 'HOLD':
      return { reason: action.reason };
    case 'HOLD_CLEARED':
      return { reason: action.reason, held_since: action.heldSince };
    case 'ACKNOWLEDGE':
      return { by: action.by, at: action.at, note: action.note };
  }
}

function encodeCompleted({
  parts,
  residualE4,
}: Extract<CaseAction, { type: 'COMPLETE' }>): Record<string, unknown> {
  return { positions: parts.map(encodePart), residual_deficiency: fromE4(residualE4) };
}

function encodeCall({
  call,
}: Extract<CaseAction, { type: 'CALL' | 'RENOTIFY' | 'PAST_DUE' | 'CLOSE_ONLY' | 'MET' }>): object {
  return {
    demand: fromE4(call.notifiedDemandE4),
    original_demand: fromE4(call.originalDemandE4),
    current_demand: fromE4(call.currentDemandE4),
    peak_demand: fromE4(call.peakDemandE4),
    credited_at_issue: fromE4(call.creditedAtIssueE4),
    issued_at: call.issuedAt,
    due_at: call.dueAt,
  };
}

/** Who said what, under which id, and why. */
function encodeCommand(command: CaseCommand): object {
  const said = { id: command.commandId, type: command.type, by: command.by, at: command.at };
  switch (command.type) {
    case 'PENDING_FUNDS':
      return {
        ...said,
        amount: fromE4(command.amountE4),
        evidence: command.evidence,
        expires_at: command.fundsExpireAt,
      };
    case 'EXTEND':
      return {
        ...said,
        due_at: command.dueAt,
        reason: command.reason,
        authority_reference: command.authorityReference,
      };
    case 'RELEASE':
    case 'HOLD':
    case 'RESUME':
      return { ...said, reason: command.reason };
  }
}

function encodeOrder(order: CaseOrder): object {
  return {
    order_id: order.orderId,
    slice: order.slice,
    symbol: order.symbol,
    side: order.side,
    qty: fromE4(order.qtyE4),
    price: fromE4(order.priceE4),
    filled_qty: fromE4(order.cumQtyE4),
    valid_until: order.validUntil,
  };
}

function encodeFigures(figures: CaseFigures): object {
  const seen = {
    version: figuresVersionString(figures.version),
    as_of: figures.asOf,
    status: figures.status,
    credited_total: fromE4(figures.creditedTotalE4),
    fills_position: figures.fillsPosition,
    correlation_id: figures.correlationId,
  };
  if (figures.status === 'INDETERMINATE') return { ...seen, prices_missing: figures.pricesMissing };
  return { ...seen, ...encodeAmounts(figures) };
}

function encodeAmounts(figures: PricedCaseFigures): object {
  return {
    equity: fromE4(figures.equityE4),
    maintenance_req: fromE4(figures.maintenanceReqE4),
    gross_mv: fromE4(figures.grossMvE4),
    excess: fromE4(figures.excessE4),
    deficiency: fromE4(figures.deficiencyE4),
    ...(figures.regulatoryReqE4 === undefined
      ? {}
      : { regulatory_req: fromE4(figures.regulatoryReqE4) }),
    ...(figures.stress === undefined
      ? {}
      : { severe_stress_excess: fromE4(figures.stress.severeE4) }),
  };
}

function caseSnapshot(request: RecordRequest): CaseSnapshot {
  const { summary, action } = request;
  return {
    case_version: caseVersion(request.caseStartedAt, action.number),
    rung: summary.rung,
    episode: summary.episode,
    status: summary.status,
    figures_version:
      summary.figuresVersion === null ? null : figuresVersionString(summary.figuresVersion),
    policy_version: action.policyVersion,
    demand: summary.demandE4 === null ? null : fromE4(summary.demandE4),
    outstanding: summary.outstandingE4 === null ? null : fromE4(summary.outstandingE4),
    issued_at: summary.issuedAt,
    due_at: summary.dueAt,
    accelerated_at: summary.acceleratedAt,
    restricted_at: summary.restrictedAt,
    liquidate_at: summary.liquidateAt,
    stress_restricted_at: summary.stressRestrictedAt,
    awaiting_release: summary.awaitingRelease,
    braked: summary.isBraked,
    released_by: [...summary.releasedBy],
    funds_expire_at: summary.fundsExpireAt,
    enforcement_hold: encodeEnforcementHold(summary.enforcementHold),
    hold:
      summary.hold === null
        ? null
        : { reason: staleText(summary.hold.reason), since: summary.hold.since },
    acknowledged_by: summary.acknowledgedBy,
    acknowledged_at: summary.acknowledgedAt,
    workflow_id: request.workflowId,
    run_id: request.runId,
  };
}

function encodeEnforcementHold(
  hold: RecordRequest['summary']['enforcementHold'],
): CaseSnapshot['enforcement_hold'] {
  if (hold === null) return null;
  const { by, since, reason, resumeAskedBy } = hold;
  return { by, since, reason, resume_asked_by: resumeAskedBy };
}

/** Rises with each action, also from a lost case to the one started after it; string order is its order. */
function caseVersion(caseStartedAt: number, actionNumber: number): string {
  return `${String(caseStartedAt).padStart(15, '0')}-${String(actionNumber).padStart(10, '0')}`;
}

const STALE_TEXT_MAX = 200;

/** A hold's reason in one line, at most 200 characters. */
export function staleText({ code, what, observed, limit }: StaleReason): string {
  return `${code}: ${what}: ${observed}, limit ${limit}`.slice(0, STALE_TEXT_MAX);
}

/** A part of a position in shares and dollars. */
export function encodePart(part: LiquidatedPart): LiquidationRecord['positions'][number] {
  return {
    symbol: part.symbol,
    qty: fromE4(part.qtyE4),
    price: part.priceE4 === null ? null : fromE4(part.priceE4),
  };
}
