import type { CaseFigures, PricedCaseFigures } from '#domain/case-figures.ts';
import type { StaleReason } from '#domain/case-events.ts';
import type { CaseAction, LiquidatedPart, PublishedAction } from '#domain/ladder-actions.ts';
import { isPublished } from '#domain/ladder-actions.ts';
import type { CaseOrder } from '#domain/ladder-state.ts';
import type { RecordRequest } from './case-activities.ts';
import type {
  AuditRecord,
  CaseSnapshot,
  LiquidationOrderRecord,
  LiquidationRecord,
  MarginCallRecord,
  OrderCancelRecord,
  RestrictionRecord,
} from './case-events.ts';
import { figuresVersionString } from './figures-version.ts';
import { TOPICS } from './topics.ts';
import { fromE4 } from './wire.ts';

/** A record of one of the case's topics; its key is the account. */
export type CaseRecord =
  | { readonly topic: typeof TOPICS.marginCalls.name; readonly record: MarginCallRecord }
  | { readonly topic: typeof TOPICS.restrictions.name; readonly record: RestrictionRecord }
  | { readonly topic: typeof TOPICS.liquidations.name; readonly record: LiquidationRecord }
  | {
      readonly topic: typeof TOPICS.liquidationOrders.name;
      readonly record: LiquidationOrderRecord;
    }
  | { readonly topic: typeof TOPICS.orderCancels.name; readonly record: OrderCancelRecord }
  | { readonly topic: typeof TOPICS.audit.name; readonly record: AuditRecord };

/** The kind of an audit event that each action writes. */
const AUDIT_EVENT_TYPES: Readonly<Record<CaseAction['type'], string>> = {
  WARN: 'WARNING',
  CLEAR_WARNING: 'WARNING_CLEARED',
  CALL: 'MARGIN_CALL',
  PAST_DUE: 'PAST_DUE',
  CLOSE_ONLY: 'CLOSE_ONLY',
  AWAIT_RELEASE: 'AWAITING_RELEASE',
  TRIGGER: 'LIQUIDATION_TRIGGERED',
  ORDERS: 'LIQUIDATION_ORDERS',
  REPORT_STUCK: 'LIQUIDATION_STUCK',
  CANCEL_ORDERS: 'ORDER_CANCELS',
  MET: 'MET',
  COMPLETE: 'LIQUIDATION_COMPLETED',
  LIFT: 'LIFTED',
  HAND_OVER: 'UNSECURED_DEFICIT',
  HOLD: 'HELD',
  HOLD_CLEARED: 'HOLD_CLEARED',
  ACKNOWLEDGE: 'ACKNOWLEDGED',
};

/**
 * An action as the records that it writes: those of its own topic first, the audit event last, so
 * that an audited action is never missing from its topic (DESIGN 24).
 */
export function caseRecords(request: RecordRequest, eventId: string): CaseRecord[] {
  const { action } = request;
  const own = isPublished(action) ? publishedRecords(request, action, eventId) : [];
  return [...own, { topic: TOPICS.audit.name, record: auditRecord(request, eventId) }];
}

function publishedRecords(
  request: RecordRequest,
  action: PublishedAction,
  eventId: string,
): CaseRecord[] {
  const common = commonFields(request, action, eventId);
  switch (action.type) {
    case 'WARN':
    case 'CALL':
    case 'PAST_DUE':
    case 'MET':
      return [{ topic: TOPICS.marginCalls.name, record: marginCall(common, action) }];
    case 'CLOSE_ONLY':
    case 'LIFT':
      return [{ topic: TOPICS.restrictions.name, record: restriction(common, action) }];
    case 'TRIGGER':
    case 'COMPLETE':
      return [{ topic: TOPICS.liquidations.name, record: liquidation(common, action) }];
    case 'ORDERS':
      return action.orders.map((order) => ({
        topic: TOPICS.liquidationOrders.name,
        record: liquidationOrder(request.accountId, action, order),
      }));
    case 'CANCEL_ORDERS':
      return action.orders.map((order) => ({
        topic: TOPICS.orderCancels.name,
        record: orderCancel(request.accountId, action, order),
      }));
  }
}

type Common = ReturnType<typeof commonFields>;

function commonFields(
  request: RecordRequest,
  action: PublishedAction,
  eventId: string,
): Omit<RestrictionRecord, 'action' | 'reason' | 'holder'> {
  const { seen } = action;
  return {
    event_id: eventId,
    account_id: request.accountId,
    episode: action.episode,
    timestamp: action.decidedAt,
    rung: action.rung,
    status: seen.status,
    figures_version: figuresVersionString(seen.version),
    deficiency: fromE4(seen.deficiencyE4),
    excess: fromE4(seen.excessE4),
    equity: fromE4(seen.equityE4),
    maintenance_req: fromE4(seen.maintenanceReqE4),
    policy_version: action.policyVersion,
    correlation_id: action.correlationId,
  };
}

const CALL_ACTIONS = {
  WARN: 'WARNING',
  CALL: 'MARGIN_CALL',
  PAST_DUE: 'PAST_DUE',
  MET: 'MET',
} as const;

function marginCall(
  common: Common,
  action: Extract<PublishedAction, { type: keyof typeof CALL_ACTIONS }>,
): MarginCallRecord {
  const call = action.type === 'WARN' ? null : action.call;
  return {
    ...common,
    action: CALL_ACTIONS[action.type],
    demand: call === null ? null : fromE4(call.notifiedDemandE4),
    original_demand: call === null ? null : fromE4(call.originalDemandE4),
    peak_demand: call === null ? null : fromE4(call.peakDemandE4),
    issued_at: call === null ? null : (call.issuedAt ?? call.decidedAt),
    due_at: call?.dueAt ?? null,
    met_by: action.type === 'MET' ? action.metBy : null,
  };
}

function restriction(
  common: Common,
  action: Extract<PublishedAction, { type: 'CLOSE_ONLY' | 'LIFT' }>,
): RestrictionRecord {
  if (action.type === 'LIFT') {
    const reason = `the margin call of episode ${String(action.episode)} is met by ${action.metBy}`;
    return { ...common, action: 'LIFTED', reason, holder: 'stale-call' };
  }
  const due = new Date(action.call.dueAt).toISOString();
  const reason = `the margin call of episode ${String(action.episode)} is past due since ${due}`;
  return { ...common, action: 'CLOSE_ONLY', reason, holder: 'stale-call' };
}

function liquidation(
  common: Common,
  action: Extract<PublishedAction, { type: 'TRIGGER' | 'COMPLETE' }>,
): LiquidationRecord {
  return {
    ...common,
    action: action.type === 'TRIGGER' ? 'TRIGGERED' : 'COMPLETED',
    positions: action.parts.filter(({ qtyE4 }) => qtyE4 !== 0).map(encodePart),
    residual_deficiency: action.type === 'COMPLETE' ? fromE4(action.residualE4) : null,
  };
}

function encodePart(part: LiquidatedPart): LiquidationRecord['positions'][number] {
  return {
    symbol: part.symbol,
    qty: fromE4(part.qtyE4),
    price: part.priceE4 === null ? null : fromE4(part.priceE4),
  };
}

function liquidationOrder(
  accountId: string,
  action: Extract<PublishedAction, { type: 'ORDERS' }>,
  order: CaseOrder,
): LiquidationOrderRecord {
  return {
    order_id: order.orderId,
    ts: action.decidedAt,
    account_id: accountId,
    symbol: order.symbol,
    side: order.side,
    qty: fromE4(order.qtyE4),
    price: fromE4(order.priceE4),
    strategy: 'margin-liquidation',
    valid_until: order.validUntil,
    corr_id: action.correlationId,
  };
}

function orderCancel(
  accountId: string,
  action: Extract<PublishedAction, { type: 'CANCEL_ORDERS' }>,
  order: CaseOrder,
): OrderCancelRecord {
  return {
    cancel_id: `${order.orderId}-cancel`,
    order_id: order.orderId,
    account_id: accountId,
    symbol: order.symbol,
    ts: action.decidedAt,
    reason: 'the margin call is met',
    corr_id: action.correlationId,
  };
}

function auditRecord(request: RecordRequest, eventId: string): AuditRecord {
  const { action } = request;
  return {
    event_id: eventId,
    event_type: AUDIT_EVENT_TYPES[action.type],
    account_id: request.accountId,
    timestamp: new Date(action.decidedAt).toISOString(),
    details: {
      action_number: action.number,
      episode: action.episode,
      rung: action.rung,
      proof: action.proof,
      policy_version: action.policyVersion,
      figures: action.seen === null ? null : encodeFigures(action.seen),
      ...actionDetails(action),
      case: caseSnapshot(request),
    },
    correlation_id: action.correlationId,
    causation_id: causationId(action),
  };
}

/** The execution or the version of figures that made the case decide; null for a person. */
function causationId(action: CaseAction): string | null {
  if (action.type === 'ACKNOWLEDGE') return null;
  if (action.executionId !== null) return action.executionId;
  return action.seen === null ? null : `margin.calc:${figuresVersionString(action.seen.version)}`;
}

function actionDetails(action: CaseAction): Record<string, unknown> {
  switch (action.type) {
    case 'WARN':
    case 'CLEAR_WARNING':
    case 'AWAIT_RELEASE':
      return {};
    case 'CALL':
    case 'PAST_DUE':
    case 'CLOSE_ONLY':
      return { call: encodeCall(action) };
    case 'MET':
      return { call: encodeCall(action), met_by: action.metBy };
    case 'LIFT':
      return { met_by: action.metBy };
    case 'TRIGGER':
      return { positions: action.parts.map(encodePart) };
    case 'COMPLETE':
      return {
        positions: action.parts.map(encodePart),
        residual_deficiency: fromE4(action.residualE4),
      };
    case 'ORDERS':
    case 'CANCEL_ORDERS':
      return { orders: action.orders.map(encodeOrder) };
    case 'REPORT_STUCK':
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

function encodeCall({
  call,
}: Extract<CaseAction, { type: 'CALL' | 'PAST_DUE' | 'CLOSE_ONLY' | 'MET' }>): object {
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
    issued_at: summary.issuedAt,
    due_at: summary.dueAt,
    restricted_at: summary.restrictedAt,
    liquidate_at: summary.liquidateAt,
    awaiting_release: summary.awaitingRelease,
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

/** Rises with each action, also from a lost case to the one started after it; string order is its order. */
function caseVersion(caseStartedAt: number, actionNumber: number): string {
  return `${String(caseStartedAt).padStart(15, '0')}-${String(actionNumber).padStart(10, '0')}`;
}

const STALE_TEXT_MAX = 200;

/** A hold's reason in one line, at most 200 characters. */
export function staleText({ code, what, observed, limit }: StaleReason): string {
  return `${code}: ${what}: ${observed}, limit ${limit}`.slice(0, STALE_TEXT_MAX);
}
