import type { StaleReason } from './case-events.ts';
import type { LadderState, Rung } from './ladder-state.ts';
import type { Policy } from './policy.ts';

/** Holding escalation back while nothing proves it right (DESIGN 8). */

/** The state on hold; a hold that stands keeps its beginning and looks again when that is due. */
export function onHold(
  state: LadderState,
  reason: StaleReason,
  policy: Policy,
  now: number,
): LadderState {
  const { hold } = state;
  const standing = hold?.retryAt ?? null;
  const waits = standing !== null && standing > now;
  const retryAt = waits ? standing : nextRetryAt(state.rung, reason, policy, now);
  return { ...state, hold: { reason, since: hold?.since ?? now, retryAt } };
}

/** Is it time to look again? */
export function isRetryDue({ hold }: LadderState, now: number): boolean {
  const retryAt = hold?.retryAt ?? null;
  return retryAt !== null && now >= retryAt;
}

/** The reason of a hold on figures that cannot be judged: a block, or missing prices. */
export function missingPrices({ figures }: LadderState): StaleReason {
  const blocked = figures?.status === 'INDETERMINATE' ? (figures.blockedBy ?? []) : [];
  if (blocked.length > 0) {
    return {
      code: 'INDETERMINATE',
      what: 'the books',
      observed: `blocked by ${blocked.join(', ')}`,
      limit: 'cleared by a person',
    };
  }
  const missing = figures?.status === 'INDETERMINATE' ? figures.pricesMissing : [];
  return {
    code: 'INDETERMINATE',
    what: missing.length === 0 ? 'a held position' : missing.join(', '),
    observed: 'no price',
    limit: 'a price for every held position',
  };
}

/** A case at ACTIVE without prices holds nothing back: news will end its hold. */
function nextRetryAt(rung: Rung, reason: StaleReason, policy: Policy, now: number): number | null {
  if (rung === 'ACTIVE' && reason.code === 'INDETERMINATE') return null;
  return now + policy.staleRetryMs;
}
