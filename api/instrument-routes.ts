import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { InstrumentRecord } from '#contracts/ingest.ts';
import { instrumentAudit, instrumentScope } from '#contracts/instrument-audit.ts';
import {
  instrumentRequestSchema,
  instrumentStatedSchema,
  instrumentSymbol,
} from '#contracts/instrument-rest.ts';
import type { InstrumentStated } from '#contracts/instrument-rest.ts';
import { TOPICS } from '#contracts/topics.ts';
import { statementTimes } from '#domain/input-times.ts';
import type { OutboundRecord } from '#ports/records.ts';
import { ask } from './dependency.ts';
import { repeatableObject } from './object-body.ts';
import { fieldProblem } from './problem.ts';
import { NO_FIELDS, route } from './route.ts';
import type { Route } from './route.ts';
import { timeErrors } from './time-errors.ts';

const NOT_WRITTEN = 'Kafka has not acknowledged in time. Repeat the request as it is.';

const stateInstrument = route({
  method: 'post',
  path: '/instruments/{symbol}',
  operationId: 'stateInstrument',
  summary: 'Says that a doubtful price is right, or that trading is halted or goes on',
  description:
    'For all accounts that hold the symbol. A SUSPICIOUS price counts only when a person has cleared ' +
    'it. Written to audit.v1, as SYMBOL:<symbol>, with the reason and the subject of the token. The ' +
    'same request, its timestamp included, changes nothing twice; with the same Idempotency-Key it is ' +
    'one event of the audit.',
  role: 'operator',
  parameters: z.strictObject({ symbol: instrumentSymbol }),
  query: NO_FIELDS,
  body: repeatableObject(instrumentRequestSchema),
  answers: { status: 202, description: 'Written', schema: instrumentStatedSchema },
  handle: async ({ parameters: { symbol }, body, principal, ...facts }, services) => {
    const errors = timeErrors(body.timestamp, statementTimes(facts.receivedAt), '#/timestamp');
    if (errors.length > 0) return fieldProblem('invalid-fields', errors);
    const { action, reason, timestamp } = body;
    const by = principal.subject;
    const names = [facts.idempotencyKey ?? randomUUID(), by, symbol, action, reason, timestamp];
    const stated: InstrumentStated = {
      symbol,
      action,
      reason,
      timestamp,
      by,
      event_id: eventIdOf(names),
    };
    const audit = instrumentAudit(stated, facts.receivedAt, facts.correlationId);
    const work = services.publisher.publish([
      statementRecord(stated),
      { topic: TOPICS.audit.name, key: instrumentScope(symbol), value: JSON.stringify(audit) },
    ]);
    const written = await ask(work, NOT_WRITTEN, services.logger);
    return written.ok ? { status: 202, json: stated } : written.problem;
  },
});

export const INSTRUMENT_ROUTES: readonly Route[] = [stateInstrument];

function statementRecord({
  symbol,
  action,
  reason,
  timestamp,
  by,
}: InstrumentStated): OutboundRecord {
  const record: InstrumentRecord = { symbol, action, timestamp, by, reason };
  return { topic: TOPICS.instruments.name, key: symbol, value: JSON.stringify(record) };
}

/** The same for the same request of the same person with the same key, another for any other. */
function eventIdOf(names: readonly (string | number)[]): string {
  const hash = createHash('sha256').update(JSON.stringify(names)).digest('hex');
  return `in-${hash.slice(0, 40)}`;
}
