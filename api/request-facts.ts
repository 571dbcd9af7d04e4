import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ID_PATTERN } from '#contracts/wire.ts';
import type { FieldError } from '#contracts/rest.ts';

/** Visible ASCII, at most 200 characters: what a header carries without doubt. */
export const IDEMPOTENCY_KEY_PATTERN = /^[\x21-\x7e]{1,200}$/;

export const CORRELATION_HEADER = 'x-correlation-id';
const IDEMPOTENCY_HEADER = 'idempotency-key';

/** What a request says of itself in headers. A wrong correlation id is replaced and reported. */
export interface HeaderFacts {
  readonly correlationId: string;
  readonly idempotencyKey: string | null;
  readonly errors: readonly FieldError[];
}

/** Reads X-Correlation-Id (made when missing) and Idempotency-Key. */
export function headerFacts(headers: IncomingHttpHeaders): HeaderFacts {
  const correlation = headers[CORRELATION_HEADER];
  const idempotency = headers[IDEMPOTENCY_HEADER];
  const errors: FieldError[] = [];
  const known = typeof correlation === 'string' && ID_PATTERN.test(correlation);
  if (correlation !== undefined && !known) {
    const detail = 'must be 1 to 64 characters of A-Z a-z 0-9 _ . : -';
    errors.push({ header: 'X-Correlation-Id', detail });
  }
  const usable = typeof idempotency === 'string' && IDEMPOTENCY_KEY_PATTERN.test(idempotency);
  if (idempotency !== undefined && !usable) {
    const detail = 'must be 1 to 200 visible ASCII characters';
    errors.push({ header: 'Idempotency-Key', detail });
  }
  return {
    correlationId: known ? correlation : randomUUID(),
    idempotencyKey: usable ? idempotency : null,
    errors,
  };
}
