import type { ControlCommandMessage, RefusedControl } from '#contracts/control-envelope.ts';
import type { ControlReply } from '#contracts/control-messages.ts';
import { answerTo } from '#domain/controls/control-answers.ts';
import { scopeName } from '#domain/scopes.ts';
import type { ApplicationFailure } from '@temporalio/common';
import { condition, currentUpdateInfo, log, setHandler, workflowInfo } from '@temporalio/workflow';
import {
  askedBy,
  command,
  machineEvent,
  parseSignal,
  refusalAtDoor,
} from './kill-switch-messages.ts';
import { controlPolicyInForce, recordControls, verifyControlCommand } from './kill-switch-world.ts';
import type { OpenScope } from './open-scope.ts';
import { failureOf } from './refusal-failure.ts';

const BUSY: RefusedControl = {
  code: 'CASE_BUSY',
  observed: 'too many messages wait for the scope',
  limit: 'ask again',
};

/** Listens to machines and people for a scope. Nothing is decided beside the scope's own turn. */
export function listen(open: OpenScope): void {
  const scope = scopeName(open.known.state.scope);
  setHandler(
    machineEvent,
    (payload: unknown) => {
      const signal = parseSignal(payload);
      if (signal === null) log.warn('a machine event of unknown shape was ignored');
      else open.putSignal(signal);
    },
    {
      description:
        'For machines: the logs have something for this scope, or its cancels are confirmed.',
    },
  );
  setHandler(command, (message: ControlCommandMessage) => answer(open, message), {
    description: 'For the API: what a person asks or approves, in a signed envelope.',
    validator: (message: unknown) => {
      const refusal = refusalAtDoor(message, scope, Date.now());
      if (refusal === null) return;
      log.warn('a command was refused at the door', { ...refusal });
      throw failureOf(refusal);
    },
  });
}

/** What a person's command came to. Throws its refusal. */
async function answer(open: OpenScope, message: ControlCommandMessage): Promise<ControlReply> {
  const { command: said, corrId } = message;
  const { commandId } = said;
  const check = await verifyControlCommand(message);
  if (!check.ok) throw await refusedUnasked(open, message, check.refusal);
  const isRoom = open.put({ event: askedBy(check.by, said), corrId });
  if (!isRoom) throw await refusedUnasked(open, message, BUSY);
  await condition(() => answerTo(open.known.answers, commandId) !== null);
  const given = answerTo(open.known.answers, commandId);
  if (given === null) throw new Error(`the command ${commandId} is not decided`);
  if (given.answer.is === 'REFUSED') {
    const { code, observed, limit } = given.answer;
    throw failureOf({ code, observed, limit });
  }
  const { state, change } = open.known;
  return { commandId, answer: given.answer, state, change };
}

/** Writes down a command that was not even put before the scope; answers with the failure to throw. */
async function refusedUnasked(
  { known }: OpenScope,
  { command: said, corrId }: ControlCommandMessage,
  refusal: RefusedControl,
): Promise<ApplicationFailure> {
  // The update's id, not the command's: whoever forges a command names it as he likes.
  const commandId = currentUpdateInfo()?.id ?? said.commandId;
  const { runId, firstExecutionRunId } = workflowInfo();
  const reason = `${refusal.code}: ${refusal.observed}`;
  const subject = 'nobody proved';
  const { version } = await controlPolicyInForce();
  await recordControls({
    state: known.state,
    change: { reason, actor: subject, commandId, corrId, at: Date.now() },
    publish: false,
    audits: [
      {
        what: 'REFUSED',
        subject,
        askedBy: null,
        reason: `${said.type} refused, ${reason}`,
        commandId,
      },
    ],
    workflowRunId: firstExecutionRunId,
    decision: `${runId}:${commandId}`,
    policyVersion: version,
  });
  return failureOf(refusal);
}
