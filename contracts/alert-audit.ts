import type { AlertCode, AlertRecord } from './alerts.ts';
import type { AuditRecord } from './case-events.ts';

/** These are about the firm, a symbol or a strategy; all others about the account that is their subject. */
const NO_ACCOUNTS: readonly AlertCode[] = ['LIQUIDATION_BRAKE', 'LIMIT_NEARLY_USED', 'ORDER_FLOW'];

/**
 * That a person took an alert on, as an event of audit.v1, keyed by the alert's subject. Beside alerts.v1,
 * which is kept for 30 days only.
 */
export function acknowledgementAudit(
  { alert_id, severity, code, subject, what, since, correlation_id }: AlertRecord,
  by: string,
  at: number,
  eventId: string,
): AuditRecord {
  return {
    event_id: eventId,
    event_type: 'ALERT_ACKNOWLEDGED',
    account_id: NO_ACCOUNTS.includes(code) ? null : subject,
    actor: by,
    timestamp: new Date(at).toISOString(),
    details: { alert_id, severity, code, subject, what, since },
    correlation_id,
    causation_id: null,
  };
}
