import { COMMAND_UPDATE } from '#contracts/case-messages.ts';
import type { CommandReply } from '#contracts/case-messages.ts';
import { refusedCommandSchema } from '#contracts/command-envelope.ts';
import type { CommandMessage } from '#contracts/command-envelope.ts';
import type { CommandResult } from '#ports/cases.ts';
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

/** An update takes some 40 ms; without a worker it would wait for ever (PLATFORM, Updates). */
const UPDATE_MS_MAX = 4_000;

/**
 * Sends a command to a case as an update whose id is the command's: a repetition gets the answer of
 * the first. Rejects when the server cannot be reached, or answers what no case would.
 */
export async function sendCommand(
  client: Client,
  workflowId: string,
  message: CommandMessage,
): Promise<CommandResult> {
  const handle = client.workflow.getHandle(workflowId);
  const updateId = message.command.commandId;
  try {
    const reply = await client.withDeadline(Date.now() + UPDATE_MS_MAX, () =>
      handle.executeUpdate<CommandReply, [CommandMessage]>(COMMAND_UPDATE, {
        args: [message],
        updateId,
      }),
    );
    return { kind: 'OBEYED', reply };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { kind: 'NO_CASE' };
    return unobeyed(error);
  }
}

type Unobeyed = Extract<CommandResult, { kind: 'REFUSED' | 'UNANSWERED' }>;

/** What the failure of an update with a command says. Throws what says nothing about the command. */
export function unobeyed(error: unknown): Unobeyed {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return { kind: 'UNANSWERED' };
  if (error instanceof WorkflowUpdateFailedError) return refusedBy(error);
  throw error;
}

/** The refusal that a workflow threw. Throws what is none. */
function refusedBy(error: WorkflowUpdateFailedError): Unobeyed {
  const details = error.cause instanceof ApplicationFailure ? error.cause.details : undefined;
  const refusal = refusedCommandSchema.safeParse(details?.[0]);
  if (!refusal.success) throw error;
  return { kind: 'REFUSED', refusal: refusal.data };
}
