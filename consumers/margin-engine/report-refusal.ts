import { deadLetterKey } from '#contracts/dead-letter.ts';
import type { Refusal } from '#contracts/dead-letter.ts';
import type { Logger } from '#ports/logger.ts';
import type { InboundRecord } from '#ports/records.ts';
import type { EngineMetrics } from './engine-metrics.ts';
import { originOf } from './intake.ts';

/** Counts a refused record and says where it lay, under the correlation id of what it was to become. */
export function reportRefusal(
  record: InboundRecord,
  { code, reason, accountId }: Refusal,
  logger: Logger,
  { deadLetters }: EngineMetrics,
): void {
  deadLetters.inc({ topic: record.topic, code });
  logger.warn(
    {
      event: 'dead_letter',
      origin: deadLetterKey(record),
      code,
      account_id: accountId ?? null,
      correlation_id: originOf(record),
    },
    reason,
  );
}
