import { answerTo, withAnswer } from './case-answers.ts';
import type { CaseCommand } from './case-commands.ts';
import type { CaseEvent, Reading, StaleReason } from './case-events.ts';
import type { CaseFigures } from './case-figures.ts';
import { PERSONS_AGAINST_BRAKE } from './firm-enforcement.ts';
import { figuresVersionString, isLater } from './figures-version.ts';
import { refusalOf } from './case-refusals.ts';
import type { LadderAction, ReadFigures } from './ladder-actions.ts';
import { obey } from './ladder-commands.ts';
import { acknowledge, expireFunds, startClock, startGrace, withhold } from './ladder-events.ts';
import {
  isAboveHysteresis,
  isCriticalDeficiency,
  isCriticalUnproved,
  isGraceOver,
  situationOf,
} from './ladder-condition.ts';
import type { Situation } from './ladder-condition.ts';
import type { Evidence } from './ladder-evidence.ts';
import { arrive, beginEpisode, withDemand } from './ladder-episode.ts';
import { heldFirmwide, isBrakeRetryDue, isFirmHold, seeBrake } from './ladder-firm.ts';
import { isRetryDue, missingPrices, onHold } from './ladder-hold.ts';
import { endUnsure, seeExecution, unsettledOrders } from './ladder-orders.ts';
import { actOnStress, isStressDue, seeStress } from './ladder-stress.ts';
import type { LadderState, Rung } from './ladder-state.ts';
import {
  add,
  applyStep,
  audited,
  bare,
  clearHold,
  isPending,
  LadderDefect,
} from './ladder-steps.ts';
import type { Moment, PendingContext, Progress, StepContext } from './ladder-steps.ts';
import { LADDER } from './ladder-table.ts';
import type { Outcome, Step } from './ladder-table.ts';
import type { Policy } from './policy.ts';
import { doubtForbidding, isCriticalBeyondDoubt } from './price-proof.ts';
import type { Holdings } from './price-proof.ts';

/** A reading that lay too long is asked for again this often before the case holds. */
export const READ_ATTEMPTS_MAX = 3;

export interface Decision {
  readonly state: LadderState;
  readonly actions: readonly LadderAction[];
}

/**
 * The ladder: what a case does about an event at the instant `at` (Unix ms). Pure. `policyInForce` counts only
 * while the episode has not pinned its own. Every event is folded into what the case knows; then the
 * table (ladder-table.ts) is asked with the one condition that holds. An escalation is answered by
 * READ_FIGURES first, and goes on only with a FRESH reading. Throws LadderDefect when the condition
 * cannot hold on the rung.
 */
export function decide(
  state: LadderState,
  event: CaseEvent,
  policyInForce: Policy,
  at: number,
): Decision {
  // A clock that steps back must not unmake what was decided: no deadline is due and then not due.
  const now = Math.max(at, state.decidedAt);
  const policy = state.policy ?? policyInForce;
  const moment: Moment = { policy, now, executionId: null };
  const orders = endUnsure(state.orders, policy, now);
  const ended = orders === state.orders ? state : { ...state, orders };
  const known = state.rung === 'ACTIVE' ? ended : { ...ended, policy };
  const { state: pinned, actions } = expireFunds({ state: known, actions: [] }, moment);
  const decision = answer(pinned, event, moment);
  const told = decision.state === known ? state : decision.state;
  return { state: told, actions: [...actions, ...decision.actions] };
}

function answer(pinned: LadderState, event: CaseEvent, moment: Moment): Decision {
  switch (event.type) {
    case 'FIGURES': {
      if (!isLater(event.figures.version, pinned.figures?.version ?? null)) return nothing(pinned);
      return advance(seeFigures(pinned, event.figures, moment), TOLD, moment);
    }
    case 'EXECUTION': {
      const told = seeExecution(pinned, event.execution);
      if (told === pinned) return nothing(pinned);
      return advance(told, TOLD, { ...moment, executionId: event.execution.execId });
    }
    case 'READING': {
      const policy = byCalendar(moment.policy, event.reading);
      const state = pinned.policy === null ? pinned : { ...pinned, policy };
      const { executionId } = event;
      return onReading(state, event.reading, event.attempt, { ...moment, policy, executionId });
    }
    case 'CALL_PUBLISHED':
      return goOn(startClock(pinned, event, moment), moment);
    case 'RESTRICTION_PUBLISHED':
      return goOn(startGrace(pinned, event, moment), moment);
    case 'ORDERS_WITHHELD':
      return goOn(withhold(pinned, event, moment), moment);
    case 'ACKNOWLEDGED':
      return acknowledge(pinned, event, moment);
    case 'COMMAND':
      return onCommand(pinned, event.command, moment);
    case 'WAKE':
      return advance(pinned, TOLD, moment);
  }
}

const TOLD: Evidence = { kind: 'TOLD' };

/** What the table says, then what stress asks for: each by itself, on the same evidence. */
function advance(before: LadderState, evidence: Evidence, moment: Moment): Decision {
  const seen = seeBrake(before, evidence, moment.policy, moment.now);
  const { state, actions } = climb(seen, evidence, moment);
  const reads = actions.some(({ type }) => type === 'READ_FIGURES');
  if (reads || !isStressDue(state, moment.now)) return { state, actions };
  const after =
    evidence.kind === 'TOLD' ? readFirst(state, moment) : stressed(state, evidence, moment);
  return { state: after.state, actions: [...actions, ...after.actions] };
}

function stressed(
  state: LadderState,
  evidence: Exclude<Evidence, { kind: 'TOLD' }>,
  moment: Moment,
): Decision {
  const context = { ...moment, to: state.rung, proof: 'FRESH', held: heldIn(evidence) } as const;
  return actOnStress({ state, actions: [] }, evidence, context);
}

/** Asks the table with the condition that holds, and carries its outcome out. */
function climb(before: LadderState, evidence: Evidence, moment: Moment): Decision {
  const { policy, now } = moment;
  const state = { ...before, decidedAt: Math.max(before.decidedAt, now) };
  if (state.figures === null) return nothing(state);
  const found = situationOf(state, state.figures, evidence, policy, now);
  const outcome = outcomeOf(state, found);
  const doubt = doubtAbout(state, outcome, found, evidence, moment);
  const starts = doubt === null && isToAsk(state, found, evidence, moment);
  const reads = evidence.kind === 'TOLD' && isToRead(state, outcome, found, moment);
  if (starts || reads) return readFirst(state, moment, starts);

  const proof = evidence.kind === 'FRESH' ? 'FRESH' : 'TOLD';
  const held = heldIn(evidence);
  const way = { ...moment, ...found, to: state.rung, proof, held } as const;
  if (doubt !== null) {
    return hold(state, LADDER[state.rung].STALE, { ...way, staleReason: doubt });
  }
  if (found.condition === 'INDETERMINATE') {
    return hold(state, outcome, { ...way, staleReason: missingPrices(state) });
  }
  const to = outcome.kind === 'GO' ? outcome.to : state.rung;
  const context = { ...way, to, staleReason: null };
  const free = clearHold({ state, actions: [] }, context);
  return carryOut(free, outcome, context);
}

/** Why the case may not go on, by what was read; null when it may, or nothing was read. */
function doubtAbout(
  state: LadderState,
  outcome: Outcome,
  found: Situation,
  evidence: Evidence,
  moment: Moment,
): StaleReason | null {
  if (evidence.kind === 'TOLD') return null;
  if (evidence.kind === 'STALE') {
    return needsProof(state, outcome, found, moment) ? evidence.reason : null;
  }
  return escalates(state, outcome, { ...moment, ...found })
    ? (found.heldBack ?? heldFirmwide(evidence))
    : null;
}

/** Is what the case was told not enough to go on with, or is it time to look again? */
function isToRead(state: LadderState, outcome: Outcome, found: Situation, moment: Moment): boolean {
  const looksAgain = found.condition === 'INDETERMINATE' && isRetryDue(state, moment.now);
  return looksAgain || needsProof(state, outcome, found, moment);
}

/** What a re-read found in the account; null without one. */
function heldIn(evidence: Evidence): Holdings | null {
  if (evidence.kind !== 'FRESH') return null;
  const { cashE4, positions } = evidence;
  return { cashE4, positions };
}

/** Holds, or goes on holding: recorded once, and again when the firm's will takes the place of doubt. */
function hold(state: LadderState, outcome: Outcome, context: StepContext): Decision {
  const reason = context.staleReason ?? missingPrices(state);
  const before = state.hold?.reason ?? reason;
  if (state.hold === null || isFirmHold(before) !== isFirmHold(reason)) {
    return carryOut(clearHold({ state, actions: [] }, context), outcome, context);
  }
  return nothing(onHold(state, reason, context.policy, context.now));
}

/**
 * Is the liquidation brake to be asked: would a liquidation start, or has one waited for it long
 * enough? What a reading that did not ask finds startable is read again.
 */
function isToAsk(
  state: LadderState,
  { condition }: Situation,
  evidence: Evidence,
  { now }: Moment,
): boolean {
  if (state.rung !== 'RESTRICTED' || evidence.kind === 'STALE') return false;
  if (condition === 'GRACE_OVER_RELEASED') {
    return evidence.kind === 'TOLD' || evidence.enforcement.start === null;
  }
  const waits = condition === 'GRACE_OVER_UNRELEASED' && evidence.kind === 'TOLD';
  return waits && isBrakeRetryDue(state, now);
}

function outcomeOf(state: LadderState, { condition }: Situation): Outcome {
  const outcome = LADDER[state.rung][condition];
  if (outcome.kind !== 'IMPOSSIBLE') return outcome;
  throw new LadderDefect(
    `case of ${state.accountId}: ${condition} on ${state.rung} cannot be: ${outcome.because}`,
  );
}

/** Escalation needs proof, and so does a cure by the market; what has been done needs none. */
function needsProof(
  state: LadderState,
  outcome: Outcome,
  found: Situation,
  { policy, now }: Moment,
): boolean {
  const context = { policy, now, ...found };
  if (escalates(state, outcome, context)) return true;
  if (needsFresh(outcome) && isCriticalUnproved(state, policy, now)) return true;
  return found.metBy === 'MARKET' && pendingSteps(state, outcome, context).length > 0;
}

/** Would the case go up, or do anything against the account? */
function escalates(state: LadderState, outcome: Outcome, context: PendingContext): boolean {
  return needsFresh(outcome) && pendingSteps(state, outcome, context).length > 0;
}

function needsFresh(outcome: Outcome): boolean {
  return outcome.kind === 'GO' && outcome.proof === 'FRESH';
}

function pendingSteps(
  state: LadderState,
  outcome: Outcome,
  context: PendingContext,
): readonly Step[] {
  if (outcome.kind !== 'GO') return [];
  return outcome.steps.filter((step) => isPending(step, state, context));
}

function carryOut(before: Progress, outcome: Outcome, context: StepContext): Decision {
  const { policy, to } = context;
  const begins = before.state.rung === 'ACTIVE' && to !== 'ACTIVE';
  const started = begins ? { ...before, state: beginEpisode(before.state) } : before;
  const { state, actions } = pendingSteps(started.state, outcome, context).reduce<Progress>(
    (progress, step) => applyStep(progress, step, context),
    started,
  );
  return { state: arrive(state, to, policy), actions };
}

const BEFORE_CALL: ReadonlySet<Rung> = new Set<Rung>(['ACTIVE', 'WARNING']);

/** `starts`: the liquidation brake is to be asked as well. */
function readFirst(
  state: LadderState,
  { policy, executionId, now }: Moment,
  starts = false,
  attempt = 1,
): Decision {
  const { accountId, caseId, episode, release } = state;
  const isReleased = (release?.releasedBy.length ?? 0) >= PERSONS_AGAINST_BRAKE;
  const action: ReadFigures = {
    type: 'READ_FIGURES',
    attempt,
    executionId,
    request: {
      accountId,
      atLeast: state.figures?.version ?? null,
      quoteAgeMaxMs: policy.quoteAgeMaxMs,
      heartbeatAgeMaxMs: policy.heartbeatAgeMaxMs,
      calendarVersion: policy.calendar.version,
      start: starts ? { accountId, caseId, episode, isReleased } : null,
    },
    leadsToCallAtMost: BEFORE_CALL.has(state.rung) && !isStressDue(state, now),
  };
  return { state, actions: [action] };
}

/** The policy by the calendar that a re-read brought; the very same one without a later calendar. */
function byCalendar(policy: Policy, reading: Reading): Policy {
  if (reading.outcome === 'STALE' || reading.calendar === undefined) return policy;
  const { calendar } = reading;
  return calendar.version > policy.calendar.version ? { ...policy, calendar } : policy;
}

/** A reading proves only what it proved a moment ago, and nothing about older figures. */
function onReading(
  state: LadderState,
  reading: Reading,
  attempt: number,
  moment: Moment,
): Decision {
  const { policy, now } = moment;
  if (reading.outcome === 'STALE') return onStale(state, reading.reason, moment);
  const ageMs = now - reading.readAt;
  if (ageMs > policy.heartbeatAgeMaxMs) {
    const starts = reading.enforcement.start !== null;
    if (attempt < READ_ATTEMPTS_MAX) return readFirst(state, moment, starts, attempt + 1);
    return onStale(state, oldReading(ageMs, policy), moment);
  }
  const { figures, cashE4, positions, enforcement } = reading;
  const known = state.figures;
  if (known !== null && isLater(known.version, figures.version)) {
    return onStale(state, olderThanTold(known, figures), moment);
  }
  const isNew = isLater(figures.version, known?.version ?? null);
  const seen = isNew ? seeFigures(state, figures, moment) : state;
  const isCritical =
    isCriticalDeficiency(seen.figures, policy) &&
    isCriticalBeyondDoubt({ cashE4, positions }, policy);
  const proved = { ...seen, criticalSince: sinceWhen(isCritical, seen.criticalSince, now) };
  const doubt = doubtForbidding({ cashE4, positions }, isGraceOver(proved, policy, now), policy);
  if (doubt !== null) return onStale(proved, doubt, moment);
  return advance(proved, { kind: 'FRESH', cashE4, positions, enforcement }, moment);
}

/** What proves nothing does not prove either that the equity has stayed critical. */
function onStale(state: LadderState, reason: StaleReason, moment: Moment): Decision {
  return advance({ ...state, criticalSince: null }, { kind: 'STALE', reason }, moment);
}

function oldReading(ageMs: number, policy: Policy): StaleReason {
  return {
    code: 'READING_OLD',
    what: 'the re-read figures',
    observed: `${String(ageMs)} ms`,
    limit: `${String(policy.heartbeatAgeMaxMs)} ms`,
  };
}

function olderThanTold(known: CaseFigures, read: CaseFigures): StaleReason {
  return {
    code: 'OLDER_THAN_TOLD',
    what: 'the re-read figures',
    observed: figuresVersionString(read.version),
    limit: figuresVersionString(known.version),
  };
}

/** Takes later figures: amounts and the time above the hysteresis level follow them at once. */
function seeFigures(
  state: LadderState,
  figures: CaseFigures,
  { policy, now }: Moment,
): LadderState {
  const { call } = state;
  // Only a reading proves the equity critical: what a case is told ends the time, and never begins it.
  const criticalSince = isCriticalDeficiency(figures, policy) ? state.criticalSince : null;
  const stress = seeStress(state.stress, figures, policy, now);
  const seen = { ...state, figures, criticalSince, stress };
  // Orders of a cured call are kept only until they are settled.
  if (call === null) return { ...seen, orders: unsettledOrders(state.orders, figures) };
  if (figures.status === 'INDETERMINATE') return { ...seen, aboveHysteresisSince: null };
  return {
    ...seen,
    call: withDemand(call, figures, policy),
    aboveHysteresisSince: sinceWhen(
      isAboveHysteresis(figures, policy),
      state.aboveHysteresisSince,
      now,
    ),
  };
}

/** Since when something has held that holds now, or null. */
function sinceWhen(holds: boolean, since: number | null, now: number): number | null {
  return holds ? (since ?? now) : null;
}

/** Obeys or refuses a person, keeps the answer, and goes on with what follows from it. */
function onCommand(state: LadderState, command: CaseCommand, moment: Moment): Decision {
  const { commandId } = command;
  if (answerTo(state, commandId) !== null) return nothing(state);
  const refusal = refusalOf(state, command, moment.policy, moment.now);
  if (refusal !== null) return nothing(withAnswer(state, commandId, { outcome: null, refusal }));
  const { state: obeyed, outcome } = obey(state, command, moment.policy, moment.now);
  const answered = withAnswer(obeyed, commandId, { outcome, refusal: null });
  const before = add({ state: answered, actions: [] }, bare(state, moment), (recorded) => ({
    ...audited(state, recorded),
    type: 'COMMANDED',
    command,
    outcome,
  }));
  return goOn(before, moment);
}

/** Asks the table after something was recorded; nothing when nothing was. */
function goOn({ state, actions }: Progress, moment: Moment): Decision {
  if (actions.length === 0) return nothing(state);
  const after = advance(state, TOLD, moment);
  return { state: after.state, actions: [...actions, ...after.actions] };
}

function nothing(state: LadderState): Decision {
  return { state, actions: [] };
}
