import { ANSWERS_MAX } from './ladder-state.ts';
import type { CommandAnswer, LadderState } from './ladder-state.ts';

/** What a case answered to the commands of people: a repeated command gets its first answer (DESIGN 16). */

/** The answer to a command; null when the case has not answered it, or no longer knows it. */
export function answerTo({ answers }: LadderState, commandId: string): CommandAnswer | null {
  return answers.find((known) => known.commandId === commandId) ?? null;
}

/** The state that also knows this answer; of too many the oldest go. */
export function withAnswer(
  state: LadderState,
  commandId: string,
  answer: CommandAnswer,
): LadderState {
  const answers = [...state.answers, { commandId, ...answer }].slice(-ANSWERS_MAX);
  return { ...state, answers };
}
