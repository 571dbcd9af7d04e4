import type { CaseCommand, CommandOutcome, ExtendCommand } from './case-commands.ts';
import { isAwaitingRelease } from './ladder-people.ts';
import type { Call, LadderState } from './ladder-state.ts';
import { LadderDefect } from './ladder-steps.ts';
import { deadlineAfter } from './policy-clock.ts';
import type { Policy } from './policy.ts';

/** A state in which a command is obeyed, and whether a second person has to agree yet. */
export interface Obeyed {
  readonly state: LadderState;
  readonly outcome: CommandOutcome;
}

/**
 * Does what a person says; refusals (case-refusals.ts) were looked at before. It changes what the
 * case knows, never its rung: what follows from that is for the ladder. Throws LadderDefect for a
 * command that is to be refused.
 */
export function obey(
  state: LadderState,
  command: CaseCommand,
  policy: Policy,
  now: number,
): Obeyed {
  switch (command.type) {
    case 'PENDING_FUNDS': {
      const { by, amountE4, evidence, fundsExpireAt: expiresAt } = command;
      return done({ ...state, funds: { by, amountE4, evidence, expiresAt, isOver: false } });
    }
    case 'EXTEND':
      return done({ ...state, call: extended(openCall(state), command, policy) });
    case 'RELEASE':
      return release(state, command.by);
    case 'HOLD': {
      const { by, reason } = command;
      return done({ ...state, enforcementHold: { by, since: now, reason, resumeAskedBy: null } });
    }
    case 'RESUME':
      return resume(state, command.by);
  }
}

/** By a session clock an instant out of session is the next opening: nothing is due at night. */
function extended(call: Call, { dueAt }: ExtendCommand, policy: Policy): Call {
  return { ...call, dueAt: deadlineAfter(policy, dueAt, 0) };
}

function release(state: LadderState, by: string): Obeyed {
  if (state.release === null) throw new LadderDefect('a release of what awaits none');
  const releasedBy = [...state.release.releasedBy, by];
  const released = { ...state, release: { ...state.release, releasedBy } };
  return isAwaitingRelease(released) ? awaiting(released) : done(released);
}

function resume(state: LadderState, by: string): Obeyed {
  const { enforcementHold } = state;
  if (enforcementHold === null) throw new LadderDefect('an end of a hold without one');
  if (enforcementHold.resumeAskedBy !== null) return done({ ...state, enforcementHold: null });
  return awaiting({ ...state, enforcementHold: { ...enforcementHold, resumeAskedBy: by } });
}

function done(state: LadderState): Obeyed {
  return { state, outcome: 'DONE' };
}

function awaiting(state: LadderState): Obeyed {
  return { state, outcome: 'AWAITING_SECOND_PERSON' };
}

function openCall({ call, accountId }: LadderState): Call {
  if (call === null) throw new LadderDefect(`case of ${accountId}: an extension without a call`);
  return call;
}
