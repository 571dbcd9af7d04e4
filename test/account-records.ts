import type { AccountAuditRecord, CaseSnapshot } from '#contracts/case-events.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';

/** Records of an account as the engine and its case write them, to be varied by tests. */

export const NOON = 1_795_262_400_000;

/** A healthy account: 50,000 cash, 500 NVDA at 400 (the reference's T+0). */
export function marginCalc(changes: Partial<MarginCalcRecord> = {}): MarginCalcRecord {
  return {
    account_id: 'ACC_1',
    generation: 1,
    sequence: 1,
    as_of: NOON,
    cause: 'FILL',
    input_offsets: { 'fills.v1': 1, 'cash.v1': 1, 'adjustments.v1': 0 },
    credited_total: 200_000,
    cash: 50_000,
    positions: [
      {
        symbol: 'NVDA',
        qty: 500,
        price: 400,
        price_ts: NOON,
        beta: 1.8,
        market_value: 200_000,
        maintenance_req: 50_000,
      },
    ],
    long_mv: 200_000,
    short_mv: 0,
    total_mv: 200_000,
    gross_mv: 200_000,
    beta_weighted_exposure: 360_000,
    equity: 250_000,
    regulatory_req: 50_000,
    maintenance_req: 50_000,
    regulatory_excess: 200_000,
    excess: 200_000,
    deficiency: 0,
    status: 'ACTIVE',
    prices_missing: [],
    blocked_by: [],
    beta_defaulted: [],
    policy_version: 'demo.1',
    correlation_id: 'corr-1',
    ...changes,
  };
}

/** A case in its margin call. */
export function caseSnapshot(changes: Partial<CaseSnapshot> = {}): CaseSnapshot {
  return {
    case_version: '0000000001-000000000000001',
    rung: 'MARGIN_CALL',
    episode: 1,
    status: 'MARGIN_CALL',
    figures_version: '0000000001-000000000000007',
    policy_version: 'demo.1',
    demand: 10_000,
    outstanding: 10_000,
    issued_at: NOON,
    due_at: NOON + 6_000,
    accelerated_at: null,
    restricted_at: null,
    liquidate_at: null,
    stress_restricted_at: null,
    awaiting_release: false,
    braked: false,
    released_by: [],
    funds_expire_at: null,
    enforcement_hold: null,
    hold: null,
    acknowledged_by: null,
    acknowledged_at: null,
    workflow_id: 'account-case:ACC_1',
    run_id: '0f9c1e6e-0000-4000-8000-000000000001',
    ...changes,
  };
}

/** An audit event about an account. */
export function auditEvent(changes: Partial<AccountAuditRecord> = {}): AccountAuditRecord {
  return {
    event_id: 'event-1',
    event_type: 'MARGIN_CALL',
    account_id: 'ACC_1',
    actor: 'account-case',
    timestamp: new Date(NOON).toISOString(),
    details: {},
    correlation_id: 'corr-1',
    causation_id: null,
    ...changes,
  };
}
