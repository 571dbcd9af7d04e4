import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { decodePolicy, policyFileSchema } from '#contracts/policy.ts';
import type { PolicyFile } from '#contracts/policy.ts';
import { loadCalendar } from './calendars.ts';

type Preset = PolicyFile['preset'];
type Policy = ReturnType<typeof decodePolicy>;

/** policies/<preset>.json does not state a policy; the message names the file and the field. */
export class PolicyFileError extends Error {
  override readonly name = 'PolicyFileError';
}

/** The policy of a preset, from policies/<preset>.json beside this folder. Throws PolicyFileError. */
export function loadPolicy(preset: Preset): Policy {
  const name = `policies/${preset}.json`;
  return parsePolicy(name, preset, readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));
}

/** The policy that a file's text states; `name` is for the message. Throws PolicyFileError. */
export function parsePolicy(name: string, preset: Preset, text: string): Policy {
  const file = parsePolicyFile(name, policyFileSchema, text);
  if (file.preset !== preset) {
    throw new PolicyFileError(`${name}: preset: is ${file.preset}, must be ${preset}`);
  }
  return decodePolicy(file, loadCalendar());
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
