import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  adjustmentRecords,
  adjustmentSubmissionSchema,
  decodeAdjustment,
} from '#contracts/adjustments.ts';
import type { AdjustmentRecord, AdjustmentSubmission } from '#contracts/adjustments.ts';
import { adjustedSchema, clearedSchema, clearRequestSchema } from '#contracts/rest.ts';
import type { Accepted, Adjusted, Cleared } from '#contracts/rest.ts';
import { TOPICS } from '#contracts/topics.ts';
import { id } from '#contracts/wire.ts';
import { takesOut } from '#domain/adjustments.ts';
import { bookingTimes } from '#domain/input-times.ts';
import { batchOf } from './batch-body.ts';
import { ask } from './dependency.ts';
import type { Asked } from './dependency.ts';
import { requiredObject } from './object-body.ts';
import type { Problem } from './problem.ts';
import { NO_FIELDS, route } from './route.ts';
import type { Reply, Route } from './route.ts';
import type { ApiServices } from './services.ts';

/** Changes of an account's books by a person: who it is stands in the token, never in the body. */

const NOT_WRITTEN = 'Kafka has not acknowledged in time. Repeat the request with the same ids.';
const INDEX_AWAY = 'The state index does not answer. Name the blocks, or repeat the request.';

const postAdjustments = route({
  method: 'post',
  path: '/adjustments',
  operationId: 'postAdjustments',
  summary: 'Takes transfers, splits, changes of symbol, journals and reconciliation breaks',
  description:
    'One or a batch, all or nothing. A split is of one account: post one for each holder. A journal ' +
    'becomes two records, <id>.from and <id>.to. Each counts once by its adjustment_id and is written ' +
    'to audit.v1 with the reason and the subject of the token. An adjustment that cannot be booked ' +
    `goes to ${TOPICS.adjustments.name}.dlq and blocks its account. Where something leaves an account ` +
    'the whole request takes two different persons: the first is answered with ' +
    'awaiting_second_person, the second posts the very same within an hour.',
  role: 'operator',
  parameters: NO_FIELDS,
  query: NO_FIELDS,
  body: batchOf({
    record: adjustmentSubmissionSchema,
    submission: adjustmentSubmissionSchema,
    idField: null,
    timeField: 'timestamp',
    timeOf: ({ timestamp }) => timestamp,
    times: bookingTimes,
  }),
  answers: { status: 202, description: 'Written, or awaiting', schema: adjustedSchema },
  handle: async ({ body, principal, correlationId, receivedAt }, services) => {
    const byOne = recordsOf(body, principal.subject, null, correlationId);
    if (!byOne.some((record) => takesOut(decodeAdjustment(record)))) return post(byOne, services);
    const persons = services.secondPersons.ask(body, principal.subject, receivedAt);
    if (persons !== null) {
      return post(recordsOf(body, persons.second, persons.first, correlationId), services);
    }
    const awaiting: Adjusted = {
      accepted: [],
      awaiting_second_person: body.map(({ adjustment_id }) => adjustment_id),
    };
    return { status: 202, json: awaiting };
  },
});

const clearAccount = route({
  method: 'post',
  path: '/accounts/{account_id}/clear',
  operationId: 'clearAccount',
  summary: 'Says that what blocks an account is settled: it is judged again',
  description:
    'Only the blocks named are cleared, or those that the account shows now: one that comes ' +
    'meanwhile stays. Written to audit.v1 with the reason and the subject of the token.',
  role: 'operator',
  parameters: z.strictObject({ account_id: id }),
  query: NO_FIELDS,
  body: requiredObject(clearRequestSchema),
  answers: { status: 202, description: 'Written', schema: clearedSchema },
  handle: async ({ parameters, body, principal, correlationId, receivedAt }, services) => {
    const accountId = parameters.account_id;
    const clears = body.blocks ?? (await shownBlocks(accountId, services));
    if ('kind' in clears) return clears;
    const adjustmentId = `clear:${randomUUID()}`;
    const written = await publish(
      [
        {
          kind: 'CLEAR',
          adjustment_id: adjustmentId,
          account_id: accountId,
          clears,
          reason: body.reason,
          actor: principal.subject,
          timestamp: receivedAt,
          correlation_id: correlationId,
        },
      ],
      services,
    );
    if (!written.ok) return written.problem;
    const cleared: Cleared = {
      account_id: accountId,
      adjustment_id: adjustmentId,
      cleared: clears,
      cleared_by: principal.subject,
      cleared_at: receivedAt,
    };
    return { status: 202, json: cleared };
  },
});

export const ADJUSTMENT_ROUTES: readonly Route[] = [postAdjustments, clearAccount];

function recordsOf(
  submissions: readonly AdjustmentSubmission[],
  actor: string,
  requestedBy: string | null,
  correlationId: string,
): AdjustmentRecord[] {
  return submissions.flatMap((submission) =>
    adjustmentRecords(submission, actor, correlationId, requestedBy),
  );
}

async function post(
  records: readonly AdjustmentRecord[],
  services: ApiServices,
): Promise<Reply | Problem> {
  const written = await publish(records, services);
  if (!written.ok) return written.problem;
  const adjusted: Adjusted = { ...written.value, awaiting_second_person: [] };
  return { status: 202, json: adjusted };
}

/** What blocks the account as the state index shows it. */
async function shownBlocks(
  accountId: string,
  { accounts, logger }: ApiServices,
): Promise<string[] | Problem> {
  const found = await ask(accounts.get(accountId), INDEX_AWAY, logger);
  if (!found.ok) return found.problem;
  const blocks = found.value?.figures?.blocked_by ?? [];
  if (blocks.length > 0) return blocks.map(({ what }) => what);
  return { kind: 'not-found', detail: `Nothing blocks account ${accountId}.` };
}

async function publish(
  records: readonly AdjustmentRecord[],
  { publisher, logger }: ApiServices,
): Promise<Asked<Accepted>> {
  const work = publisher.publish(
    records.map((record) => ({
      topic: TOPICS.adjustments.name,
      key: record.account_id,
      value: JSON.stringify(record),
    })),
  );
  const written = await ask(work, NOT_WRITTEN, logger);
  if (!written.ok) return written;
  const accepted = written.value.map((position, index) => ({
    ...position,
    id: records[index]?.adjustment_id ?? '',
  }));
  return { ok: true, value: { accepted } };
}
