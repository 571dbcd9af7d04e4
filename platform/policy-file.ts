import type { z } from 'zod';

/** A file of policies/ does not state what it should; the message names the file and the field. */
export class PolicyFileError extends Error {
  override readonly name = 'PolicyFileError';
}

/** A policy file's text by its schema; the first fault names its field. Throws PolicyFileError. */
export function parsePolicyFile<T>(name: string, schema: z.ZodType<T>, text: string): T {
  const parsed = schema.safeParse(jsonOf(name, text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw new PolicyFileError(`${name}: ${field === '' ? '' : `${field}: `}${issue?.message ?? ''}`);
}

function jsonOf(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PolicyFileError(`${name}: is not JSON: ${String(error)}`, { cause: error });
  }
}
