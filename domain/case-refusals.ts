import { answerTo } from './case-answers.ts';
import type {
  CaseCommand,
  CommandRefusal,
  ExtendCommand,
  PendingFundsCommand,
  RefusalCode,
} from './case-commands.ts';
import { groupedDigits } from './grouped-digits.ts';
import { outstandingE4 } from './ladder-episode.ts';
import { isAwaitingRelease } from './ladder-people.ts';
import type { Call, LadderState } from './ladder-state.ts';
import { E4 } from './money.ts';
import { deadlineAfter, fundsExpireMaxAt } from './policy-clock.ts';
import type { Policy } from './policy.ts';

/**
 * Why a case would not do what a person says at `now` (Unix ms); null when it would. A command that
 * was answered before is not refused: its first answer counts. `policyInForce` counts only while
 * the episode has not pinned its own. HOLD is taken whatever episode the person saw: it only stops.
 */
export function refusalOf(
  state: LadderState,
  command: CaseCommand,
  policyInForce: Policy,
  now: number,
): CommandRefusal | null {
  if (answerTo(state, command.commandId) !== null) return null;
  const wrongEpisode = episodeRefusal(state, command);
  if (wrongEpisode !== null) return wrongEpisode;
  const policy = state.policy ?? policyInForce;
  switch (command.type) {
    case 'PENDING_FUNDS':
      return fundsRefusal(state, command, policy, now);
    case 'EXTEND':
      return extendRefusal(state, command, policy, now);
    case 'RELEASE':
      return releaseRefusal(state, command);
    case 'HOLD':
      return holdRefusal(state);
    case 'RESUME':
      return resumeRefusal(state, command);
  }
}

/** The refusal of a command for another episode than the case's; a HOLD stops any. */
export function episodeRefusal(
  state: LadderState,
  { type, episode }: Pick<CaseCommand, 'type' | 'episode'>,
): CommandRefusal | null {
  if (type === 'HOLD' || episode === state.episode) return null;
  return refusal('WRONG_EPISODE', `episode ${String(episode)}`, `episode ${String(state.episode)}`);
}

function fundsRefusal(
  state: LadderState,
  { amountE4, fundsExpireAt }: PendingFundsCommand,
  policy: Policy,
  now: number,
): CommandRefusal | null {
  if (state.call === null) return noOpenCall(state);
  if (state.funds !== null) {
    return refusal('FUNDS_ALREADY_USED', 'a second time', 'once per call');
  }
  const outstanding = outstandingE4(state.call, state.figures);
  if (amountE4 < outstanding) {
    return refusal('AMOUNT_BELOW_OUTSTANDING', dollars(amountE4), dollars(outstanding));
  }
  if (fundsExpireAt <= now) {
    return refusal('FUNDS_EXPIRE_IN_THE_PAST', instant(fundsExpireAt), instant(now));
  }
  const latest = fundsExpireMaxAt(policy, now);
  if (fundsExpireAt <= latest) return null;
  return refusal('FUNDS_EXPIRE_TOO_LATE', instant(fundsExpireAt), instant(latest));
}

function extendRefusal(
  state: LadderState,
  { dueAt, authorityReference }: ExtendCommand,
  policy: Policy,
  now: number,
): CommandRefusal | null {
  const { call } = state;
  if (call === null) return noOpenCall(state);
  if (isPastDueAlready(state, call, now)) {
    return refusal('PAST_DUE_ALREADY', instant(now), instant(call.dueAt));
  }
  if (dueAt <= call.dueAt) return refusal('DUE_NOT_LATER', instant(dueAt), instant(call.dueAt));
  const latest = deadlineAfter(policy, call.originalDueAt, policy.extendMaxMs);
  if (dueAt <= latest || authorityReference !== null) return null;
  return refusal('DUE_BEYOND_POLICY', instant(dueAt), instant(latest));
}

/** A call is past due for good once the account is restricted for it, or its instant has come. */
function isPastDueAlready(state: LadderState, call: Call, now: number): boolean {
  return state.restriction !== null || (call.issuedAt !== null && now >= call.dueAt);
}

function releaseRefusal(state: LadderState, { by }: CaseCommand): CommandRefusal | null {
  if (!isAwaitingRelease(state)) {
    return refusal(
      'NOT_AWAITING_RELEASE',
      `rung ${state.rung}`,
      'a liquidation that awaits release',
    );
  }
  return state.release?.releasedBy.includes(by) === true ? samePerson(by) : null;
}

function holdRefusal({ enforcementHold }: LadderState): CommandRefusal | null {
  if (enforcementHold === null) return null;
  const { by, since } = enforcementHold;
  return refusal('ALREADY_HELD', `held by ${by} since ${instant(since)}`, 'no hold');
}

function resumeRefusal(
  { enforcementHold }: LadderState,
  { by }: CaseCommand,
): CommandRefusal | null {
  if (enforcementHold === null) return refusal('NOT_HELD', 'no hold', 'a hold of enforcement');
  return enforcementHold.resumeAskedBy === by ? samePerson(by) : null;
}

function samePerson(by: string): CommandRefusal {
  return refusal('SAME_PERSON', by, 'two different persons');
}

function noOpenCall({ rung }: LadderState): CommandRefusal {
  return refusal('NO_OPEN_CALL', `rung ${rung}`, 'an open call');
}

function refusal(code: RefusalCode, observed: string, limit: string): CommandRefusal {
  return { code, observed, limit };
}

/** Such as `$5,700.0000`: exact, for a comparison that a person checks. */
function dollars(amountE4: number): string {
  return `$${groupedDigits(Math.floor(amountE4 / E4))}.${String(amountE4 % E4).padStart(4, '0')}`;
}

function instant(at: number): string {
  return new Date(at).toISOString();
}
