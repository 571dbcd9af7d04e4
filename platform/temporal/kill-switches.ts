import { refusedControlSchema } from '#contracts/control-envelope.ts';
import type { ControlCommandMessage } from '#contracts/control-envelope.ts';
import {
  CONTROL_COMMAND_UPDATE,
  CONTROL_EVENT_SIGNAL,
  KILL_SWITCH_WORKFLOW,
  killSwitchId,
} from '#contracts/control-messages.ts';
import type { ControlReply, KillSwitchInput } from '#contracts/control-messages.ts';
import type { ControlCommands, ControlResult, ControlSignals } from '#ports/kill-switches.ts';
import {
  WithStartWorkflowOperation,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Workflow } from '@temporalio/common';
import type { TemporalSurroundings } from './connection.ts';
import { controlTaskQueue } from './control-task-queue.ts';

/** A signal takes 10 ms; a server that takes longer than this is not there (PLATFORM, Temporal). */
const SIGNAL_MS_MAX = 3_000;
/** A scope that was lost reads its logs before it answers. */
const UPDATE_MS_MAX = 8_000;

/** What a stranger to the page needs to know. */
const DETAILS = [
  'The controls of one scope: kill, close-only and throttle. Machines may make it stricter, people loosen it.',
  '',
  'What people ask (lift, approve) comes through the API, signed: `sentinel unkill`, `sentinel approve`.',
].join('\n');

/** The scopes' workflows on a Temporal server (ports/kill-switches.ts). */
export function createKillSwitches(
  client: Client,
  { prefix }: Pick<TemporalSurroundings, 'prefix'>,
): ControlSignals & ControlCommands {
  const startOf = (scope: string) => {
    const input: KillSwitchInput = { scope };
    return {
      workflowId: killSwitchId(prefix, scope),
      taskQueue: controlTaskQueue(prefix),
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING' as const,
      staticSummary: `Controls of ${scope}`,
      staticDetails: DETAILS,
    };
  };
  return {
    deliver: async (scope, signal) => {
      await client.withDeadline(Date.now() + SIGNAL_MS_MAX, () =>
        client.workflow.signalWithStart(KILL_SWITCH_WORKFLOW, {
          ...startOf(scope),
          signal: CONTROL_EVENT_SIGNAL,
          signalArgs: [signal],
        }),
      );
    },
    command: async (message) => {
      const startWorkflowOperation = new WithStartWorkflowOperation<Workflow>(
        KILL_SWITCH_WORKFLOW,
        startOf(message.scope),
      );
      try {
        const reply = await client.withDeadline(Date.now() + UPDATE_MS_MAX, () =>
          client.workflow.executeUpdateWithStart<Workflow, ControlReply, [ControlCommandMessage]>(
            CONTROL_COMMAND_UPDATE,
            {
              args: [message],
              updateId: message.command.commandId,
              startWorkflowOperation,
            },
          ),
        );
        return { kind: 'OBEYED', reply };
      } catch (error) {
        if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
          return { kind: 'UNANSWERED' };
        }
        if (error instanceof WorkflowUpdateFailedError) return refusedBy(error);
        throw error;
      }
    },
  };
}

/** The refusal that a scope threw. Throws what is none. */
function refusedBy(error: WorkflowUpdateFailedError): ControlResult {
  const details = error.cause instanceof ApplicationFailure ? error.cause.details : undefined;
  const refusal = refusedControlSchema.safeParse(details?.[0]);
  if (!refusal.success) throw error;
  return { kind: 'REFUSED', refusal: refusal.data };
}
