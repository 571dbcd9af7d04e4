import { z } from 'zod';
import { bodyErrors } from './field-errors.ts';
import { fieldProblem } from './problem.ts';
import { IDEMPOTENCY_KEY_PATTERN } from './request-facts.ts';
import type { BodyRead, BodyReader } from './route.ts';

/** A body of one JSON object. */
export function requiredObject<Schema extends z.ZodType>(
  schema: Schema,
): BodyReader<z.infer<Schema>> {
  return { ...optionalObject(schema), required: true };
}

/** A body of one JSON object that may be left out: then it counts as `{}`. */
export function optionalObject<Schema extends z.ZodType>(
  schema: Schema,
): BodyReader<z.infer<Schema>> {
  return {
    required: false,
    schema,
    read: (content) => parse(schema, content ?? {}),
  };
}

/** A body of one JSON object; the request may be repeated with its Idempotency-Key. */
export function repeatableObject<Schema extends z.ZodType>(
  schema: Schema,
): BodyReader<z.infer<Schema>> {
  return {
    required: true,
    schema,
    headers: idempotencyHeaders,
    read: (content) => {
      if (content !== undefined) return parse(schema, content);
      return {
        ok: false,
        problem: { kind: 'malformed-request', detail: 'A JSON body is required.' },
      };
    },
  };
}

const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(IDEMPOTENCY_KEY_PATTERN)
    .optional()
    .describe('the same request with the same key is carried out once; made when missing'),
});

function parse<Schema extends z.ZodType>(
  schema: Schema,
  content: unknown,
): BodyRead<z.infer<Schema>> {
  const parsed = schema.safeParse(content);
  if (parsed.success) return { ok: true, body: parsed.data };
  const errors = bodyErrors(parsed.error, content);
  return { ok: false, problem: fieldProblem('invalid-fields', errors) };
}
