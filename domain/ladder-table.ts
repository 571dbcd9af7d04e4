import type { Rung } from './ladder-state.ts';

/**
 * The ladder, written down: on each rung, under each condition, where the case goes and what it
 * does. `ladder-condition.ts` says which one condition holds; `ladder.ts` carries the outcome out;
 * docs/generated/ladder.md is made from this file.
 */

/** What holds whatever happens; each is a property in ladder.properties.test.ts. */
export const INVARIANTS = [
  'No rung is skipped: a gap records the step of every rung that it passes, in one decision.',
  'A step of an episode happens once; slices of orders are counted and bounded.',
  'Nothing happens before its instant: due counts from the acknowledged call, liquidation from the acknowledged restriction. Only an acceleration, recorded first, makes the instant come now.',
  'Nothing escalates but on figures proved fresh for this very decision.',
  'A met call returns to the rung that its figures give, and takes off what the call put on.',
  'An episode has at most one call, and its policy does not change.',
  'Orders never exceed the positions they were planned on, and no slice goes while an earlier order may still trade or its fills are not in the figures.',
  "A due instant never moves but by a person's extension, and never back.",
  'Under a session clock no deadline lies outside a regular session, and no order goes out of one or in its first five minutes.',
  'While funds are pending or enforcement is held, of the account or of the whole firm, nothing escalates; cures go on. A symbol that the firm holds is not traded.',
  'No liquidation starts that the brake has not let go; it lets go what two persons released.',
  'Close-only for stress goes on and comes off in turn, each after its time and on fresh figures; it moves no rung.',
  'Old and repeated messages change nothing, and a repeated command gets its first answer.',
  'A deficiency ends in a cure or with a person.',
] as const;

/** The situation of an account, as one word. Exactly one holds. */
export const CONDITIONS = [
  'HEALTHY',
  'THIN',
  'UNPROVEN',
  'DEFICIENT',
  'PAST_DUE',
  'GRACE_OVER_RELEASED',
  'GRACE_OVER_UNRELEASED',
  'SLICE_WORKING',
  'NOTHING_TO_SELL',
  'MARKET_CLOSED',
  'FUNDS_PENDING',
  'ENFORCEMENT_HELD',
  'INDETERMINATE',
  'STALE',
] as const;
export type LadderCondition = (typeof CONDITIONS)[number];

/** What each condition means, for people. */
export const CONDITION_MEANINGS: Readonly<Record<LadderCondition, string>> = {
  HEALTHY: 'excess at or above the warning band; a call, if one was open, is met',
  THIN: 'excess from 0 up to the warning band; a call, if one was open, is met',
  UNPROVEN:
    'excess 0 or more, but the open call is not met yet, or what the firm has sold for it is not all told',
  DEFICIENT: 'excess below 0, no deadline passed',
  PAST_DUE: 'excess below 0, the due instant has passed or is accelerated, the grace has not',
  GRACE_OVER_RELEASED:
    'excess below 0, the grace is over, liquidation is released by policy or by as many persons as it asks for',
  GRACE_OVER_UNRELEASED:
    'excess below 0, the grace is over, persons have to release liquidation yet: by policy, or because the liquidation brake is on',
  SLICE_WORKING:
    'excess below 0, the grace is over, orders may still trade or their fills are not in the figures',
  NOTHING_TO_SELL: 'excess below 0, the grace is over, nothing is left that can be sold',
  MARKET_CLOSED:
    'excess below 0, liquidation is released, but no regular session is under way or it has just opened',
  FUNDS_PENDING: 'excess below 0, a person has recorded funds on their way that have not expired',
  ENFORCEMENT_HELD:
    'a person holds enforcement, and the excess is below 0 or a warning would be new',
  INDETERMINATE: 'a held position has no price, or the books are blocked',
  STALE:
    'the case would escalate, but the figures are not proved fresh, or the firm holds enforcement or what is to be sold',
};

/** What a case does. */
export const STEPS = [
  'WARN',
  'CLEAR_WARNING',
  'CALL',
  'RENOTIFY',
  'ACCELERATE',
  'PAST_DUE',
  'CLOSE_ONLY',
  'AWAIT_RELEASE',
  'TRIGGER',
  'ORDERS',
  'REPORT_STUCK',
  'CANCEL_ORDERS',
  'MET',
  'COMPLETE',
  'LIFT',
  'HAND_OVER',
  'HOLD',
] as const;
export type Step = (typeof STEPS)[number];

/** What each step does, for people. */
export const STEP_MEANINGS: Readonly<Record<Step, string>> = {
  WARN: 'WARNING to margin.calls.v1',
  CLEAR_WARNING: 'the end of the warning to audit.v1',
  CALL: 'MARGIN_CALL to margin.calls.v1; its acknowledgement starts the clock',
  RENOTIFY:
    'MARGIN_CALL anew to margin.calls.v1, renotified, when the demand has risen by max($500, 10 %); the due instant stays',
  ACCELERATE:
    "once a call, when fresh figures have proved the equity critical, at any price within a doubt, for the policy's time: ACCELERATED to audit.v1; the remaining timers are zero",
  PAST_DUE: 'PAST_DUE to margin.calls.v1',
  CLOSE_ONLY: 'CLOSE_ONLY to restrictions.v1; its acknowledgement starts the grace',
  AWAIT_RELEASE:
    'AWAITING_RELEASE to audit.v1, for one person or two; again if the plan has grown beyond what one releases, or the liquidation brake has come on',
  TRIGGER: 'TRIGGERED to liquidations.v1',
  ORDERS: 'a slice of orders to liquidation.orders.v1, highest beta first',
  REPORT_STUCK:
    'once a slice, if orders outlive their lifetime, and once after the last slice: LIQUIDATION_STUCK to audit.v1, for a person',
  CANCEL_ORDERS: 'working orders to order.cancels.v1, each once',
  MET: 'MET to margin.calls.v1',
  COMPLETE: 'COMPLETED to liquidations.v1, with the deficiency that is left',
  LIFT: 'LIFTED to restrictions.v1',
  HAND_OVER: 'UNSECURED_DEFICIT to audit.v1, for a person',
  HOLD: 'once: HELD to audit.v1; look again at each retry',
};

/** Where a case goes and what it does. */
export type Outcome =
  | { readonly kind: 'STAY' }
  | {
      readonly kind: 'GO';
      readonly to: Rung;
      readonly steps: readonly Step[];
      /** FRESH: only on figures proved fresh for this decision (DESIGN 8). */
      readonly proof: 'FRESH' | 'ANY';
    }
  /** The condition cannot hold on this rung: to see it is a defect, and the case stops for a person. */
  | { readonly kind: 'IMPOSSIBLE'; readonly because: string };

const STAY: Outcome = { kind: 'STAY' };

const NO_CALL_IS_OPEN: Outcome = { kind: 'IMPOSSIBLE', because: 'no call is open' };
const NOT_RESTRICTED: Outcome = { kind: 'IMPOSSIBLE', because: 'the grace has not begun' };
const DUE_HAS_PASSED: Outcome = { kind: 'IMPOSSIBLE', because: 'the due instant has passed' };
const GRACE_HAS_PASSED: Outcome = { kind: 'IMPOSSIBLE', because: 'the grace has passed' };

/** Escalation and liquidation: only on fresh figures. */
const escalate = (to: Rung, ...steps: readonly Step[]): Outcome => ({
  kind: 'GO',
  to,
  steps,
  proof: 'FRESH',
});

/** A way back; a cure by the market is proved by the condition itself (RULES, The demand). */
const release = (to: Rung, ...steps: readonly Step[]): Outcome => ({
  kind: 'GO',
  to,
  steps,
  proof: 'ANY',
});

const holdAt = (rung: Rung): Outcome => release(rung, 'HOLD');

/** The transition table. Total: the compiler finds a hole, and a test walks every cell. */
export const LADDER: Readonly<Record<Rung, Readonly<Record<LadderCondition, Outcome>>>> = {
  ACTIVE: {
    HEALTHY: STAY,
    THIN: escalate('WARNING', 'WARN'),
    UNPROVEN: NO_CALL_IS_OPEN,
    DEFICIENT: escalate('MARGIN_CALL', 'WARN', 'CALL'),
    PAST_DUE: NO_CALL_IS_OPEN,
    GRACE_OVER_RELEASED: NO_CALL_IS_OPEN,
    GRACE_OVER_UNRELEASED: NO_CALL_IS_OPEN,
    SLICE_WORKING: NO_CALL_IS_OPEN,
    NOTHING_TO_SELL: NO_CALL_IS_OPEN,
    MARKET_CLOSED: NO_CALL_IS_OPEN,
    FUNDS_PENDING: NO_CALL_IS_OPEN,
    ENFORCEMENT_HELD: STAY,
    INDETERMINATE: holdAt('ACTIVE'),
    STALE: holdAt('ACTIVE'),
  },
  WARNING: {
    HEALTHY: release('ACTIVE', 'CLEAR_WARNING'),
    THIN: STAY,
    UNPROVEN: NO_CALL_IS_OPEN,
    DEFICIENT: escalate('MARGIN_CALL', 'CALL'),
    PAST_DUE: NO_CALL_IS_OPEN,
    GRACE_OVER_RELEASED: NO_CALL_IS_OPEN,
    GRACE_OVER_UNRELEASED: NO_CALL_IS_OPEN,
    SLICE_WORKING: NO_CALL_IS_OPEN,
    NOTHING_TO_SELL: NO_CALL_IS_OPEN,
    MARKET_CLOSED: NO_CALL_IS_OPEN,
    FUNDS_PENDING: NO_CALL_IS_OPEN,
    ENFORCEMENT_HELD: STAY,
    INDETERMINATE: holdAt('WARNING'),
    STALE: holdAt('WARNING'),
  },
  MARGIN_CALL: {
    HEALTHY: release('ACTIVE', 'MET'),
    THIN: release('WARNING', 'MET'),
    UNPROVEN: STAY,
    DEFICIENT: escalate('MARGIN_CALL', 'RENOTIFY'),
    PAST_DUE: escalate('RESTRICTED', 'ACCELERATE', 'PAST_DUE', 'CLOSE_ONLY'),
    GRACE_OVER_RELEASED: NOT_RESTRICTED,
    GRACE_OVER_UNRELEASED: NOT_RESTRICTED,
    SLICE_WORKING: NOT_RESTRICTED,
    NOTHING_TO_SELL: NOT_RESTRICTED,
    MARKET_CLOSED: NOT_RESTRICTED,
    FUNDS_PENDING: STAY,
    ENFORCEMENT_HELD: STAY,
    INDETERMINATE: holdAt('MARGIN_CALL'),
    STALE: holdAt('MARGIN_CALL'),
  },
  RESTRICTED: {
    HEALTHY: release('ACTIVE', 'MET', 'LIFT'),
    THIN: release('WARNING', 'MET', 'LIFT'),
    UNPROVEN: STAY,
    DEFICIENT: DUE_HAS_PASSED,
    PAST_DUE: escalate('RESTRICTED', 'RENOTIFY'),
    GRACE_OVER_RELEASED: escalate('LIQUIDATING', 'ACCELERATE', 'TRIGGER', 'ORDERS'),
    GRACE_OVER_UNRELEASED: escalate('RESTRICTED', 'ACCELERATE', 'RENOTIFY', 'AWAIT_RELEASE'),
    SLICE_WORKING: release('RESTRICTED', 'REPORT_STUCK'),
    NOTHING_TO_SELL: escalate(
      'UNSECURED_DEFICIT',
      'ACCELERATE',
      'TRIGGER',
      'COMPLETE',
      'HAND_OVER',
    ),
    MARKET_CLOSED: STAY,
    FUNDS_PENDING: STAY,
    ENFORCEMENT_HELD: STAY,
    INDETERMINATE: holdAt('RESTRICTED'),
    STALE: holdAt('RESTRICTED'),
  },
  LIQUIDATING: {
    HEALTHY: release('ACTIVE', 'CANCEL_ORDERS', 'MET', 'COMPLETE', 'LIFT'),
    THIN: release('WARNING', 'CANCEL_ORDERS', 'MET', 'COMPLETE', 'LIFT'),
    UNPROVEN: release('LIQUIDATING', 'CANCEL_ORDERS'),
    DEFICIENT: DUE_HAS_PASSED,
    PAST_DUE: GRACE_HAS_PASSED,
    GRACE_OVER_RELEASED: escalate('LIQUIDATING', 'ORDERS', 'REPORT_STUCK'),
    GRACE_OVER_UNRELEASED: escalate('LIQUIDATING', 'AWAIT_RELEASE'),
    SLICE_WORKING: release('LIQUIDATING', 'REPORT_STUCK'),
    NOTHING_TO_SELL: escalate('UNSECURED_DEFICIT', 'COMPLETE', 'HAND_OVER'),
    MARKET_CLOSED: STAY,
    FUNDS_PENDING: release('LIQUIDATING', 'CANCEL_ORDERS'),
    ENFORCEMENT_HELD: release('LIQUIDATING', 'CANCEL_ORDERS'),
    INDETERMINATE: holdAt('LIQUIDATING'),
    STALE: holdAt('LIQUIDATING'),
  },
  UNSECURED_DEFICIT: {
    HEALTHY: release('ACTIVE', 'MET', 'LIFT'),
    THIN: release('WARNING', 'MET', 'LIFT'),
    UNPROVEN: STAY,
    DEFICIENT: DUE_HAS_PASSED,
    PAST_DUE: GRACE_HAS_PASSED,
    GRACE_OVER_RELEASED: STAY,
    GRACE_OVER_UNRELEASED: STAY,
    SLICE_WORKING: STAY,
    NOTHING_TO_SELL: STAY,
    MARKET_CLOSED: STAY,
    FUNDS_PENDING: STAY,
    ENFORCEMENT_HELD: STAY,
    INDETERMINATE: holdAt('UNSECURED_DEFICIT'),
    STALE: holdAt('UNSECURED_DEFICIT'),
  },
};
