import type { StaleReason } from './case-events.ts';
import type { CaseFigures, PricedCaseFigures } from './case-figures.ts';
import type { CancelReason, CaseAction, MetBy } from './ladder-actions.ts';
import { alertsAfter } from './ladder-alerts.ts';
import { isAccelerating } from './ladder-condition.ts';
import { hasDemandRisen, newCall, newRestriction, renotified } from './ladder-episode.ts';
import { brakedAt } from './ladder-firm.ts';
import { missingPrices, onHold } from './ladder-hold.ts';
import {
  cancellableOrders,
  nextSlice,
  plannedPart,
  stuckAt,
  unsettledOrders,
} from './ladder-orders.ts';
import { notionalE4, personsNeeded } from './ladder-people.ts';
import { SLICES_MAX } from './ladder-state.ts';
import type { Call, LadderState, Release, Rung } from './ladder-state.ts';
import type { LadderCondition, Step } from './ladder-table.ts';
import type { PlanLeg } from './liquidation-plan.ts';
import type { Policy } from './policy.ts';
import type { Holdings } from './price-proof.ts';

/** What every recorded action of one decision shares. */
export interface RecordContext {
  readonly now: number;
  readonly policy: Policy;
  /** The rung that the action belongs to. */
  readonly to: Rung;
  readonly proof: 'FRESH' | 'TOLD';
  /** What the decision saw in the account, by a re-read; null without one. */
  readonly held: Holdings | null;
  readonly executionId: string | null;
}

/** Under which policy, when and through which execution a case decides. */
export type Moment = Pick<RecordContext, 'policy' | 'now' | 'executionId'>;

/** The context of an action that no cell of the table takes. */
export function bare({ rung: to }: LadderState, moment: Moment): RecordContext {
  return { ...moment, to, proof: 'TOLD', held: null };
}

/** What the steps of one decision share. */
export interface StepContext extends RecordContext {
  readonly condition: LadderCondition;
  readonly metBy: MetBy | null;
  readonly legs: readonly PlanLeg[];
  readonly staleReason: StaleReason | null;
  /** Does the liquidation brake stop what would start now? */
  readonly isBraked: boolean;
}

/** What it depends on whether a step is pending. */
export type PendingContext = Pick<StepContext, 'policy' | 'now' | 'legs' | 'isBraked'>;

/** A state under way through a decision, with the actions taken so far. */
export interface Progress {
  readonly state: LadderState;
  readonly actions: readonly CaseAction[];
}

/** The table and the state disagree: the case stops for a person rather than guess. */
export class LadderDefect extends Error {
  override readonly name = 'LadderDefect';
}

/** Is there anything to do for a step that happens once, or only under a further condition? */
export function isPending(step: Step, state: LadderState, context: PendingContext): boolean {
  const { policy, now } = context;
  switch (step) {
    case 'HOLD':
      return state.hold === null;
    case 'AWAIT_RELEASE':
      return needsAsking(state, context);
    case 'RENOTIFY':
      return state.call !== null && hasDemandRisen(state.call, policy);
    case 'ACCELERATE':
      return isAccelerating(state, policy, now);
    case 'ORDERS':
      return state.slice < SLICES_MAX;
    case 'REPORT_STUCK':
      return isNewlyStuck(state, policy, now);
    case 'CANCEL_ORDERS':
      return cancellableOrders(state).length > 0;
    case 'LIFT':
      return state.restriction !== null;
    case 'WARN':
    case 'CLEAR_WARNING':
    case 'CALL':
    case 'PAST_DUE':
    case 'CLOSE_ONLY':
    case 'TRIGGER':
    case 'MET':
    case 'COMPLETE':
    case 'HAND_OVER':
      return true;
  }
}

/** Carries out one step: the state after it, with its action added. */
export function applyStep(progress: Progress, step: Step, context: StepContext): Progress {
  return APPLY[step](progress, context);
}

/** Ends a hold and records it; nothing without one. */
export function clearHold(progress: Progress, context: StepContext): Progress {
  const { hold, rung } = progress.state;
  if (hold === null) return progress;
  const { reason, since: heldSince } = hold;
  return add(having(progress, { hold: null }), { ...context, to: rung }, (recorded) => ({
    ...audited(progress.state, recorded),
    type: 'HOLD_CLEARED',
    reason,
    heldSince,
  }));
}

type Apply = (progress: Progress, context: StepContext) => Progress;

const APPLY: Readonly<Record<Step, Apply>> = {
  WARN: (progress, context) =>
    add(progress, { ...context, to: 'WARNING' }, (recorded) => ({
      ...published(progress.state, recorded),
      type: 'WARN',
    })),
  CLEAR_WARNING: (progress, context) =>
    add(progress, context, (recorded) => ({
      ...audited(progress.state, recorded),
      type: 'CLEAR_WARNING',
    })),
  CALL: (progress, context) => {
    const call = newCall(pricedFigures(progress.state), context.policy, context.now);
    return add(having(progress, { call }), context, (recorded) => ({
      ...published(progress.state, recorded),
      type: 'CALL',
      call,
    }));
  },
  RENOTIFY: (progress, context) => {
    const call = renotified(openCall(progress.state), pricedFigures(progress.state));
    return add(having(progress, { call }), context, (recorded) => ({
      ...published(progress.state, recorded),
      type: 'RENOTIFY',
      call,
    }));
  },
  ACCELERATE: (progress, context) =>
    add(having(progress, accelerated(progress.state, context)), context, (recorded) => ({
      ...audited(progress.state, recorded),
      type: 'ACCELERATE',
      criticalSince: progress.state.criticalSince ?? context.now,
    })),
  PAST_DUE: (progress, context) =>
    add(progress, context, (recorded) => ({
      ...published(progress.state, recorded),
      type: 'PAST_DUE',
      call: openCall(progress.state),
    })),
  CLOSE_ONLY: (progress, context) => {
    const restriction = newRestriction(progress.state, context.policy, context.now);
    return add(having(progress, { restriction }), context, (recorded) => ({
      ...published(progress.state, recorded),
      type: 'CLOSE_ONLY',
      call: openCall(progress.state),
      restriction,
    }));
  },
  AWAIT_RELEASE: (progress, context) =>
    add(
      having(progress, { release: askedRelease(progress.state, context) }),
      context,
      (recorded) => ({
        ...audited(progress.state, recorded),
        type: 'AWAIT_RELEASE',
        notionalE4: notionalE4(context.legs),
        persons: personsNeeded(notionalE4(context.legs), context.isBraked, context.policy),
        isUrgent: progress.state.acceleratedAt !== null,
        isBraked: context.isBraked,
      }),
    ),
  TRIGGER: (progress, context) =>
    add(progress, { ...context, to: 'LIQUIDATING' }, (recorded) => ({
      ...published(progress.state, recorded),
      type: 'TRIGGER',
      parts: context.legs.map(plannedPart),
    })),
  ORDERS: (progress, context) => {
    const sent = nextSlice(progress.state, context.legs, context.policy, context.now);
    return add(having(progress, { ...sent, stuckReported: null }), context, (recorded) => ({
      ...published(progress.state, recorded),
      type: 'ORDERS',
      orders: sent.orders,
    }));
  },
  REPORT_STUCK: (progress, context) => {
    const orders = unsettledOrders(progress.state.orders, progress.state.figures);
    const why = orders.length === 0 ? 'SLICES_EXHAUSTED' : 'ORDERS_OUTLIVED';
    return add(having(progress, { stuckReported: why }), context, (recorded) => ({
      ...audited(progress.state, recorded),
      type: 'REPORT_STUCK',
      why,
      orders,
    }));
  },
  CANCEL_ORDERS: (progress, context) => {
    const orders = progress.state.orders.map((order) => ({
      ...order,
      cancelAsked: order.cancelAsked || !order.terminal,
    }));
    return add(having(progress, { orders }), context, (recorded) => ({
      ...published(progress.state, recorded),
      type: 'CANCEL_ORDERS',
      why: whyCancelled(context),
      orders: cancellableOrders(progress.state),
    }));
  },
  MET: (progress, context) =>
    add(progress, context, (recorded) => ({
      ...published(progress.state, recorded),
      type: 'MET',
      metBy: howMet(context),
      call: openCall(progress.state),
    })),
  COMPLETE: (progress, context) =>
    add(progress, context, (recorded) => ({
      ...published(progress.state, recorded),
      type: 'COMPLETE',
      parts: progress.state.liquidated.map((part) => ({ ...part, priceE4: null })),
      residualE4: pricedFigures(progress.state).deficiencyE4,
    })),
  LIFT: (progress, context) =>
    add(progress, context, (recorded) => ({
      ...published(progress.state, recorded),
      type: 'LIFT',
      metBy: howMet(context),
    })),
  HAND_OVER: (progress, context) =>
    add(progress, context, (recorded) => ({
      ...audited(progress.state, recorded),
      type: 'HAND_OVER',
      residualE4: pricedFigures(progress.state).deficiencyE4,
    })),
  HOLD: (progress, context) => {
    const reason = context.staleReason ?? missingPrices(progress.state);
    const state = onHold(progress.state, reason, context.policy, context.now);
    return add({ ...progress, state }, context, (recorded) => ({
      ...audited(progress.state, recorded),
      type: 'HOLD',
      reason,
    }));
  },
};

interface RecordedFields {
  readonly number: number;
  readonly decidedAt: number;
  readonly episode: number;
  readonly rung: Rung;
  readonly policyVersion: string;
  readonly policyHash: string;
  readonly correlationId: string;
  readonly executionId: string | null;
  readonly proof: 'FRESH' | 'TOLD';
  readonly held: Holdings | null;
}

/** Numbers an action and adds it. It belongs to the rung of `context.to`. */
export function add(
  { state, actions }: Progress,
  context: RecordContext,
  build: (recorded: RecordedFields) => CaseAction,
): Progress {
  const number = state.actionCount + 1;
  const action = build({
    number,
    decidedAt: context.now,
    episode: state.episode,
    rung: context.to,
    policyVersion: context.policy.version,
    policyHash: context.policy.hash,
    correlationId: correlationOf(state),
    executionId: context.executionId,
    proof: context.proof,
    held: context.held,
  });
  const { ended, open } = alertsAfter(state.alerts, action);
  const told = ended.length === 0 ? action : { ...action, endedAlerts: ended };
  return { state: { ...state, actionCount: number, alerts: open }, actions: [...actions, told] };
}

/** The correlation id of the episode, outside of one that of the figures. */
export function correlationOf({ correlationId, figures, caseId }: LadderState): string {
  return correlationId ?? figures?.correlationId ?? caseId;
}

export function having({ state, actions }: Progress, change: Partial<LadderState>): Progress {
  return { state: { ...state, ...change }, actions };
}

export function audited(
  { figures }: LadderState,
  recorded: RecordedFields,
): RecordedFields & { readonly seen: CaseFigures | null } {
  return { ...recorded, seen: figures };
}

export function published(
  state: LadderState,
  recorded: RecordedFields,
): RecordedFields & { readonly seen: PricedCaseFigures } {
  return { ...recorded, seen: pricedFigures(state) };
}

function pricedFigures({ figures, accountId }: LadderState): PricedCaseFigures {
  if (figures === null || figures.status === 'INDETERMINATE') {
    throw new LadderDefect(`case of ${accountId}: a step on the ladder without priced figures`);
  }
  return figures;
}

function openCall({ call, accountId }: LadderState): Call {
  if (call === null) throw new LadderDefect(`case of ${accountId}: a step on a call without one`);
  return call;
}

function howMet({ metBy }: StepContext): MetBy {
  if (metBy === null) throw new LadderDefect('a cure without a way in which the call was met');
  return metBy;
}

/** Is a release to be asked for, or asked for anew: urgently, or because one person no longer suffices? */
function needsAsking(state: LadderState, { policy, now, legs, isBraked }: PendingContext): boolean {
  const { release } = state;
  if (release === null || (!release.isUrgent && isAccelerating(state, policy, now))) return true;
  const asked = personsNeeded(release.notionalE4, release.braked !== null, policy);
  return personsNeeded(notionalE4(legs), isBraked, policy) > asked;
}

/** Who has released less stays counted. */
function askedRelease(
  { release, acceleratedAt }: LadderState,
  { legs, isBraked, policy, now }: StepContext,
): Release {
  return {
    notionalE4: notionalE4(legs),
    isUrgent: acceleratedAt !== null,
    releasedBy: release?.releasedBy ?? [],
    braked: isBraked ? brakedAt(policy, now) : null,
  };
}

/** All timers of the call that still run end now. */
function accelerated(
  { call, restriction }: LadderState,
  { now }: StepContext,
): Pick<LadderState, 'acceleratedAt' | 'call' | 'restriction'> {
  return {
    acceleratedAt: now,
    call: call === null ? null : { ...call, dueAt: Math.min(call.dueAt, now) },
    restriction:
      restriction === null
        ? null
        : { ...restriction, liquidateAt: Math.min(restriction.liquidateAt, now) },
  };
}

function whyCancelled({ condition, metBy }: StepContext): CancelReason {
  if (metBy !== null) return 'CALL_MET';
  if (condition === 'FUNDS_PENDING' || condition === 'ENFORCEMENT_HELD') return condition;
  return 'EXCESS_BACK';
}

/** Once per slice for orders that outlive their lifetime, once more when no further slice may go. */
function isNewlyStuck(state: LadderState, policy: Policy, now: number): boolean {
  if (unsettledOrders(state.orders, state.figures).length === 0) {
    return state.slice >= SLICES_MAX && state.stuckReported !== 'SLICES_EXHAUSTED';
  }
  const limit = stuckAt(state, policy);
  return state.stuckReported === null && limit !== null && now >= limit;
}
