import type { AuditRecord } from './case-events.ts';
import type { InstrumentStated } from './instrument-rest.ts';

/** The key of what concerns all holders of an instrument. */
export function instrumentScope(symbol: string): string {
  return `SYMBOL:${symbol}`;
}

/** What a person said of an instrument as an event of audit.v1, keyed by `instrumentScope(symbol)`; no account's. */
export function instrumentAudit(
  { symbol, action, reason, timestamp, by, event_id }: InstrumentStated,
  receivedAt: number,
  correlationId: string,
): AuditRecord {
  return {
    event_id,
    event_type: `INSTRUMENT_${action}`,
    account_id: null,
    actor: by,
    timestamp: new Date(receivedAt).toISOString(),
    details: { reason, symbol, looked_at: timestamp },
    correlation_id: correlationId,
    causation_id: null,
  };
}
