import type { CommandReply } from '#contracts/case-messages.ts';
import type { CommandMessage } from '#contracts/command-envelope.ts';
import { answerTo } from '#domain/case-answers.ts';
import { put } from '#domain/case-inbox.ts';
import type { Inbox } from '#domain/case-inbox.ts';
import type { LadderState } from '#domain/ladder-state.ts';
import { condition, log, setHandler } from '@temporalio/workflow';
import { command, hold, parseHold, refusalAtDoor, replyTo } from './case-commands.ts';
import {
  acknowledge,
  machineEvent,
  parseAcknowledgement,
  parseMachineEvent,
} from './case-signals.ts';
import { verifyCommand } from './case-world.ts';
import { failureOf } from './refusal-failure.ts';
import { CASE_BUSY, refused } from './refused-commands.ts';

/** What a case is and what waits for it. The handlers below only put; the main loop takes and decides. */
export interface OpenCase {
  state: LadderState;
  inbox: Inbox;
}

/** Listens to machines and people for a case. Nothing is decided beside the case's own turn. */
export function listen(open: OpenCase): void {
  setHandler(
    machineEvent,
    (payload: unknown) => {
      const event = parseMachineEvent(payload);
      if (event === null) log.warn('a machine event of unknown shape was ignored');
      else open.inbox = put(open.inbox, event);
    },
    { description: 'For machines: new figures or an execution.' },
  );
  setHandler(
    acknowledge,
    (payload: unknown) => {
      open.inbox = put(open.inbox, parseAcknowledgement(payload, Date.now()));
    },
    {
      description:
        'Records who has seen the case: {"by": "your name", "note": "optional"}. Changes no timer.',
    },
  );
  setHandler(
    hold,
    (payload: unknown) => {
      const typed = parseHold(payload, open.state.episode, Date.now());
      open.inbox = put(open.inbox, { type: 'COMMAND', command: typed });
    },
    {
      description:
        'Holds every escalation of this account: {"by": "your name", "reason": "why"}. Two persons resume it by the API.',
    },
  );
  setHandler(command, (message: CommandMessage) => answer(open, message), {
    description: 'For the API: what a person commands, in a signed envelope.',
    validator: (message: unknown) => {
      const refusal = refusalAtDoor(message, open.state, Date.now());
      if (refusal === null) return;
      log.warn('a command was refused at the door', { ...refusal });
      throw failureOf(refusal);
    },
  });
}

/** What a command came to. Throws its refusal; what the ladder was not asked is written down here. */
async function answer(open: OpenCase, message: CommandMessage): Promise<CommandReply> {
  const check = await verifyCommand(message);
  if (!check.ok) throw await refused(open.state, message.command, null, check.refusal);
  const given = { ...message.command, by: check.by };
  const waiting = put(open.inbox, { type: 'COMMAND', command: given });
  if (waiting === open.inbox) throw await refused(open.state, given, given.by, CASE_BUSY);
  open.inbox = waiting;
  await condition(() => answerTo(open.state, given.commandId) !== null);
  return replyTo(open.state, given);
}
