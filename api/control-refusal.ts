import type { RefusedControl } from '#contracts/control-envelope.ts';
import type { Problem, ProblemKind } from './problem.ts';

/** The refusals of a scope as problems: each code its kind and its words. */
const WORDS: Readonly<
  Record<RefusedControl['code'], { readonly kind: ProblemKind; readonly what: string }>
> = {
  NOT_HELD: conflict('That holder does not hold the scope'),
  OTHER_EPOCH: conflict('The scope was stopped anew since: look at it again'),
  NOT_LOOSER: conflict('That would not loosen it'),
  ALREADY_ASKED: conflict('Somebody has asked already: approve that, or wait for its end'),
  NO_SUCH_REQUEST: conflict('Nobody asks that any more'),
  REQUEST_EXPIRED: conflict('The request is over: ask anew'),
  NOT_WHAT_WAS_ASKED: conflict('That is not what was asked'),
  CASE_BUSY: conflict('Too much waits for this scope: ask again'),
  COMMAND_EXPIRED: conflict('The command came too late to the scope: give it again'),
  SAME_PERSON: { kind: 'forbidden', what: 'A second, different person has to approve this' },
  // These say that API and workers do not belong together: nothing that the caller could mend.
  MALFORMED_COMMAND: away('The worker does not understand this API'),
  BAD_SIGNATURE: away('The worker does not have the public key of this API'),
  CONTENT_NOT_SIGNED: away('The command was changed between this API and the worker'),
  ROLE_NOT_ENOUGH: away('The worker asks for another role than this API'),
};

/** What a scope refused, with its code, what was seen and the limit. */
export function controlRefusal(refusal: RefusedControl, commandId: string): Problem {
  const { kind, what } = WORDS[refusal.code];
  const detail = `${what} (${refusal.code}: ${refusal.observed}; limit: ${refusal.limit}).`;
  return { kind, detail, refusal, commandId };
}

function conflict(what: string): { readonly kind: ProblemKind; readonly what: string } {
  return { kind: 'control-conflict', what };
}

function away(what: string): { readonly kind: ProblemKind; readonly what: string } {
  return { kind: 'unavailable', what };
}
