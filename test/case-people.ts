import { randomUUID } from 'node:crypto';
import { COMMAND_UPDATE } from '#contracts/case-messages.ts';
import type { CommandReply } from '#contracts/case-messages.ts';
import type { CommandMessage, UnprovedCommand } from '#contracts/command-envelope.ts';
import type { CaseWorld } from './case-world.ts';
import { commandContent, unprovedCommand } from './command-fixture.ts';
import type { CaseServer } from './temporal.ts';

/** Commands a case as a person does by the API, in a sealed envelope; answers when the case has obeyed. */
export type Say = (
  type: UnprovedCommand['type'],
  by: string,
  changes?: Partial<UnprovedCommand>,
) => Promise<CommandReply>;

/** What people say to the case of a world. Rejects with WorkflowUpdateFailedError when it refuses. */
export function peopleOf(server: CaseServer, world: CaseWorld): Say {
  const handle = server.temporal.client.workflow.getHandle(world.caseId);
  return async (type, by, changes = {}) => {
    const content = commandContent(unprovedCommand(type, changes), world.accountId);
    const message = await server.signer.seal(content, by, 'approver');
    const updateId = randomUUID();
    return handle.executeUpdate<CommandReply, [CommandMessage]>(COMMAND_UPDATE, {
      args: [message],
      updateId,
    });
  };
}
