import type { AuditRecord } from './case-events.ts';
import type { InstrumentStated } from './instrument-rest.ts';

/** What a person said of an instrument as an event of audit.v1, about `SYMBOL:<symbol>`. */
export function instrumentAudit(
  { symbol, action, reason, timestamp, by, event_id }: InstrumentStated,
  receivedAt: number,
  correlationId: string,
): AuditRecord {
  return {
    event_id,
    event_type: `INSTRUMENT_${action}`,
    account_id: `SYMBOL:${symbol}`,
    timestamp: new Date(receivedAt).toISOString(),
    details: { actor: by, reason, symbol, looked_at: timestamp },
    correlation_id: correlationId,
    causation_id: null,
  };
}
