import {
  ASK_TO_START_UPDATE,
  FIRM_COMMAND_UPDATE,
  FIRM_ENFORCEMENT_WORKFLOW,
  firmEnforcementId,
} from '#contracts/firm-messages.ts';
import type { FirmCommandReply } from '#contracts/firm-messages.ts';
import type { FirmCommandMessage } from '#contracts/command-envelope.ts';
import type { FirmDesk, FirmWatch } from '#ports/firm-enforcement.ts';
import { WithStartWorkflowOperation } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import { AskedTogether } from './asked-together.ts';
import { unobeyed } from './case-command.ts';
import type { TemporalSurroundings } from './connection.ts';
import { controlTaskQueue } from './control-task-queue.ts';

/** An update takes some 40 ms; without a worker it would wait for ever (PLATFORM, Updates). */
const UPDATE_MS_MAX = 4_000;

/** The firm's enforcement on a Temporal server; its workflow is started when it is first needed. */
export function createFirmEnforcement(
  client: Client,
  { prefix }: Pick<TemporalSurroundings, 'prefix'>,
): FirmDesk & Pick<FirmWatch, 'askToStart'> {
  const update = <Reply>(name: string, argument: unknown, updateId?: string): Promise<Reply> =>
    client.withDeadline(Date.now() + UPDATE_MS_MAX, () =>
      client.workflow.executeUpdateWithStart<Workflow, Reply, [unknown]>(name, {
        args: [argument],
        ...(updateId === undefined ? {} : { updateId }),
        startWorkflowOperation: new WithStartWorkflowOperation(FIRM_ENFORCEMENT_WORKFLOW, {
          workflowId: firmEnforcementId(prefix),
          taskQueue: controlTaskQueue(prefix),
          args: [{}],
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: 'Enforcement of the firm: holds and the liquidation brake',
        }),
      }),
    );
  const starts = new AskedTogether((asked) => update(ASK_TO_START_UPDATE, asked), UPDATE_MS_MAX);
  return {
    askToStart: (request, limit) => starts.ask(request, limit),
    command: async (message: FirmCommandMessage) => {
      try {
        const { commandId } = message.command;
        const reply = await update<FirmCommandReply>(FIRM_COMMAND_UPDATE, message, commandId);
        return { kind: 'OBEYED', reply };
      } catch (error) {
        return unobeyed(error);
      }
    },
  };
}
