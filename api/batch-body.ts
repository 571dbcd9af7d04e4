import { createHash } from 'node:crypto';
import { z } from 'zod';
import { BATCH_RECORDS_MAX } from '#contracts/rest.ts';
import type { FieldError } from '#contracts/rest.ts';
import type { TimeWindow } from '#domain/input-times.ts';
import { bodyErrors } from './field-errors.ts';
import { fieldProblem } from './problem.ts';
import { timeErrors } from './time-errors.ts';
import { IDEMPOTENCY_KEY_PATTERN } from './request-facts.ts';
import type { Problem } from './problem.ts';
import type { BodyRead, BodyReader, RequestFacts } from './route.ts';

const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(IDEMPOTENCY_KEY_PATTERN)
    .optional()
    .describe(
      'supplies a missing fill_id, cash_id or order_id: the same key and place in a batch make the same id. A random UUID per request, repeated when the request is repeated',
    ),
});

interface Batch<Record> {
  readonly record: z.ZodType<Record>;
  readonly submission: z.ZodType;
  readonly idField: 'fill_id' | 'cash_id' | 'order_id' | null;
  /** The field with the time of a record, and its value, Unix ms. */
  readonly timeField: 'timestamp' | 'ts';
  readonly timeOf: (record: Record) => number;
  /** The times that a record arriving at `now` may carry. */
  readonly times: (now: number) => TimeWindow;
}

/**
 * One record or an array of up to 1,000, all or nothing. Where `idField` is missing and the request
 * has an Idempotency-Key, the id is made of that key and the record's place.
 */
export function batchOf<Record>(options: Batch<Record>): BodyReader<readonly Record[]> {
  const { submission, idField } = options;
  const schema = z.union([submission, z.array(submission).min(1).max(BATCH_RECORDS_MAX)]);
  return {
    required: true,
    schema,
    ...(idField === null ? {} : { headers: idempotencyHeaders }),
    read: (content, request) => readBatch(options, content, request),
  };
}

function readBatch<Record>(
  { record, idField, timeField, timeOf, times }: Omit<Batch<Record>, 'submission'>,
  content: unknown,
  request: RequestFacts,
): BodyRead<readonly Record[]> {
  if (content === undefined) {
    return refuse({ kind: 'malformed-request', detail: 'A JSON body is required.' });
  }
  const items: readonly unknown[] = Array.isArray(content) ? content : [content];
  if (items.length > BATCH_RECORDS_MAX) return refuse(tooManyRecords(items.length));
  if (items.length === 0) {
    const errors = [{ pointer: '#', detail: 'must hold at least one record' }];
    return refuse(fieldProblem('invalid-fields', errors));
  }
  const records: Record[] = [];
  const errors: FieldError[] = [];
  const window = times(request.receivedAt);
  items.forEach((item, index) => {
    const whole = withId(item, idField, index, request.idempotencyKey);
    const parsed = record.safeParse(whole);
    const place = Array.isArray(content) ? `/${String(index)}` : '';
    if (parsed.success) {
      records.push(parsed.data);
      errors.push(...timeErrors(timeOf(parsed.data), window, `#${place}/${timeField}`));
    } else {
      errors.push(...bodyErrors(parsed.error, whole, Array.isArray(content) ? [index] : []));
    }
  });
  if (errors.length > 0) return refuse(fieldProblem('invalid-fields', errors));
  return { ok: true, body: records };
}

function withId(
  item: unknown,
  idField: string | null,
  index: number,
  idempotencyKey: string | null,
): unknown {
  if (idField === null || idempotencyKey === null) return item;
  if (typeof item !== 'object' || item === null || Object.hasOwn(item, idField)) return item;
  return { ...item, [idField]: idOf(idempotencyKey, index) };
}

/** The id that a key gives to the record at a place: the same for every repetition of the request. */
function idOf(idempotencyKey: string, index: number): string {
  const hash = createHash('sha256')
    .update(`${idempotencyKey}\n${String(index)}`)
    .digest('hex');
  return `ik-${hash.slice(0, 40)}`;
}

function tooManyRecords(count: number): Problem {
  const detail = `${String(count)} records; one request takes at most ${String(BATCH_RECORDS_MAX)}.`;
  return { kind: 'too-large', detail };
}

function refuse(problem: Problem): BodyRead<never> {
  return { ok: false, problem };
}
