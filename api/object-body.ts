import type { z } from 'zod';
import { bodyErrors } from './field-errors.ts';
import { fieldProblem } from './problem.ts';
import type { BodyReader } from './route.ts';

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
    read: (content) => {
      const parsed = schema.safeParse(content ?? {});
      if (parsed.success) return { ok: true, body: parsed.data };
      const errors = bodyErrors(parsed.error, content);
      return { ok: false, problem: fieldProblem('invalid-fields', errors) };
    },
  };
}
