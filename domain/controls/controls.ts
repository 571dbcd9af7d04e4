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
import { isStricter, statusOf } from './control-state.ts';
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
  const held = holderOf(state, name);
  // The same holder again: a new epoch, never a looser mode.
  const next: Holder =
    held !== undefined && !isStricter(mode, held.mode)
      ? { ...held, epoch: offset }
      : { name, mode, reason, actor, commandId, since: now, epoch: offset };
  // A throttle that the monitor asks for is no kill: it would end with the kill's own.
  const cools = name === 'order-monitor' && mode.kind !== 'THROTTLE' && policy.cooldownMs !== null;
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
  const held = holderOf(state, name);
  if (mode === null) {
    if (held === undefined) return step(state, []);
    return changed(before, remove(state, name), [audit('LIFTED', actor, reason, commandId)]);
  }
  if (held !== undefined && !isStricter(mode, held.mode)) return step(state, []);
  const holder = { name, mode, reason, actor, commandId, since: now, epoch: held?.epoch ?? null };
  return changed(before, put(state, holder), [audit('RESTRICTED', actor, reason, commandId)]);
}

function askLift(state: ControlState, asked: LiftAsked, policy: ControlPolicy, now: number): Step {
  const { requestId, holder: name, to, epoch, reason, subject } = asked;
  const refusal = liftRefusal(state, asked, now);
  if (refusal !== null) return refuse(state, refusal, subject, reason, requestId);
  if (!policy.twoPersons(state.scope)) {
    return changed(state, lifted(state, name, to), [audit('LIFTED', subject, reason, requestId)]);
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
  const held = holderOf(state, name);
  if (held === undefined) return 'NOT_HELD';
  if (held.epoch !== epoch) return 'OTHER_EPOCH';
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
  const after = { ...lifted(state, request.holder, request.to), request: null };
  return changed(state, after, [
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
  return holderOf(state, request.holder)?.epoch === epoch ? null : 'OTHER_EPOCH';
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

/** KILLED → THROTTLED for another cooldown → ACTIVE; only what the monitor put on. */
function loosenAfterCooldown(
  state: ControlState,
  before: ControlState,
  { cooldownMs, cooldownRatePerSecond }: ControlPolicy,
  now: number,
): Step {
  const held = holderOf(state, 'order-monitor');
  if (held === undefined || cooldownMs === null) return step(state, []);
  const actions = [audit('LOOSENED_AFTER_COOLDOWN', 'order-monitor', held.reason, held.commandId)];
  if (held.mode.kind === 'THROTTLE') return changed(before, remove(state, held.name), actions);
  const mode: ControlMode = { kind: 'THROTTLE', maxRatePerSecond: cooldownRatePerSecond };
  const after = { ...put(state, { ...held, mode, since: now }), loosensAt: now + cooldownMs };
  return changed(before, after, actions);
}

function lifted(state: ControlState, name: HolderName, to: ControlMode | null): ControlState {
  const held = holderOf(state, name);
  const loosensAt = name === 'order-monitor' ? null : state.loosensAt;
  if (held === undefined) return state;
  const after = to === null ? remove(state, name) : put(state, { ...held, mode: to });
  return { ...after, loosensAt };
}

/** The next version, published; stricter means that orders which no longer may stand are cancelled. */
function changed(
  before: ControlState,
  after: ControlState,
  audits: readonly ControlAction[],
): Step {
  const stricter = after.holders.some(({ name, mode }) => {
    const held = holderOf(before, name);
    return mode.kind !== 'THROTTLE' && (held === undefined || isStricter(mode, held.mode));
  });
  const status = statusOf(after);
  const stands = status === 'KILLED' || status === 'CLOSE_ONLY';
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

function holderOf({ holders }: ControlState, name: HolderName): Holder | undefined {
  return holders.find((holder) => holder.name === name);
}

function cover(state: ControlState, offset: number): ControlState {
  return { ...state, coversOffset: Math.max(state.coversOffset, offset) };
}

function put(state: ControlState, holder: Holder): ControlState {
  const others = state.holders.filter(({ name }) => name !== holder.name);
  const holders = [...others, holder].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { ...state, holders };
}

function remove(state: ControlState, name: HolderName): ControlState {
  return { ...state, holders: state.holders.filter((holder) => holder.name !== name) };
}
