import type {
  AcknowledgedEvent,
  CallPublishedEvent,
  OrdersWithheldEvent,
  RestrictionPublishedEvent,
} from './case-events.ts';
import { graceEnd } from './ladder-episode.ts';
import { fundsExpired } from './ladder-people.ts';
import { ACKNOWLEDGEMENTS_MAX } from './ladder-state.ts';
import type { CaseOrder, LadderState } from './ladder-state.ts';
import { add, audited, bare, having } from './ladder-steps.ts';
import type { Moment, Progress } from './ladder-steps.ts';
import { deadlineAfter } from './policy-clock.ts';

/** What events that bring no figures change and record; without an action they change nothing. */

/**
 * The call's clock starts when margin.calls.v1 has acknowledged it; from then on only a person moves
 * the due instant, and acceleration makes it come.
 */
export function startClock(
  state: LadderState,
  { episode, ackAt }: CallPublishedEvent,
  moment: Moment,
): Progress {
  const { call } = state;
  if (call?.issuedAt !== null || episode !== state.episode) return { state, actions: [] };
  const originalDueAt = deadlineAfter(moment.policy, ackAt, moment.policy.dueAfterMs);
  const isExtended = call.dueAt > call.originalDueAt;
  const dueAt = isExtended ? Math.max(call.dueAt, originalDueAt) : originalDueAt;
  const started = { ...state, call: { ...call, issuedAt: ackAt, originalDueAt, dueAt } };
  return clockStarted(started, { clock: 'CALL', startedAt: ackAt, endsAt: dueAt }, moment);
}

/** The grace runs from the restriction that restrictions.v1 has acknowledged (DESIGN 11). */
export function startGrace(
  state: LadderState,
  { episode, ackAt }: RestrictionPublishedEvent,
  moment: Moment,
): Progress {
  const { restriction } = state;
  if (restriction?.restrictedAt !== null || episode !== state.episode)
    return { state, actions: [] };
  const liquidateAt = graceEnd(state, moment.policy, ackAt);
  const started = { ...state, restriction: { ...restriction, restrictedAt: ackAt, liquidateAt } };
  return clockStarted(started, { clock: 'GRACE', startedAt: ackAt, endsAt: liquidateAt }, moment);
}

interface Clock {
  readonly clock: 'CALL' | 'GRACE';
  readonly startedAt: number;
  readonly endsAt: number;
}

function clockStarted(state: LadderState, clock: Clock, moment: Moment): Progress {
  return add({ state, actions: [] }, bare(state, moment), (recorded) => ({
    ...audited(state, recorded),
    type: 'CLOCK_STARTED',
    ...clock,
  }));
}

/**
 * Orders that the firm's holds kept from going out: they are as if never planned, so that the case asks
 * again. What may be out all the same stays, until something is heard of it or its time is over.
 */
export function withhold(
  state: LadderState,
  { orderIds, reason, mayBeOut }: OrdersWithheldEvent,
  moment: Moment,
): Progress {
  const isWithheld = ({ orderId }: CaseOrder): boolean => orderIds.includes(orderId);
  const withheld = state.orders.filter(isWithheld);
  if (withheld.length === 0) return { state, actions: [] };
  const orders = mayBeOut
    ? state.orders.map((order) => (isWithheld(order) ? { ...order, mayBeOut } : order))
    : state.orders.filter((order) => !isWithheld(order));
  return add({ state: { ...state, orders }, actions: [] }, bare(state, moment), (recorded) => ({
    ...audited(state, recorded),
    type: 'WITHHOLD',
    orders: withheld,
    reason,
  }));
}

/** Records who saw the case. Changes no rung, no deadline. */
export function acknowledge(
  state: LadderState,
  { by, at, note }: AcknowledgedEvent,
  moment: Moment,
): Progress {
  const repeated = state.acknowledgements.some(
    (known) => known.by === by && known.at === at && known.note === note,
  );
  if (repeated) return { state, actions: [] };
  const all = [...state.acknowledgements, { by, at, note }];
  const seen = { ...state, acknowledgements: all.slice(-ACKNOWLEDGEMENTS_MAX) };
  return add({ state: seen, actions: [] }, bare(state, moment), (recorded) => ({
    ...audited(state, recorded),
    type: 'ACKNOWLEDGE',
    by,
    at,
    note,
  }));
}

/** Funds whose expiry has come no longer hold escalation; recorded once. */
export function expireFunds(progress: Progress, moment: Moment): Progress {
  const { state } = progress;
  const funds = fundsExpired(state, moment.now);
  if (funds === null) return progress;
  const over = having(progress, { funds: { ...funds, isOver: true } });
  return add(over, bare(state, moment), (recorded) => ({
    ...audited(state, recorded),
    type: 'FUNDS_EXPIRED',
    funds,
  }));
}
