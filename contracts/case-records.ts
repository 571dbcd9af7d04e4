import type { CancelReason, PublishedAction } from '#domain/ladder-actions.ts';
import { isPublished } from '#domain/ladder-actions.ts';
import { outstandingE4 } from '#domain/ladder-episode.ts';
import type { CaseOrder } from '#domain/ladder-state.ts';
import type { RecordRequest } from './case-activities.ts';
import { auditRecord, encodePart } from './case-audit.ts';
import type {
  AccountAuditRecord,
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
  | { readonly topic: typeof TOPICS.audit.name; readonly record: AccountAuditRecord };

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
    case 'RENOTIFY':
    case 'PAST_DUE':
    case 'MET':
      return [{ topic: TOPICS.marginCalls.name, record: marginCall(common, action) }];
    case 'CLOSE_ONLY':
    case 'LIFT':
    case 'STRESS_ON':
    case 'STRESS_OFF':
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
  RENOTIFY: 'MARGIN_CALL',
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
    renotified: action.type === 'RENOTIFY',
    demand: call === null ? null : fromE4(call.notifiedDemandE4),
    outstanding: call === null ? null : fromE4(outstandingE4(call, action.seen)),
    current_demand: call === null ? null : fromE4(call.currentDemandE4),
    original_demand: call === null ? null : fromE4(call.originalDemandE4),
    peak_demand: call === null ? null : fromE4(call.peakDemandE4),
    issued_at: call === null ? null : (call.issuedAt ?? call.decidedAt),
    due_at: call?.dueAt ?? null,
    met_by: action.type === 'MET' ? action.metBy : null,
  };
}

function restriction(
  common: Common,
  action: Extract<PublishedAction, { type: 'CLOSE_ONLY' | 'LIFT' | 'STRESS_ON' | 'STRESS_OFF' }>,
): RestrictionRecord {
  if (action.type === 'STRESS_ON') {
    const since = new Date(action.underwaterSince).toISOString();
    const reason = `a severe move of the market would leave a deficiency, since ${since}`;
    return { ...common, action: 'CLOSE_ONLY', reason, holder: 'stress' };
  }
  if (action.type === 'STRESS_OFF') {
    const reason = 'no move of the market would leave a deficiency any more';
    return { ...common, action: 'LIFTED', reason, holder: 'stress' };
  }
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

const CANCEL_REASONS: Readonly<Record<CancelReason, string>> = {
  CALL_MET: 'the margin call is met',
  EXCESS_BACK: 'nothing is missing any more; the margin call is not met yet',
  FUNDS_PENDING: 'a person has recorded funds on their way',
  ENFORCEMENT_HELD: 'a person holds enforcement of the account',
};

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
    reason: CANCEL_REASONS[action.why],
    corr_id: action.correlationId,
  };
}
