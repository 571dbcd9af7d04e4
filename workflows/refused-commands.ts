import type { RefusedCommand } from '#contracts/command-envelope.ts';
import { answerTo } from '#domain/case-answers.ts';
import type { CaseCommand } from '#domain/case-commands.ts';
import { COMMANDS_WAITING_MAX } from '#domain/case-inbox.ts';
import type { LadderState } from '#domain/ladder-state.ts';
import type { ApplicationFailure } from '@temporalio/common';
import { currentUpdateInfo, workflowInfo } from '@temporalio/workflow';
import { recordRefusal } from './case-world.ts';
import { failureOf } from './refusal-failure.ts';

/** Every refusal of a command is written down once (DESIGN 24). */

export const CASE_BUSY: RefusedCommand = {
  code: 'CASE_BUSY',
  observed: 'commands that wait for the case',
  limit: `${String(COMMANDS_WAITING_MAX)} at a time; ask again`,
};

type Asked = Pick<CaseCommand, 'commandId' | 'type' | 'episode'>;

/** Writes down that the ladder was not asked; answers with the failure to throw. Called by an update's handler. */
export async function refused(
  { accountId, rung, episode }: LadderState,
  command: Asked,
  by: string | null,
  refusal: RefusedCommand,
): Promise<ApplicationFailure> {
  // The update's id, not the command's: whoever forges a command names it as he likes.
  const updateId = currentUpdateInfo()?.id ?? command.commandId;
  const refusalId = `update:${workflowInfo().runId}:${updateId}`;
  await recordRefusal({ accountId, refusalId, command, by, refusal, rung, episode });
  return failureOf(refusal);
}

/** Writes down that the ladder has just refused a command; nothing for an answer that it gave before. */
export async function recordIfRefused(
  before: LadderState,
  after: LadderState,
  command: CaseCommand,
): Promise<void> {
  const { commandId, by } = command;
  const refusal = answerTo(after, commandId)?.refusal ?? null;
  if (refusal === null || answerTo(before, commandId) !== null) return;
  const { accountId, rung, episode } = after;
  const refusalId = `command:${commandId}`;
  await recordRefusal({ accountId, refusalId, command, by, refusal, rung, episode });
}
