import type { z } from 'zod';
import type { Refusal } from './dead-letter.ts';
import { unsupportedIssue } from './wire.ts';

/** The largest record that any topic of JSON records may hold, bytes. */
export const RECORD_BYTES_MAX = 256 * 1024;

export type Decoded<T> =
  { readonly ok: true; readonly record: T } | { readonly ok: false; readonly refusal: Refusal };

/**
 * A record's bytes as the topic's type, or why they are refused, with the first wrong field as a JSON
 * pointer (DESIGN 25). `accountIdHint` is the account of the refusal when the content names none,
 * usually the record's key.
 */
export function decodeRecord<T>(
  schema: z.ZodType<T>,
  value: Uint8Array | null,
  accountIdHint: string | null,
): Decoded<T> {
  if (value === null) return refuse('MALFORMED', 'the record has no value', accountIdHint);
  if (value.length > RECORD_BYTES_MAX) {
    const size = `${String(value.length)} bytes; at most ${String(RECORD_BYTES_MAX)} are taken`;
    return refuse('TOO_LARGE', size, accountIdHint);
  }
  const json = parseJson(value);
  if (!json.ok) return refuse('MALFORMED', json.reason, accountIdHint);
  const parsed = schema.safeParse(json.content);
  if (parsed.success) return { ok: true, record: parsed.data };
  const code = unsupportedIssue(parsed.error) === undefined ? 'SCHEMA' : 'UNSUPPORTED';
  return refuse(code, reasonOf(parsed.error), accountIdOf(json.content) ?? accountIdHint);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(
  value: Uint8Array,
): { ok: true; content: unknown } | { ok: false; reason: string } {
  try {
    return { ok: true, content: JSON.parse(UTF8.decode(value)) };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : 'not JSON' };
  }
}

function reasonOf(error: z.ZodError): string {
  const issue = unsupportedIssue(error) ?? error.issues[0];
  if (issue === undefined) return 'not of the schema';
  const pointer = issue.path.map((step) => `/${escapePointer(String(step))}`).join('');
  const others = error.issues.length - 1;
  const more = others === 0 ? '' : ` (and ${String(others)} more)`;
  return `${pointer === '' ? 'the record' : pointer}: ${issue.message}${more}`;
}

/** RFC 6901. */
function escapePointer(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1');
}

function accountIdOf(content: unknown): string | null {
  if (typeof content !== 'object' || content === null || !('account_id' in content)) return null;
  return typeof content.account_id === 'string' ? content.account_id : null;
}

function refuse(code: Refusal['code'], reason: string, accountId: string | null): Decoded<never> {
  return { ok: false, refusal: { code, reason, accountId } };
}
