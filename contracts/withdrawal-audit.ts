import type { CaseFigures } from '#domain/case-figures.ts';
import type { WithdrawalDecision } from '#domain/withdrawal.ts';
import { MACHINE_ACTORS } from './audit-actors.ts';
import type { AccountAuditRecord } from './case-events.ts';
import { figuresVersionString } from './figures-version.ts';
import type { CashRecord } from './ingest.ts';
import { fromE4 } from './wire.ts';

/** A decision about a withdrawal, with what it saw. Amounts of the domain are in 1/10,000 dollar. */
export interface WithdrawalDecided {
  readonly eventId: string;
  readonly cash: CashRecord;
  readonly decision: WithdrawalDecision;
  readonly figures: CaseFigures;
  readonly cashE4: number;
  /** Unix ms. */
  readonly at: number;
  readonly policyVersion: string;
  readonly correlationId: string;
}

/** The decision as an event of audit.v1: WITHDRAWAL_ALLOWED or WITHDRAWAL_REFUSED (DESIGN 24). */
export function withdrawalAudit(decided: WithdrawalDecided): AccountAuditRecord {
  const { cash, decision, figures } = decided;
  const refusal =
    decision.outcome === 'REFUSED' ? { code: decision.code, rule: decision.rule } : {};
  return {
    event_id: decided.eventId,
    event_type: `WITHDRAWAL_${decision.outcome}`,
    account_id: cash.account_id,
    actor: MACHINE_ACTORS.withdrawalDesk,
    timestamp: new Date(decided.at).toISOString(),
    details: {
      cash_id: cash.cash_id,
      ...refusal,
      observed: fromE4(decision.observedE4),
      limit: fromE4(decision.limitE4),
      cash: fromE4(decided.cashE4),
      figures: {
        version: figuresVersionString(figures.version),
        as_of: figures.asOf,
        status: figures.status,
        ...(figures.status === 'INDETERMINATE'
          ? {}
          : {
              equity: fromE4(figures.equityE4),
              maintenance_req: fromE4(figures.maintenanceReqE4),
              excess: fromE4(figures.excessE4),
              deficiency: fromE4(figures.deficiencyE4),
            }),
      },
      policy_version: decided.policyVersion,
    },
    correlation_id: decided.correlationId,
    causation_id: `cash:${cash.cash_id}`.slice(0, 64),
  };
}
