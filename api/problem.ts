import type { FieldError, ProblemDocument } from '#contracts/rest.ts';

/** The kinds of refusal: a closed set, each with its HTTP status and title (RFC 9457). */
const KINDS = {
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'invalid-parameters': { status: 400, title: 'The request has wrong parameters' },
  unauthenticated: { status: 401, title: 'A valid bearer token is needed' },
  forbidden: { status: 403, title: 'The token does not allow this' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'The path has other methods' },
  'command-conflict': { status: 409, title: 'The case is not in a state for this' },
  'control-conflict': { status: 409, title: 'The control is not in a state for this' },
  'withdrawal-refused': { status: 409, title: 'The account cannot spare this' },
  'too-large': { status: 413, title: 'The request is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON' },
  'invalid-fields': { status: 422, title: 'The body has wrong fields' },
  defect: { status: 500, title: 'The server made a mistake' },
  'no-answer': { status: 504, title: 'What became of this is not known yet' },
  unavailable: { status: 503, title: 'A part that this needs does not answer' },
} as const;

export type ProblemKind = keyof typeof KINDS;

/** A refusal as a value; `headers` go with it. */
export interface Problem {
  readonly kind: ProblemKind;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly commandId?: string;
  /** A case or a rule that says no: its code, what was seen, what the limit is. */
  readonly refusal?: { readonly code: string; readonly observed: string; readonly limit: string };
  readonly headers?: Readonly<Record<string, string>>;
}

/** The wrong fields that one answer names. */
const FIELD_ERRORS_MAX = 20;

/** What kind of refusal it is, in words. */
export function titleOf(kind: ProblemKind): string {
  return KINDS[kind].title;
}

/** The HTTP status of a kind of refusal. */
export function statusOfKind(kind: ProblemKind): number {
  return KINDS[kind].status;
}

/** A refusal as application/problem+json. The instance is the request, as the log names it. */
export function problemDocument(problem: Problem, correlationId: string): ProblemDocument {
  const { status, title } = KINDS[problem.kind];
  return {
    type: `urn:margin-sentinel:problem:${problem.kind}`,
    title,
    status,
    detail: problem.detail,
    instance: `urn:margin-sentinel:request:${correlationId}`,
    ...problem.refusal,
    ...(problem.commandId === undefined ? {} : { command_id: problem.commandId }),
    ...(problem.errors === undefined ? {} : { errors: problem.errors.slice(0, FIELD_ERRORS_MAX) }),
  };
}

/** The refusal of a body or of parameters with wrong fields; `detail` tells the first. */
export function fieldProblem(
  kind: 'invalid-fields' | 'invalid-parameters',
  errors: readonly FieldError[],
): Problem {
  const first = errors[0];
  const name = first?.pointer ?? first?.parameter ?? first?.header ?? '#';
  const others = errors.length - 1;
  const more = others > 0 ? ` (and ${String(others)} more)` : '';
  return { kind, detail: `${name} ${first?.detail ?? 'is not valid'}${more}`, errors };
}

/** Clients wait this long before they try again, seconds. */
const RETRY_AFTER_S = 2;

/** Something behind the API is away; the caller may repeat the request as it is. */
export function unavailable(detail: string): Problem {
  return { kind: 'unavailable', detail, headers: { 'retry-after': String(RETRY_AFTER_S) } };
}
