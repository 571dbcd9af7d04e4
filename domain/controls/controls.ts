import type {
  ControlAction,
  ControlEvent,
  ControlRefusal,
  ControlStep,
  HolderEvent,
  LiftApproved,
  LiftAsked,
  RestrictCommand,
} from './control-events.ts';
import { whenLoosened } from './loosening.ts';
import { isStricter, MODE_SORTS, sortOf, statusOf } from './control-state.ts';
import type {
  ControlMode,
  ControlState,
  Holder,
  HolderName,
  LiftRequest,
} from './control-state.ts';

/** A firm's choices about resuming (RULES, Market access). */
export interface ControlPolicy {
  /** Do two persons have to resume this kind of scope? */
  readonly twoPersons: (scope: ControlState['scope']) => boolean;
  /** How long a request waits for its approval, ms. */
  readonly approvalMs: number;
  /** A kill made by the order monitor alone loosens by itself after this, ms; null never (default). */
  readonly cooldownMs: number | null;
  /** What it loosens to first, for another cooldown. */
  readonly cooldownRatePerSecond: number;
}

type Step = ControlStep<ControlState>;

const DONE = { is: 'DONE' } as const;

/** The one place of a kill, and the one of a throttle, whatever stands there. */
const BLOCK: ControlMode = { kind: 'BLOCK' };
const NO_ORDERS: ControlMode = { kind: 'THROTTLE', maxRatePerSecond: 0 };

/**
 * One event of a scope's controls (DESIGN 13 – 15): machines may make it stricter, people loosen it.
 * Whatever comes twice, late or forged never loosens: a command at or below `coversOffset` is a
 * repetition, a command that would loosen is ignored and audited, and a person's request names the
 * epoch that it lifts. `now` in ms.
 */
export function decideControls(
  state: ControlState,
  event: ControlEvent,
  policy: ControlPolicy,
  now: number,
): Step {
  switch (event.type) {
    case 'RESTRICT':
      return restrict(state, event, policy, now);
    case 'LOOSE_COMMAND':
      return step(cover(state, event.offset), [
        audit('LOOSE_COMMAND_IGNORED', event.actor, event.action, event.commandId),
      ]);
    case 'HOLD':
      return hold(state, event, now);
    case 'LIFT_ASKED':
      return askLift(state, event, policy, now);
    case 'LIFT_APPROVED':
      return approveLift(state, event, now);
    case 'CANCELS_CONFIRMED':
      return confirmCancels(state, event.version);
    case 'TICK':
      return tick(state, policy, now);
  }
}

/** When a TICK is next due, ms; null when time changes nothing. */
export function nextTickAt({ request, loosensAt }: ControlState): number | null {
  const instants = [request?.expiresAt, loosensAt].filter(
    (at): at is number => at !== undefined && at !== null,
  );
  return instants.length === 0 ? null : Math.min(...instants);
}

function restrict(
  state: ControlState,
  command: RestrictCommand,
  policy: ControlPolicy,
  now: number,
): Step {
  const { offset, holder: name, mode, reason, actor, commandId } = command;
  if (offset <= state.coversOffset) {
    return step(state, [audit('REPEATED', actor, reason, commandId)]);
  }
  const held = holderOf(state, name, mode);
  // The same holder again: a new epoch, never a looser mode. Its kill and its throttle stand side by side.
  const next: Holder =
    held !== undefined && !isStricter(mode, held.mode)
      ? { ...held, epoch: offset }
      : { name, mode, reason, actor, commandId, since: now, epoch: offset };
  // A throttle that the monitor asks for is no kill: it would end with the kill's own.
  const cools = name === 'order-monitor' && sortOf(mode) === 'KILL' && policy.cooldownMs !== null;
  const loosens = cools ? now + policy.cooldownMs : null;
  const after: ControlState = {
    ...put(cover(state, offset), next),
    // What was asked before this command did not mean it.
    request: state.request?.holder === name ? null : state.request,
    loosensAt: name === 'order-monitor' ? loosens : state.loosensAt,
  };
  return changed(state, after, [audit('RESTRICTED', actor, reason, commandId)]);
}

function hold(before: ControlState, event: HolderEvent, now: number): Step {
  const { holder: name, mode, reason, actor, commandId, offset } = event;
  if (offset <= before.coversRestriction) {
    return step(before, [audit('REPEATED', actor, reason, commandId)]);
  }
  const state = { ...before, coversRestriction: offset };
  if (mode === null) {
    const after = removeAll(state, name);
    if (after.holders.length === state.holders.length) return step(state, []);
    return changed(before, after, [audit('LIFTED', actor, reason, commandId)]);
  }
  const held = holderOf(state, name, mode);
  if (held !== undefined && !isStricter(mode, held.mode)) return step(state, []);
  const holder = { name, mode, reason, actor, commandId, since: now, epoch: held?.epoch ?? null };
  return changed(before, put(state, holder), [audit('RESTRICTED', actor, reason, commandId)]);
}

function askLift(state: ControlState, asked: LiftAsked, policy: ControlPolicy, now: number): Step {
  const { requestId, holder: name, to, epoch, reason, subject } = asked;
  const refusal = liftRefusal(state, asked, now);
  if (refusal !== null) return refuse(state, refusal, subject, reason, requestId);
  if (!policy.twoPersons(state.scope)) {
    const after = whenLoosened(state, lifted(state, asked), now);
    return changed(state, after, [audit('LIFTED', subject, reason, requestId)]);
  }
  const expiresAt = now + policy.approvalMs;
  const request: LiftRequest = {
    requestId,
    holder: name,
    to,
    epoch,
    reason,
    requestedBy: subject,
    expiresAt,
  };
  return {
    state: { ...state, version: state.version + 1, request },
    actions: [{ type: 'PUBLISH' }, audit('LIFT_ASKED', subject, reason, requestId)],
    answer: { is: 'WAITS_FOR_APPROVAL', requestId, expiresAt },
  };
}

function liftRefusal(
  state: ControlState,
  { holder: name, to, epoch }: LiftAsked,
  now: number,
): ControlRefusal | null {
  if (state.holders.every((holder) => holder.name !== name)) return 'NOT_HELD';
  const held = restingOn(state, name, epoch);
  if (held === undefined) return 'OTHER_EPOCH';
  if (to !== null && !isStricter(held.mode, to)) return 'NOT_LOOSER';
  const { request } = state;
  return request !== null && now < request.expiresAt ? 'ALREADY_ASKED' : null;
}

function approveLift(state: ControlState, approval: LiftApproved, now: number): Step {
  const { request } = state;
  const { subject, approvalId, reason } = approval;
  const refusal = approvalRefusal(state, approval, now);
  if (refusal !== null || request === null) {
    return refuse(state, refusal ?? 'NO_SUCH_REQUEST', subject, reason, approvalId);
  }
  const after = { ...lifted(state, request), request: null };
  return changed(state, whenLoosened(state, after, now), [
    { ...audit('LIFTED', subject, reason, approvalId), askedBy: request.requestedBy },
  ]);
}

/** The second person approves what the first asked: this scope, this epoch, this reason, in time. */
function approvalRefusal(
  state: ControlState,
  { requestId, epoch, reason, subject }: LiftApproved,
  now: number,
): ControlRefusal | null {
  const { request } = state;
  if (request?.requestId !== requestId) return 'NO_SUCH_REQUEST';
  if (now >= request.expiresAt) return 'REQUEST_EXPIRED';
  if (request.epoch !== epoch || request.reason !== reason) return 'NOT_WHAT_WAS_ASKED';
  if (request.requestedBy === subject) return 'SAME_PERSON';
  // A command since the request moved the epoch; `restrict` drops the request, and so does this.
  return restingOn(state, request.holder, epoch) === undefined ? 'OTHER_EPOCH' : null;
}

function confirmCancels(state: ControlState, version: number): Step {
  const { cancelsPendingSince: since } = state;
  // A version that does not exist yet is nobody's to confirm.
  if (since === null || version < since || version > state.version) return step(state, []);
  return changed(state, { ...state, cancelsPendingSince: null }, []);
}

function tick(state: ControlState, policy: ControlPolicy, now: number): Step {
  const { request, loosensAt } = state;
  if (request !== null && now >= request.expiresAt) {
    const { requestedBy, reason, requestId } = request;
    return changed(state, { ...state, request: null }, [
      audit('LIFT_EXPIRED', requestedBy, reason, requestId),
    ]);
  }
  if (loosensAt === null || now < loosensAt) return step(state, []);
  // The policy has come to say never: only people loosen it from here on.
  if (policy.cooldownMs === null) return changed(state, { ...state, loosensAt: null }, []);
  return loosenAfterCooldown({ ...state, loosensAt: null }, state, policy, now);
}

/**
 * KILLED → THROTTLED for another cooldown → ACTIVE; only what the monitor put on. A throttle that it asked
 * for itself stays until people lift it.
 */
function loosenAfterCooldown(
  state: ControlState,
  before: ControlState,
  { cooldownMs, cooldownRatePerSecond }: ControlPolicy,
  now: number,
): Step {
  const kill = holderOf(state, 'order-monitor', BLOCK);
  const throttle = holderOf(state, 'order-monitor', NO_ORDERS);
  const held = kill ?? throttle;
  if (held === undefined || cooldownMs === null) return step(state, []);
  const actions = [audit('LOOSENED_AFTER_COOLDOWN', 'order-monitor', held.reason, held.commandId)];
  if (kill === undefined) {
    return changed(before, whenLoosened(before, remove(state, held), now), actions);
  }
  const mode: ControlMode = { kind: 'THROTTLE', maxRatePerSecond: cooldownRatePerSecond };
  const after = whenLoosened(before, loosened(state, kill, mode, now), now);
  const loosensAt = throttle === undefined ? now + cooldownMs : null;
  return changed(before, { ...after, loosensAt }, actions);
}

/** What a person asked to be there in the place of what rests on the epoch that was named. */
function lifted(
  state: ControlState,
  { holder: name, epoch, to }: Pick<LiftAsked, 'holder' | 'epoch' | 'to'>,
): ControlState {
  const held = restingOn(state, name, epoch);
  if (held === undefined) return state;
  const loosensAt = name === 'order-monitor' ? null : state.loosensAt;
  const after = to === null ? remove(state, held) : loosened(state, held, to, held.since);
  return { ...after, loosensAt };
}

/** A looser mode in the place of what is held; a throttle of the same holder that is stricter stays. */
function loosened(
  state: ControlState,
  held: Holder,
  mode: ControlMode,
  since: number,
): ControlState {
  const without = remove(state, held);
  const beside = holderOf(without, held.name, mode);
  if (beside !== undefined && !isStricter(mode, beside.mode)) return without;
  const epoch = beside === undefined ? held.epoch : beside.epoch;
  return put(without, { ...held, mode, since, epoch });
}

/** The next version, published; stricter means that orders which no longer may stand are cancelled. */
function changed(
  before: ControlState,
  after: ControlState,
  audits: readonly ControlAction[],
): Step {
  const stricter = after.holders.some(({ name, mode }) => {
    const held = holderOf(before, name, mode);
    return mode.kind !== 'THROTTLE' && (held === undefined || isStricter(mode, held.mode));
  });
  const status = statusOf(after);
  const stands = status !== 'ACTIVE' && status !== 'THROTTLED';
  const version = before.version + 1;
  const pending = stricter ? version : after.cancelsPendingSince;
  const state = { ...after, version, cancelsPendingSince: stands ? pending : null };
  const cancels: ControlAction[] = stricter ? [{ type: 'CANCEL_ORDERS' }] : [];
  return step(state, [{ type: 'PUBLISH' }, ...cancels, ...audits]);
}

function refuse(
  state: ControlState,
  code: ControlRefusal,
  subject: string,
  reason: string,
  commandId: string,
): Step {
  return {
    state,
    actions: [audit('REFUSED', subject, `${code}: ${reason}`, commandId)],
    answer: { is: 'REFUSED', code },
  };
}

function step(state: ControlState, actions: readonly ControlAction[]): Step {
  return { state, actions, answer: DONE };
}

type Audited = Extract<ControlAction, { type: 'AUDIT' }>['what'];

function audit(
  what: Audited,
  subject: string,
  reason: string,
  commandId: string,
): Extract<ControlAction, { type: 'AUDIT' }> {
  return { type: 'AUDIT', what, subject, askedBy: null, reason, commandId };
}

/** What a holder has put on of the sort of `mode`: its kill, or its throttle. */
function holderOf(
  { holders }: ControlState,
  name: HolderName,
  mode: ControlMode,
): Holder | undefined {
  return holders.find((holder) => isSamePlace(holder, { name, mode }));
}

/** What of a holder rests on an epoch: no two commands have the same. */
function restingOn({ holders }: ControlState, name: HolderName, epoch: number): Holder | undefined {
  return holders.find((holder) => holder.name === name && holder.epoch === epoch);
}

type Place = Pick<Holder, 'name' | 'mode'>;

function isSamePlace(a: Place, b: Place): boolean {
  return a.name === b.name && sortOf(a.mode) === sortOf(b.mode);
}

function cover(state: ControlState, offset: number): ControlState {
  return { ...state, coversOffset: Math.max(state.coversOffset, offset) };
}

function put(state: ControlState, holder: Holder): ControlState {
  const holders = [...remove(state, holder).holders, holder].sort(inOrder);
  return { ...state, holders };
}

function inOrder(a: Place, b: Place): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return MODE_SORTS.indexOf(sortOf(a.mode)) - MODE_SORTS.indexOf(sortOf(b.mode));
}

function remove(state: ControlState, held: Place): ControlState {
  return { ...state, holders: state.holders.filter((holder) => !isSamePlace(holder, held)) };
}

function removeAll(state: ControlState, name: HolderName): ControlState {
  return { ...state, holders: state.holders.filter((holder) => holder.name !== name) };
}
