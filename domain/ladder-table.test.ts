import { LadderWalk, WALK_POLICY } from '#test/ladder-walk.ts';
import { describe, expect, test } from '@jest/globals';
import { dayOf } from './calendar.ts';
import type { Reading, StaleReason } from './case-events.ts';
import type { LadderAction } from './ladder-actions.ts';
import { RUNGS } from './ladder-state.ts';
import type {
  Call,
  CaseOrder,
  EnforcementHold,
  LadderState,
  PendingFunds,
  Restriction,
  Rung,
} from './ladder-state.ts';
import { LadderDefect } from './ladder-steps.ts';
import { CONDITIONS, LADDER } from './ladder-table.ts';
import type { LadderCondition, Step } from './ladder-table.ts';
import { decide } from './ladder.ts';
import type { Position } from './margin.ts';
import { E4 } from './money.ts';
import type { Policy } from './policy.ts';

const NOW = 1_795_000_100_000;
const STALE: StaleReason = { code: 'HEARTBEAT_OLD', what: 'engine', observed: '9 s', limit: '5 s' };

/** A cell as a situation: what the case knows, and the reading that comes in. */
interface Situation {
  readonly state: LadderState;
  readonly reading: Reading;
  readonly policy: Policy;
}

/** The prices at which 500 NVDA against a debit of $150,000 have the excess that a condition names. */
const PRICES: Readonly<Record<LadderCondition, number | null>> = {
  HEALTHY: 500,
  THIN: 410,
  UNPROVEN: 401,
  DEFICIENT: 390,
  PAST_DUE: 390,
  GRACE_OVER_RELEASED: 390,
  GRACE_OVER_UNRELEASED: 390,
  SLICE_WORKING: 390,
  NOTHING_TO_SELL: 390,
  MARKET_CLOSED: 390,
  FUNDS_PENDING: 390,
  ENFORCEMENT_HELD: 390,
  INDETERMINATE: null,
  STALE: 390,
};

const CALL: Call = {
  decidedAt: NOW - 20_000,
  issuedAt: NOW - 19_990,
  dueAt: NOW - 10_000,
  originalDueAt: NOW - 10_000,
  originalDemandE4: 5_700 * E4,
  currentDemandE4: 5_700 * E4,
  peakDemandE4: 5_700 * E4,
  notifiedDemandE4: 5_700 * E4,
  creditedAtIssueE4: 0,
};
const NOT_DUE: Call = { ...CALL, dueAt: NOW + 10_000 };
/** The demand is now more than was notified. */
const RISEN: Call = { ...NOT_DUE, notifiedDemandE4: 1_000 * E4 };
const GRACE_OVER: Restriction = {
  decidedAt: NOW - 9_000,
  restrictedAt: NOW - 8_990,
  liquidateAt: NOW - 5_000,
};
/** The walk's today is a holiday. */
const CLOSED: Policy = {
  ...WALK_POLICY,
  clock: 'SESSION',
  calendar: { ...WALK_POLICY.calendar, closedDays: [dayOf(NOW)] },
};
const FUNDS: PendingFunds = {
  by: 'ann',
  amountE4: 3_750 * E4,
  evidence: 'wire 1',
  expiresAt: NOW + 5_000,
  isOver: false,
};
const ENFORCEMENT_HOLD: EnforcementHold = {
  by: 'ann',
  since: NOW - 1_000,
  reason: 'prices look wrong',
  resumeAskedBy: null,
};
const IN_GRACE: Restriction = { ...GRACE_OVER, liquidateAt: NOW + 5_000 };
const ORDER: CaseOrder = {
  orderId: 'LQ-run-1-1-1-1',
  episode: 1,
  slice: 1,
  symbol: 'NVDA',
  side: 'SELL',
  qtyE4: 59 * E4,
  priceE4: 390 * E4,
  validUntil: NOW + 1_000,
  terminal: false,
  cancelAsked: false,
  cumQtyE4: 0,
  locatedQtyE4: 0,
  lastFillOffset: null,
};
const DONE: CaseOrder = {
  ...ORDER,
  terminal: true,
  validUntil: NOW - 1_000,
  cumQtyE4: 10 * E4,
  locatedQtyE4: 10 * E4,
  lastFillOffset: 3,
};

/** What a case on a rung has by nature. */
function onRung(rung: Rung): Partial<LadderState> {
  if (rung === 'ACTIVE') return { rung, episode: 0, policy: null };
  const known = { rung, episode: 1, policy: WALK_POLICY, correlationId: 'c0' };
  if (rung === 'WARNING') return known;
  if (rung === 'MARGIN_CALL') return { ...known, call: NOT_DUE };
  if (rung === 'RESTRICTED') return { ...known, call: CALL, restriction: IN_GRACE };
  return { ...known, call: CALL, restriction: GRACE_OVER, slice: 1, orders: [DONE] };
}

/** What makes a condition hold, on whatever rung; where it cannot, the state is made up by force. */
function under(condition: LadderCondition, rung: Rung): Partial<LadderState> {
  const pinned = { policy: WALK_POLICY };
  switch (condition) {
    case 'HEALTHY':
    case 'THIN':
      return {};
    case 'UNPROVEN':
      return { call: CALL };
    case 'DEFICIENT':
      return { call: hasCall(rung) ? RISEN : null, restriction: null };
    case 'PAST_DUE':
      return rung === 'RESTRICTED'
        ? { call: { ...RISEN, dueAt: CALL.dueAt }, restriction: IN_GRACE }
        : { call: CALL, restriction: null };
    case 'GRACE_OVER_RELEASED':
    case 'NOTHING_TO_SELL':
      return { ...pinned, call: CALL, restriction: GRACE_OVER };
    case 'GRACE_OVER_UNRELEASED':
      return {
        policy: { ...WALK_POLICY, liquidationRelease: 'ONE_PERSON' },
        call: CALL,
        restriction: GRACE_OVER,
      };
    case 'SLICE_WORKING':
      return {
        call: CALL,
        restriction: GRACE_OVER,
        orders: [{ ...ORDER, validUntil: NOW - 9_000 }],
      };
    case 'MARKET_CLOSED':
      return { policy: CLOSED, call: CALL, restriction: GRACE_OVER };
    case 'FUNDS_PENDING':
      return { call: hasCall(rung) ? NOT_DUE : null, funds: FUNDS, ...working(rung) };
    case 'ENFORCEMENT_HELD':
      return { enforcementHold: ENFORCEMENT_HOLD, ...working(rung) };
    case 'INDETERMINATE':
      return {};
    case 'STALE':
      return wantsToEscalate(rung);
  }
}

/** Orders are under way when people step in. */
function working(rung: Rung): Partial<LadderState> {
  return rung === 'LIQUIDATING' ? { orders: [ORDER] } : {};
}

/** STALE comes up where proof is wanted: on the last rung only for a cure by the market. */
function wantsToEscalate(rung: Rung): Partial<LadderState> {
  if (rung === 'ACTIVE' || rung === 'WARNING') return {};
  if (rung === 'UNSECURED_DEFICIT') return { aboveHysteresisSince: NOW - 5_000 };
  return { call: CALL, restriction: rung === 'MARGIN_CALL' ? null : GRACE_OVER };
}

function hasCall(rung: Rung): boolean {
  return rung !== 'ACTIVE' && rung !== 'WARNING';
}

function situation(rung: Rung, condition: LadderCondition): Situation {
  const walk = new LadderWalk();
  const marketCure = rung === 'UNSECURED_DEFICIT' && condition === 'STALE';
  walk.setPrice(marketCure ? 500 : PRICES[condition]);
  walk.fillsPosition = 4;
  if (condition === 'NOTHING_TO_SELL') walk.positions = [];
  if (hasCall(rung) && (condition === 'HEALTHY' || condition === 'THIN')) {
    walk.creditedTotalE4 = CALL.notifiedDemandE4;
  }
  const state: LadderState = {
    ...walk.state,
    ...onRung(rung),
    ...under(condition, rung),
    figures: { ...walk.figures(), version: { generation: 1, sequence: 0 } },
  };
  const positions: readonly Position[] = walk.positions;
  const fresh: Reading = {
    outcome: 'FRESH',
    readAt: NOW,
    figures: walk.figures(),
    cashE4: walk.cashE4,
    positions,
    enforcement: { holds: [], start: 'GRANTED' },
  };
  const stale: Reading = { outcome: 'STALE', readAt: NOW, reason: STALE };
  return {
    state,
    reading: condition === 'STALE' ? stale : fresh,
    policy: state.policy ?? WALK_POLICY,
  };
}

const ACTIONS: Readonly<Record<Step, LadderAction['type']>> = {
  WARN: 'WARN',
  CLEAR_WARNING: 'CLEAR_WARNING',
  CALL: 'CALL',
  RENOTIFY: 'RENOTIFY',
  ACCELERATE: 'ACCELERATE',
  PAST_DUE: 'PAST_DUE',
  CLOSE_ONLY: 'CLOSE_ONLY',
  AWAIT_RELEASE: 'AWAIT_RELEASE',
  TRIGGER: 'TRIGGER',
  ORDERS: 'ORDERS',
  REPORT_STUCK: 'REPORT_STUCK',
  CANCEL_ORDERS: 'CANCEL_ORDERS',
  MET: 'MET',
  COMPLETE: 'COMPLETE',
  LIFT: 'LIFT',
  HAND_OVER: 'HAND_OVER',
  HOLD: 'HOLD',
};

/** Steps of a cell that have nothing to do in the made-up situation. */
const NOTHING_TO_DO: Partial<Record<`${Rung}/${LadderCondition}`, readonly Step[]>> = {
  // Nothing is critical, and the demand is the one notified.
  'MARGIN_CALL/PAST_DUE': ['ACCELERATE'],
  'RESTRICTED/GRACE_OVER_RELEASED': ['ACCELERATE'],
  'RESTRICTED/GRACE_OVER_UNRELEASED': ['ACCELERATE', 'RENOTIFY'],
  'RESTRICTED/NOTHING_TO_SELL': ['ACCELERATE'],
  // All orders are over.
  'LIQUIDATING/HEALTHY': ['CANCEL_ORDERS'],
  'LIQUIDATING/THIN': ['CANCEL_ORDERS'],
  'LIQUIDATING/UNPROVEN': ['CANCEL_ORDERS'],
  // Slices are left.
  'LIQUIDATING/GRACE_OVER_RELEASED': ['REPORT_STUCK'],
};

const CELLS = RUNGS.flatMap((rung) => CONDITIONS.map((condition) => ({ rung, condition })));

describe('the transition table', () => {
  test('has a cell for every rung under every condition', () => {
    expect(CELLS).toHaveLength(84);
    for (const { rung, condition } of CELLS) expect(LADDER[rung][condition]).toBeDefined();
  });

  test.each(CELLS)('$rung under $condition does what the cell says', ({ rung, condition }) => {
    const outcome = LADDER[rung][condition];
    const { state, reading, policy } = situation(rung, condition);
    const event = { type: 'READING', attempt: 1, executionId: null, reading } as const;
    if (outcome.kind === 'IMPOSSIBLE') {
      expect(() => decide(state, event, policy, NOW)).toThrow(LadderDefect);
      return;
    }
    const decision = decide(state, event, policy, NOW);
    const idle = NOTHING_TO_DO[`${rung}/${condition}`] ?? [];
    const steps = outcome.kind === 'GO' ? outcome.steps : [];
    const done = steps.filter((step) => !idle.includes(step)).map((step) => ACTIONS[step]);
    expect(decision.actions.map(({ type }) => type)).toEqual(done);
    expect(decision.state.rung).toBe(outcome.kind === 'GO' ? outcome.to : rung);
  });

  test.each(CELLS)('$rung under $condition asks for proof before it escalates', (cell) => {
    const outcome = LADDER[cell.rung][cell.condition];
    if (outcome.kind !== 'GO' || outcome.proof !== 'FRESH') return;
    // What only a reading brings to light is escalated on by nature.
    if (cell.condition === 'NOTHING_TO_SELL') return;
    const { state, policy } = situation(cell.rung, cell.condition);
    const { actions } = decide(state, { type: 'WAKE' }, policy, NOW);
    expect(actions.map(({ type }) => type)).toEqual(['READ_FIGURES']);
  });

  test('never climbs without proof, nor past a rung without its step', () => {
    const stepOnto: Readonly<Record<Rung, readonly Step[]>> = {
      ACTIVE: [],
      WARNING: ['WARN'],
      MARGIN_CALL: ['CALL'],
      RESTRICTED: ['PAST_DUE', 'CLOSE_ONLY'],
      LIQUIDATING: ['TRIGGER'],
      UNSECURED_DEFICIT: ['COMPLETE', 'HAND_OVER'],
    };
    for (const { rung, condition } of CELLS) {
      const outcome = LADDER[rung][condition];
      if (outcome.kind !== 'GO' || RUNGS.indexOf(outcome.to) <= RUNGS.indexOf(rung)) continue;
      expect(outcome.proof).toBe('FRESH');
      const passed = RUNGS.slice(RUNGS.indexOf(rung) + 1, RUNGS.indexOf(outcome.to) + 1);
      const needed = passed.flatMap((each) => stepOnto[each]);
      expect(outcome.steps.filter((step) => needed.includes(step))).toEqual(needed);
    }
  });

  test('comes down only to ACTIVE or WARNING, and takes off what the call put on', () => {
    for (const { rung, condition } of CELLS) {
      const outcome = LADDER[rung][condition];
      if (outcome.kind !== 'GO' || RUNGS.indexOf(outcome.to) >= RUNGS.indexOf(rung)) continue;
      expect(outcome.to).toBe(condition === 'HEALTHY' ? 'ACTIVE' : 'WARNING');
      expect(outcome.steps.includes('MET')).toBe(hasCall(rung));
      expect(outcome.steps.includes('LIFT')).toBe(hasCall(rung) && rung !== 'MARGIN_CALL');
      expect(outcome.steps.includes('CANCEL_ORDERS')).toBe(rung === 'LIQUIDATING');
    }
  });
});
