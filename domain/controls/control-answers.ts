import type { ControlAnswer } from './control-events.ts';
import type { RefusedLift } from './control-refusals.ts';

/** So many answers to people's commands are remembered, over every run of the workflow (DESIGN 16). */
export const CONTROL_ANSWERS_MAX = 256;

/** What a scope answered to a person's command: a repeated command gets its first answer. */
export interface GivenAnswer {
  readonly commandId: string;
  readonly answer:
    Exclude<ControlAnswer, { readonly is: 'REFUSED' }> | ({ readonly is: 'REFUSED' } & RefusedLift);
}

/** The answer to a command; null when the scope has not answered it, or no longer knows it. */
export function answerTo(answers: readonly GivenAnswer[], commandId: string): GivenAnswer | null {
  return answers.find((known) => known.commandId === commandId) ?? null;
}

/** The answers with one more; of too many the oldest go. */
export function withAnswer(answers: readonly GivenAnswer[], given: GivenAnswer): GivenAnswer[] {
  return [...answers, given].slice(-CONTROL_ANSWERS_MAX);
}
