import type { RefusedCommand } from '#contracts/command-envelope.ts';
import { fieldProblem, unavailable } from './problem.ts';
import type { Problem, ProblemKind } from './problem.ts';

/** The refusals of a case as problems: each code its kind and its words. */

interface Words {
  readonly kind: ProblemKind;
  readonly what: string;
  /** The field of the body that is beyond its limit. */
  readonly field?: string;
}

const conflict = (what: string): Words => ({ kind: 'command-conflict', what });
const bounds = (field: string, what: string): Words => ({ kind: 'invalid-fields', what, field });
const away = (what: string): Words => ({ kind: 'unavailable', what });

const WORDS: Readonly<Record<RefusedCommand['code'], Words>> = {
  WRONG_EPISODE: conflict('The case is in another episode than you saw: look at it again'),
  NO_OPEN_CALL: conflict('There is no open call'),
  FUNDS_ALREADY_USED: conflict('Funds were recorded for this call before'),
  PAST_DUE_ALREADY: conflict('The call is past due'),
  NOT_AWAITING_RELEASE: conflict('No liquidation waits for release'),
  NOT_HELD: conflict('Enforcement is not held'),
  TOO_MANY_HOLDS: conflict('So many scopes are held already: hold GLOBAL'),
  ALREADY_HELD: conflict('Enforcement is held already'),
  CASE_BUSY: conflict('Too many commands wait for this case: ask again'),
  COMMAND_EXPIRED: conflict('The command came too late to the case: give it again'),
  SAME_PERSON: { kind: 'forbidden', what: 'A second, different person has to say this' },
  AMOUNT_BELOW_OUTSTANDING: bounds('amount', 'is less than what is outstanding'),
  FUNDS_EXPIRE_IN_THE_PAST: bounds('expires_at', 'would be over already'),
  FUNDS_EXPIRE_TOO_LATE: bounds('expires_at', 'is later than funds may hold escalation'),
  DUE_NOT_LATER: bounds('due_at', 'is not later than the present due instant'),
  DUE_BEYOND_POLICY: bounds(
    'due_at',
    "is beyond the policy's limit without an authority_reference",
  ),
  // These say that API and workers do not belong together: nothing that the caller could mend.
  MALFORMED_COMMAND: away('The worker does not understand this API'),
  BAD_SIGNATURE: away('The worker does not have the public key of this API'),
  CONTENT_NOT_SIGNED: away('The command was changed between this API and the worker'),
  ROLE_NOT_ENOUGH: away('The worker asks for another role than this API'),
};

/** What a case refused, with its code, what was seen and the limit. */
export function refusalProblem(refusal: RefusedCommand, commandId: string): Problem {
  const { kind, what, field } = WORDS[refusal.code];
  const why = `${what} (${refusal.code}: ${refusal.observed}; limit: ${refusal.limit})`;
  if (field === undefined) return { kind, detail: `${why}.`, refusal, commandId };
  const errors = [{ pointer: `#/${field}`, detail: why }];
  return { ...fieldProblem('invalid-fields', errors), refusal, commandId };
}

/** Nobody knows yet what became of a command: until when it may happen, and how to ask again. */
export function noAnswer(
  kind: 'no-answer' | 'unavailable',
  what: string,
  repeat: { readonly key: string; readonly commandId: string; readonly expiresAt: number },
): Problem {
  const until = new Date(repeat.expiresAt).toISOString();
  const detail =
    `${what} The command may still be carried out until ${until}. ` +
    `To learn what became of it, repeat the same request with Idempotency-Key: ${repeat.key}`;
  return { ...unavailable(detail), kind, commandId: repeat.commandId };
}
