import { LadderWalk, WALK_POLICY } from '#test/ladder-walk.ts';
import { describe, expect, test } from '@jest/globals';
import type { StaleReason } from './case-events.ts';
import { outstandingE4 } from './ladder-episode.ts';
import { nextDeadline } from './ladder-deadlines.ts';
import { isAwaitingRelease } from './ladder-people.ts';
import { ACKNOWLEDGEMENTS_MAX, ORDERS_PER_SLICE_MAX, SLICES_MAX } from './ladder-state.ts';
import type { CaseOrder } from './ladder-state.ts';
import { E4, rate } from './money.ts';

/**
 * The account of every walk holds 500 NVDA against a debit of $150,000: at $500 it is healthy, at
 * $410 thin, at $390 it lacks $3,750.
 */
const HEALTHY = 500;
const THIN = 410;
const DEFICIENT = 390;
/** At $390: the deficiency of $3,750 and a buffer of 1 % of $195,000. */
const DEMAND = 5_700;
/** After orders are sent: so long nobody told their end that the case no longer waits for it. */
const TOLD_NO_END_MS = 2 * WALK_POLICY.orderTtlMs;
/** Excess 0 or more, below the hysteresis level of 1 %. */
const BARELY = 401;

const QUOTE_OLD: StaleReason = {
  code: 'QUOTE_OLD',
  what: 'NVDA',
  observed: '9000 ms',
  limit: '5000 ms',
};

const outstanding = ({ state }: LadderWalk): number =>
  state.call === null ? 0 : outstandingE4(state.call, state.figures);

const order = (walk: LadderWalk): CaseOrder => {
  const [first] = walk.orders;
  if (first === undefined) throw new Error('the case has no order');
  return first;
};

describe('a healthy account', () => {
  test('gives its case nothing to do', () => {
    const walk = new LadderWalk().price(HEALTHY).wait(60_000);
    expect(walk.story).toEqual([]);
    expect(walk.readings).toEqual([]);
    expect(nextDeadline(walk.state)).toBeNull();
  });
});

describe('a warning', () => {
  test('comes when the excess falls into the warning band', () => {
    const walk = new LadderWalk().price(THIN);
    expect(walk.story).toEqual(['WARN']);
    expect(walk.state).toMatchObject({ rung: 'WARNING', episode: 1, policy: WALK_POLICY });
  });

  test('ends in a word to the audit when the account is healthy again', () => {
    const walk = new LadderWalk().price(THIN).price(HEALTHY);
    expect(walk.story).toEqual(['WARN', 'CLEAR_WARNING']);
    expect(walk.state).toMatchObject({ rung: 'ACTIVE', policy: null });
  });

  test('comes again in the next episode', () => {
    const walk = new LadderWalk().price(THIN).price(HEALTHY).price(THIN);
    expect(walk.story).toEqual(['WARN', 'CLEAR_WARNING', 'WARN']);
    expect(walk.state.episode).toBe(2);
  });
});

describe('a margin call', () => {
  test('passes the warning in one decision when a gap opens', () => {
    const walk = new LadderWalk().price(DEFICIENT);
    expect(walk.story).toEqual(['WARN', 'CALL']);
    expect(walk.taken.map(({ action }) => action.rung)).toEqual(['WARNING', 'MARGIN_CALL']);
    expect(walk.taken.map(({ action }) => action.decidedAt)).toHaveLength(2);
    expect(new Set(walk.taken.map(({ action }) => action.decidedAt)).size).toBe(1);
  });

  test('demands the deficiency and the buffer, 1 % of the market value', () => {
    const walk = new LadderWalk().price(DEFICIENT);
    expect(walk.state.call).toMatchObject({
      originalDemandE4: DEMAND * E4,
      notifiedDemandE4: DEMAND * E4,
    });
  });

  test('is due counted from the acknowledgement, not from the decision', () => {
    const walk = new LadderWalk();
    walk.publishingMs = 700;
    walk.price(DEFICIENT);
    const called = walk.taken.find(({ action }) => action.type === 'CALL');
    expect(walk.state.call?.issuedAt).toBe((called?.at ?? 0) + 700);
    expect(walk.state.call?.dueAt).toBe((called?.at ?? 0) + 700 + WALK_POLICY.dueAfterMs);
  });

  test('keeps what was demanded first, what the figures give now and the worst', () => {
    const walk = new LadderWalk().price(DEFICIENT).price(380).price(395);
    expect(walk.state.call).toMatchObject({
      originalDemandE4: DEMAND * E4,
      currentDemandE4: 3_850 * E4,
      peakDemandE4: 9_400 * E4,
      notifiedDemandE4: 9_400 * E4,
    });
  });

  test('does not move its due instant when the account gets worse', () => {
    const walk = new LadderWalk().price(DEFICIENT);
    const due = walk.state.call?.dueAt;
    walk.wait(1_000).price(350).wait(1_000).price(380);
    expect(walk.state.call?.dueAt).toBe(due);
    expect(walk.story).toEqual(['WARN', 'CALL', 'RENOTIFY']);
  });
});

describe('a call whose demand rises', () => {
  test('is re-notified by max($500, 10 %), and its due instant stays', () => {
    const walk = new LadderWalk().price(DEFICIENT);
    const due = walk.state.call?.dueAt;
    walk.price(389);
    expect(walk.story).toEqual(['WARN', 'CALL']);
    walk.price(388);
    expect(walk.story).toEqual(['WARN', 'CALL', 'RENOTIFY']);
    expect(walk.taken.at(-1)?.action).toMatchObject({ proof: 'FRESH' });
    // $4,500 missing and 1 % of $194,000.
    expect(walk.state.call?.notifiedDemandE4).toBe(6_440 * E4);
    expect(walk.state.call?.dueAt).toBe(due);
  });

  test('is not re-notified when it falls', () => {
    const walk = new LadderWalk().price(380).price(DEFICIENT).price(395);
    expect(walk.story).toEqual(['WARN', 'CALL']);
  });

  test('counts what was paid since: the demand is in total', () => {
    const walk = new LadderWalk().price(DEFICIENT).deposit(3_000).price(382);
    // $3,000 paid, $3,750 missing again and 1 % of $191,000.
    expect(walk.story.slice(2)).toEqual(['RENOTIFY']);
    expect(walk.state.call?.notifiedDemandE4).toBe(8_660 * E4);
    expect(outstanding(walk)).toBe(5_660 * E4);
    walk.deposit(5_660);
    expect(walk.story.slice(3)).toEqual(['MET']);
    expect(walk.taken.at(-1)?.action).toMatchObject({ metBy: 'CREDIT' });
  });

  test('by a withdrawal asks for all that is missing then, and counts credits from there', () => {
    const walk = new LadderWalk().price(DEFICIENT).deposit(-10_000);
    // $13,750 missing and 1 % of $195,000.
    expect(walk.state.call?.notifiedDemandE4).toBe(15_700 * E4);
    expect(outstanding(walk)).toBe(15_700 * E4);
    walk.deposit(15_700);
    expect(walk.taken.at(-1)?.action).toMatchObject({ type: 'MET', metBy: 'CREDIT' });
  });

  test('is not re-notified on figures that are not fresh', () => {
    const walk = new LadderWalk().price(DEFICIENT);
    walk.stale = QUOTE_OLD;
    walk.price(380);
    expect(walk.story.slice(2)).toEqual(['HOLD']);
    walk.stale = null;
    walk.wait(1_500);
    expect(walk.story.slice(3)).toEqual(['HOLD_CLEARED', 'RENOTIFY']);
  });

  test('is re-notified while the account is restricted too', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(7_000).price(380);
    expect(walk.story.slice(4)).toEqual(['RENOTIFY']);
    expect(walk.state.rung).toBe('RESTRICTED');
  });
});

describe('the one enforced due instant', () => {
  test('is recorded when the clock starts, and so is the end of the grace', () => {
    const walk = new LadderWalk();
    walk.publishingMs = 700;
    walk.price(DEFICIENT).wait(9_000);
    const [call, grace] = walk.clocks.map(({ action }) => action);
    const { issuedAt, dueAt } = walk.state.call ?? {};
    expect(call).toMatchObject({ clock: 'CALL', startedAt: issuedAt, endsAt: dueAt });
    const { restrictedAt, liquidateAt } = walk.state.restriction ?? {};
    expect(grace).toMatchObject({ clock: 'GRACE', startedAt: restrictedAt, endsAt: liquidateAt });
    expect(walk.clocks).toHaveLength(2);
  });
});

describe('a call of an account whose equity is critical', () => {
  /** 500 shares at $310: equity $5,000, below 40 % of the requirement of $38,750. */
  const CRITICAL = 310;

  test('is accelerated after the policy’s time: past due and close-only now, liquidation at once', () => {
    const walk = new LadderWalk().price(CRITICAL).wait(WALK_POLICY.accelerationMs - 100);
    expect(walk.story).toEqual(['WARN', 'CALL']);
    walk.wait(200);
    expect(walk.story.slice(2)).toEqual([
      'ACCELERATE',
      'PAST_DUE',
      'CLOSE_ONLY',
      'TRIGGER',
      'ORDERS',
    ]);
    const pastDue = walk.taken.at(3)?.action;
    if (pastDue?.type !== 'PAST_DUE') throw new Error('it is not past due');
    expect(pastDue.call.dueAt).toBe(pastDue.decidedAt);
  });

  test('is not accelerated when the equity recovers in time', () => {
    const walk = new LadderWalk().price(CRITICAL).wait(1_000).price(DEFICIENT).price(CRITICAL);
    walk.wait(1_000);
    expect(walk.state).toMatchObject({ rung: 'MARGIN_CALL', acceleratedAt: null });
  });

  test('is accelerated out of its grace', () => {
    const walk = new LadderWalk()
      .price(DEFICIENT)
      .wait(6_500)
      .setPrice(CRITICAL)
      .tell()
      .wait(1_600);
    expect(walk.story.slice(4)).toEqual(['RENOTIFY', 'ACCELERATE', 'TRIGGER', 'ORDERS']);
  });

  test('asks for its release urgently, again if it was asked for before', () => {
    const walk = new LadderWalk({ ...WALK_POLICY, liquidationRelease: 'ONE_PERSON' });
    walk.price(DEFICIENT).wait(20_000);
    expect(walk.taken.at(-1)?.action).toMatchObject({ type: 'AWAIT_RELEASE', isUrgent: false });
    walk.price(CRITICAL).wait(1_600);
    expect(walk.story.slice(5)).toEqual([
      'RENOTIFY',
      // The plan is now more than one person releases.
      'AWAIT_RELEASE',
      'ACCELERATE',
      'AWAIT_RELEASE',
    ]);
    expect(walk.taken.at(-1)?.action).toMatchObject({ isUrgent: true });
  });

  test('is not accelerated on figures that are not fresh', () => {
    const walk = new LadderWalk().price(CRITICAL);
    walk.stale = QUOTE_OLD;
    walk.wait(5_000);
    expect(walk.story.slice(2)).toEqual(['HOLD']);
  });

  test('counts its time anew from the first fresh figures after stale ones', () => {
    const walk = new LadderWalk({ ...WALK_POLICY, dueAfterMs: 120_000 }).price(CRITICAL);
    walk.stale = QUOTE_OLD;
    walk.wait(60_000);
    walk.stale = null;
    walk.wait(1_100);
    expect(walk.story.slice(2)).toEqual(['HOLD', 'HOLD_CLEARED']);
    walk.wait(WALK_POLICY.accelerationMs);
    expect(walk.story.slice(4, 6)).toEqual(['ACCELERATE', 'PAST_DUE']);
  });

  test('is read at once when it turns critical, although nothing else is news', () => {
    const walk = new LadderWalk({ ...WALK_POLICY, dueAfterMs: 120_000 }).price(334);
    const read = walk.readings.length;
    // Below $333.33 the equity is less than 40 % of the requirement; the demand rises by $370.
    walk.price(333);
    expect(walk.readings).toHaveLength(read + 1);
    walk.price(332);
    expect(walk.readings).toHaveLength(read + 1);
    walk.wait(WALK_POLICY.accelerationMs);
    expect(walk.story).toEqual([
      'WARN',
      'CALL',
      'ACCELERATE',
      'PAST_DUE',
      'CLOSE_ONLY',
      'TRIGGER',
      'ORDERS',
    ]);
  });
});

describe('before the broker has acknowledged', () => {
  test('a call runs no clock, however long that takes', () => {
    const walk = new LadderWalk().price(DEFICIENT);
    const { call } = walk.state;
    if (call === null) throw new Error('there is no call');
    walk.state = { ...walk.state, call: { ...call, issuedAt: null } };
    expect(nextDeadline(walk.state)).toBeNull();
    walk.wait(60_000).price(380);
    expect(walk.state.rung).toBe('MARGIN_CALL');
  });

  test('a restriction runs no grace, however long that takes', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(6_500);
    const { restriction } = walk.state;
    if (restriction === null) throw new Error('there is no restriction');
    walk.state = { ...walk.state, restriction: { ...restriction, restrictedAt: null } };
    expect(nextDeadline(walk.state)).toBeNull();
    walk.wait(60_000).price(380);
    expect(walk.state.rung).toBe('RESTRICTED');
  });
});

describe('a call that is not met', () => {
  test('is past due and close-only in one decision, at its due instant', () => {
    const walk = new LadderWalk().price(DEFICIENT);
    const due = walk.state.call?.dueAt ?? 0;
    walk.wait(WALK_POLICY.dueAfterMs + 1_000);
    expect(walk.story).toEqual(['WARN', 'CALL', 'PAST_DUE', 'CLOSE_ONLY']);
    const [pastDue, closeOnly] = walk.taken.slice(2);
    expect(pastDue?.action.decidedAt).toBe(closeOnly?.action.decidedAt);
    expect(pastDue?.action.decidedAt).toBeGreaterThanOrEqual(due);
    expect(walk.state.rung).toBe('RESTRICTED');
  });

  test('leads to liquidation when the grace of the acknowledged restriction is over', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(WALK_POLICY.dueAfterMs + 100);
    const from = walk.state.restriction?.restrictedAt ?? 0;
    walk.wait(WALK_POLICY.graceMs + 100);
    expect(walk.story.slice(4)).toEqual(['TRIGGER', 'ORDERS']);
    expect(walk.taken[4]?.action.decidedAt).toBeGreaterThanOrEqual(from + WALK_POLICY.graceMs);
    expect(walk.state.rung).toBe('LIQUIDATING');
  });

  test('is sold just enough of, filled, met by the liquidation, completed and lifted', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500);
    expect(walk.orders).toHaveLength(1);
    expect(order(walk)).toMatchObject({ symbol: 'NVDA', side: 'SELL', qtyE4: 59 * E4 });
    walk.fill(order(walk));
    expect(walk.story.slice(6)).toEqual(['MET', 'COMPLETE', 'LIFT']);
    expect(walk.taken.at(6)?.action).toMatchObject({ metBy: 'LIQUIDATION' });
    expect(walk.taken.at(7)?.action).toMatchObject({
      residualE4: 0,
      parts: [{ symbol: 'NVDA', qtyE4: 59 * E4, priceE4: null }],
    });
    expect(walk.state).toMatchObject({
      rung: 'WARNING',
      call: null,
      restriction: null,
      orders: [],
    });
  });

  test('is sold again when it is deficient again, however small the deficiency', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500);
    walk.fill(order(walk));
    walk.price(DEFICIENT - 10).wait(9_500);
    // $1,305 of a requirement of $41,895: some three per cent.
    expect(outstanding(walk)).toBe((1_305 + 1_675.8) * E4);
    expect(walk.story.filter((step) => step === 'TRIGGER')).toHaveLength(2);
    walk.fill(order(walk));
    expect(walk.story.slice(-3)).toEqual(['MET', 'COMPLETE', 'LIFT']);
  });

  test('waits for a person where policy releases no liquidation by itself', () => {
    const walk = new LadderWalk({ ...WALK_POLICY, liquidationRelease: 'ONE_PERSON' });
    walk.price(DEFICIENT).wait(60_000).price(380).wait(60_000);
    expect(walk.story.slice(4)).toEqual(['AWAIT_RELEASE', 'RENOTIFY']);
    expect(walk.state.rung).toBe('RESTRICTED');
    expect(isAwaitingRelease(walk.state)).toBe(true);
    expect(nextDeadline(walk.state)).toBeNull();
  });
});

describe('a call past its due instant but unproven', () => {
  test('does not escalate while the excess is not negative', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(5_000).price(BARELY).wait(30_000);
    expect(walk.story).toEqual(['WARN', 'CALL']);
    expect(walk.state.rung).toBe('MARGIN_CALL');
  });

  test('escalates at once when the account is deficient again', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(5_000).price(BARELY).wait(30_000);
    walk.price(DEFICIENT);
    expect(walk.story.slice(2)).toEqual(['PAST_DUE', 'CLOSE_ONLY']);
  });
});

describe('a cure', () => {
  test('by credit follows the signal: as much as was demanded, excess not negative', () => {
    const walk = new LadderWalk().price(DEFICIENT).deposit(DEMAND);
    expect(walk.story.slice(2)).toEqual(['MET']);
    expect(walk.taken.at(2)?.action).toMatchObject({ metBy: 'CREDIT', proof: 'TOLD' });
    expect(walk.state.rung).toBe('WARNING');
  });

  test('by credit needs the whole demand', () => {
    const walk = new LadderWalk().price(DEFICIENT).deposit(5_000).price(BARELY);
    expect(walk.state.rung).toBe('MARGIN_CALL');
    walk.deposit(700);
    expect(walk.state.rung).toBe('WARNING');
  });

  test('by credit needs an excess: a deposit into a falling account does not meet the call', () => {
    const walk = new LadderWalk().price(DEFICIENT).price(350).deposit(DEMAND);
    expect(walk.state.rung).toBe('MARGIN_CALL');
  });

  test('by the market needs the excess at the hysteresis level for the whole time, proved fresh', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(500).price(THIN);
    expect(walk.state.rung).toBe('MARGIN_CALL');
    walk.wait(WALK_POLICY.marketCureMs);
    expect(walk.story.slice(2)).toEqual(['MET']);
    expect(walk.taken.at(2)?.action).toMatchObject({ metBy: 'MARKET', proof: 'FRESH' });
  });

  test('by the market begins anew after a dip', () => {
    const walk = new LadderWalk()
      .price(DEFICIENT)
      .price(THIN)
      .wait(1_500)
      .price(BARELY)
      .price(THIN);
    walk.wait(1_500);
    expect(walk.story).toEqual(['WARN', 'CALL']);
    walk.wait(600);
    expect(walk.story.slice(2)).toEqual(['MET']);
  });

  test('by the market goes on counting while the excess moves above the level', () => {
    const walk = new LadderWalk()
      .price(DEFICIENT)
      .price(THIN)
      .wait(1_500)
      .price(THIN + 1);
    walk.wait(600);
    expect(walk.story.slice(2)).toEqual(['MET']);
  });

  test('by the market begins anew when a price was missing', () => {
    const walk = new LadderWalk().price(DEFICIENT).price(THIN).wait(1_500);
    walk.setPrice(null).tell().price(THIN).wait(1_500);
    expect(walk.story).toEqual(['WARN', 'CALL', 'HOLD', 'HOLD_CLEARED']);
  });

  test('by the market is refused when the fresh reading has fallen below', () => {
    const walk = new LadderWalk().price(DEFICIENT).price(THIN).wait(1_000).setPrice(DEFICIENT);
    walk.wait(1_500);
    expect(walk.state).toMatchObject({ rung: 'MARGIN_CALL', aboveHysteresisSince: null });
  });

  test('goes to the rung that the figures give, without a second warning, in a new episode', () => {
    const walk = new LadderWalk().price(DEFICIENT).deposit(DEMAND);
    expect(walk.state).toMatchObject({ rung: 'WARNING', episode: 2, policy: null });
    walk.price(380);
    expect(walk.story).toEqual(['WARN', 'CALL', 'MET', 'CALL']);
    expect(walk.taken.at(3)?.action.episode).toBe(2);
  });

  test('goes to ACTIVE when the account is healthy', () => {
    const walk = new LadderWalk().price(DEFICIENT).deposit(50_000);
    expect(walk.state).toMatchObject({ rung: 'ACTIVE', policy: null, call: null });
  });

  test('lifts the restriction that the call put on', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(7_000).deposit(50_000);
    expect(walk.story.slice(4)).toEqual(['MET', 'LIFT']);
  });

  test('cancels working liquidation orders at once, and is one as soon as they have ended', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500).deposit(50_000);
    expect(walk.story.slice(6)).toEqual(['CANCEL_ORDERS']);
    expect(walk.state.rung).toBe('LIQUIDATING');
    walk.end(order(walk), 'CANCELLED');
    expect(walk.story.slice(7)).toEqual(['MET', 'COMPLETE', 'LIFT']);
    expect(walk.taken.at(7)?.action).toMatchObject({ type: 'MET', metBy: 'CREDIT' });
    expect(walk.state.rung).toBe('ACTIVE');
  });

  test('does not wait for ever for orders that nobody tells the end of', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500).deposit(50_000);
    walk.wait(order(walk).validUntil + WALK_POLICY.orderTtlMs - walk.now - 1);
    expect(walk.story.slice(6)).toEqual(['CANCEL_ORDERS']);
    walk.wait(1);
    expect(walk.story.slice(7)).toEqual(['MET', 'COMPLETE', 'LIFT']);
    expect(walk.orders).toHaveLength(1);
    walk.end(order(walk), 'CANCELLED').price(HEALTHY);
    expect(walk.orders).toEqual([]);
  });

  test.each([
    ['of both legs before their executions', [], [0, 1]],
    ['of both legs between their executions', [0], [1]],
  ])(
    'by the firm names all that it sold, though the case hears the figures %s',
    (_when, before, after) => {
      const walk = new LadderWalk();
      const leg = { qtyE4: 200 * E4, priceE4: 200 * E4, betaE4: E4 };
      walk.positions = [
        { ...leg, symbol: 'AAA', betaE4: 2 * E4 },
        { ...leg, symbol: 'BBB' },
      ];
      walk.cashE4 = -75_000 * E4;
      walk.sequence += 1;
      walk.tell().wait(9_500);
      const sent = walk.orders;
      expect(sent.map(({ symbol }) => symbol)).toEqual(['AAA', 'BBB']);
      const executions = sent.map((each) => walk.execute(each));
      const hear = (index: number): void => {
        const execution = executions[index];
        if (execution !== undefined) walk.give({ type: 'EXECUTION', execution });
      };
      before.forEach(hear);
      walk.tell();
      expect(walk.state.rung).toBe('LIQUIDATING');
      after.forEach(hear);
      const [met, complete] = walk.taken.slice(-3).map(({ action }) => action);
      expect(met).toMatchObject({ type: 'MET', metBy: 'LIQUIDATION' });
      expect(complete).toMatchObject({ type: 'COMPLETE' });
      expect(complete?.type === 'COMPLETE' && complete.parts.map(({ symbol }) => symbol)).toEqual([
        'AAA',
        'BBB',
      ]);
    },
  );
});

describe('figures that prove nothing', () => {
  test('hold a warning back, once in the audit, and are looked at again and again', () => {
    const walk = new LadderWalk();
    walk.stale = QUOTE_OLD;
    walk.price(DEFICIENT).wait(3_500);
    expect(walk.story).toEqual(['HOLD']);
    expect(walk.readings).toHaveLength(4);
    expect(walk.state).toMatchObject({ rung: 'ACTIVE', hold: { reason: QUOTE_OLD } });
  });

  test('escalate at the next look once they are fresh, and the hold is over', () => {
    const walk = new LadderWalk();
    walk.stale = QUOTE_OLD;
    walk.price(DEFICIENT).wait(1_500);
    walk.stale = null;
    walk.wait(1_000);
    expect(walk.story).toEqual(['HOLD', 'HOLD_CLEARED', 'WARN', 'CALL']);
    expect(walk.state.hold).toBeNull();
  });

  test('never move the due instant: past due comes as soon as the hold is over', () => {
    const walk = new LadderWalk().price(DEFICIENT);
    walk.stale = QUOTE_OLD;
    walk.wait(20_000);
    expect(walk.story).toEqual(['WARN', 'CALL', 'HOLD']);
    walk.stale = null;
    walk.wait(1_100);
    expect(walk.story.slice(3)).toEqual(['HOLD_CLEARED', 'PAST_DUE', 'CLOSE_ONLY']);
  });

  test('do not hold back a cure by credit', () => {
    const walk = new LadderWalk().price(DEFICIENT);
    walk.stale = QUOTE_OLD;
    walk.wait(7_000).deposit(50_000);
    expect(walk.story).toEqual(['WARN', 'CALL', 'HOLD', 'HOLD_CLEARED', 'MET']);
  });

  test('do not prove a cure by the market', () => {
    const walk = new LadderWalk().price(DEFICIENT).price(THIN);
    walk.stale = QUOTE_OLD;
    walk.wait(5_000);
    expect(walk.story).toEqual(['WARN', 'CALL', 'HOLD']);
    walk.stale = null;
    walk.wait(1_500);
    expect(walk.story.slice(3)).toEqual(['HOLD_CLEARED', 'MET']);
  });

  test('without a price hold the case on its rung until there is one', () => {
    const walk = new LadderWalk().price(DEFICIENT).setPrice(null).tell().wait(20_000);
    expect(walk.story).toEqual(['WARN', 'CALL', 'HOLD']);
    walk.price(DEFICIENT);
    expect(walk.story.slice(3)).toEqual(['HOLD_CLEARED', 'PAST_DUE', 'CLOSE_ONLY']);
  });

  test('without a price are looked at again, and news that was lost is found', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(1_000).setPrice(null).tell();
    const since = walk.state.hold?.since;
    walk.wait(2_500);
    expect(walk.readings).toHaveLength(3);
    expect(walk.state.hold?.since).toBe(since);
    walk.setPrice(HEALTHY).wait(1_000);
    expect(walk.story).toEqual(['WARN', 'CALL', 'HOLD', 'HOLD_CLEARED']);
  });

  test('without a price tell a person of a healthy account, and wait for news', () => {
    const walk = new LadderWalk().setPrice(null).tell();
    expect(walk.story).toEqual(['HOLD']);
    expect(nextDeadline(walk.state)).toBeNull();
    walk.price(HEALTHY);
    expect(walk.story).toEqual(['HOLD', 'HOLD_CLEARED']);
  });

  test('that lay too long are read again, and hold if they always come late', () => {
    const walk = new LadderWalk();
    walk.readingMs = WALK_POLICY.heartbeatAgeMaxMs + 1;
    walk.price(DEFICIENT);
    expect(walk.readings).toHaveLength(3);
    expect(walk.story).toEqual(['HOLD']);
    expect(walk.state.hold?.reason.code).toBe('READING_OLD');
  });

  test('older than what the case was told do not count', () => {
    const walk = new LadderWalk();
    const told = walk.setPrice(DEFICIENT).figures();
    walk.sequence -= 1;
    walk.give({ type: 'FIGURES', figures: told });
    expect(walk.story).toEqual(['HOLD']);
    expect(walk.state.hold?.reason.code).toBe('OLDER_THAN_TOLD');
  });
});

describe('messages that come twice, late or in disorder', () => {
  test('change nothing when they carry no later figures', () => {
    const walk = new LadderWalk().price(HEALTHY);
    const old = walk.figures();
    walk.price(DEFICIENT);
    const before = walk.state;
    walk.give({ type: 'FIGURES', figures: old }).tell();
    expect(walk.state).toBe(before);
  });

  test('start no clock twice', () => {
    const walk = new LadderWalk().price(DEFICIENT);
    const due = walk.state.call?.dueAt;
    walk.wait(1_000).give({ type: 'CALL_PUBLISHED', episode: 1, ackAt: walk.now });
    expect(walk.state.call?.dueAt).toBe(due);
  });

  test('start no grace twice, nor of another episode', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(6_500);
    const { restriction } = walk.state;
    for (const episode of [1, 0]) {
      walk.give({ type: 'RESTRICTION_PUBLISHED', episode, ackAt: walk.now });
    }
    expect(walk.state.restriction).toBe(restriction);
  });

  test('start no clock of another episode', () => {
    const walk = new LadderWalk().price(DEFICIENT).deposit(DEMAND);
    const before = walk.state;
    walk.give({ type: 'CALL_PUBLISHED', episode: 1, ackAt: walk.now });
    expect(walk.state.call).toBe(before.call);
  });

  test('sell nothing twice when executions are repeated and reversed', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500);
    const half = walk.execute(order(walk), 30 * E4);
    const partly = { ...order(walk), cumQtyE4: 30 * E4 };
    const rest = walk.execute(partly, 29 * E4);
    for (const execution of [rest, half]) walk.give({ type: 'EXECUTION', execution });
    expect(order(walk).cumQtyE4).toBe(59 * E4);
    walk.give({ type: 'EXECUTION', execution: rest });
    expect(walk.state.liquidated).toEqual([{ symbol: 'NVDA', qtyE4: 59 * E4 }]);
    walk.tell();
    expect(walk.story.slice(6)).toEqual(['MET', 'COMPLETE', 'LIFT']);
  });

  test('of orders that are not the case’s are not its business', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500);
    const before = walk.state;
    const execution = { ...walk.execute(order(walk)), orderId: 'somebody-else' };
    expect(walk.give({ type: 'EXECUTION', execution }).state).toBe(before);
  });
});

describe('a liquidation', () => {
  test('sends no new slice before the figures include the last fill', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500);
    walk.setPrice(380);
    const stale = walk.figures();
    const execution = walk.execute(order(walk));
    walk.give({ type: 'EXECUTION', execution }).give({ type: 'FIGURES', figures: stale });
    expect(walk.state.slice).toBe(1);
    walk.tell();
    expect(walk.state.slice).toBe(2);
  });

  test('sends no new slice while it only knows that an order ended, not where all its fills are', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500);
    const sent = order(walk);
    const filled = walk.execute(sent, 10 * E4);
    walk.end({ ...sent, cumQtyE4: 10 * E4 }, 'EXPIRED').tell();
    expect(walk.state.slice).toBe(1);
    walk.give({ type: 'EXECUTION', execution: filled });
    expect(walk.state.slice).toBe(2);
  });

  test('plans again when a slice was not enough', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500).price(380);
    walk.fill(order(walk));
    expect(walk.story.slice(6)).toEqual(['ORDERS']);
    expect(order(walk).orderId).toBe('LQ-run-1-1-2-1');
  });

  test('does not ask a venue in a loop that refuses everything', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500);
    walk.end(order(walk), 'REJECTED').tell();
    expect(walk.state.slice).toBe(1);
    walk.wait(WALK_POLICY.orderTtlMs);
    expect(walk.state.slice).toBe(2);
  });

  test('calls a person when orders outlive their lifetime by another one, once', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500);
    walk.wait(order(walk).validUntil + WALK_POLICY.orderTtlMs - walk.now - 1);
    expect(walk.story.slice(6)).toEqual([]);
    walk.wait(1).price(380).wait(60_000);
    expect(walk.story.slice(6)).toEqual(['REPORT_STUCK']);
    expect(walk.taken.at(6)?.action).toMatchObject({ why: 'ORDERS_OUTLIVED' });
    expect(walk.state.slice).toBe(1);
  });

  test('calls a person again when the orders of a later slice outlive theirs', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500).wait(60_000);
    walk.end(order(walk), 'EXPIRED').tell().wait(60_000);
    expect(walk.story.slice(6)).toEqual(['REPORT_STUCK', 'ORDERS', 'REPORT_STUCK']);
  });

  test('calls a person when its slices are used up', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500);
    for (let slice = 1; slice <= SLICES_MAX; slice += 1) {
      walk.end(order(walk), 'REJECTED').wait(WALK_POLICY.orderTtlMs);
    }
    expect(walk.story.filter((type) => type === 'ORDERS')).toHaveLength(SLICES_MAX);
    expect(walk.taken.at(-1)?.action).toMatchObject({
      type: 'REPORT_STUCK',
      why: 'SLICES_EXHAUSTED',
    });
  });

  test('goes in slices of bounded length', () => {
    const walk = new LadderWalk();
    walk.positions = Array.from({ length: 60 }, (_, index) => ({
      symbol: `S${String(index).padStart(2, '0')}`,
      qtyE4: 10 * E4,
      priceE4: 100 * E4,
      betaE4: E4,
    }));
    walk.sequence += 1;
    walk.tell().wait(9_500);
    expect(walk.orders).toHaveLength(ORDERS_PER_SLICE_MAX);
    for (const sent of walk.orders) walk.fill(sent);
    expect(walk.orders).toHaveLength(10);
  });

  test('does not count what an earlier, cured call still sold', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500);
    const late = order(walk);
    walk.deposit(DEMAND).wait(TOLD_NO_END_MS).price(375).fill(late);
    expect(walk.state).toMatchObject({ rung: 'MARGIN_CALL', liquidated: [] });
  });

  test('does not take over what was sold after its call was met by a deposit', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500);
    const late = order(walk);
    walk.deposit(20_000).wait(TOLD_NO_END_MS);
    expect(walk.state.call).toBeNull();
    walk.fill(late);
    expect(walk.state.liquidated).toEqual([]);
  });

  test('sells nothing when under its own policy the case misses nothing', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(6_500);
    walk.policyInForce = {
      ...WALK_POLICY,
      version: 'walk.2',
      longMaintenanceRate: rate(400_000),
    };
    walk.deposit(4_000).wait(20_000);
    expect(walk.state.rung).toBe('RESTRICTED');
    expect(walk.story).not.toContain('TRIGGER');
  });

  test('is not met by itself when it has sold nothing', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500);
    walk.end(order(walk), 'EXPIRED').price(BARELY).wait(10_000);
    expect(walk.state).toMatchObject({ rung: 'LIQUIDATING', slice: 1 });
  });

  test('hands what cannot be covered to a person', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500);
    walk.setPrice(250).fill(order(walk));
    walk.fill(order(walk));
    expect(walk.story.slice(-2)).toEqual(['COMPLETE', 'HAND_OVER']);
    expect(walk.state.rung).toBe('UNSECURED_DEFICIT');
    const missing = walk.figures();
    if (missing.status === 'INDETERMINATE') throw new Error('the account has no price');
    expect(missing.deficiencyE4).toBeGreaterThan(0);
    expect(walk.taken.at(-1)?.action).toMatchObject({ residualE4: missing.deficiencyE4 });
  });

  test('that could not cover all is not what meets the call in the end', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500);
    walk.setPrice(250).fill(order(walk));
    walk.fill(order(walk));
    walk.creditedTotalE4 = 0;
    walk.deposit(-walk.cashE4 / E4);
    expect(walk.taken.at(-1)?.action).toMatchObject({ type: 'LIFT', metBy: 'CREDIT' });
  });

  test('of an account without positions passes every rung to a person in one decision', () => {
    const walk = new LadderWalk();
    walk.positions = [];
    walk.sequence += 1;
    walk.tell().wait(10_000);
    expect(walk.story).toEqual([
      'WARN',
      'CALL',
      'ACCELERATE',
      'PAST_DUE',
      'CLOSE_ONLY',
      'TRIGGER',
      'COMPLETE',
      'HAND_OVER',
    ]);
    walk.deposit(150_000);
    expect(walk.story.slice(8)).toEqual(['MET', 'LIFT']);
    expect(walk.state.rung).toBe('ACTIVE');
  });
});

describe('an episode', () => {
  test('keeps the policy that it began with', () => {
    const walk = new LadderWalk().price(DEFICIENT);
    walk.policyInForce = { ...WALK_POLICY, version: 'walk.2', graceMs: 1 };
    walk.wait(6_500);
    const { restriction } = walk.state;
    expect(restriction?.liquidateAt).toBe((restriction?.restrictedAt ?? 0) + WALK_POLICY.graceMs);
    expect(walk.taken.every(({ action }) => action.policyVersion === 'walk.1')).toBe(true);
  });

  test('after a cured call begins with the policy in force', () => {
    const walk = new LadderWalk().price(DEFICIENT);
    walk.policyInForce = { ...WALK_POLICY, version: 'walk.2' };
    walk.deposit(DEMAND).price(380);
    expect(walk.taken.at(-1)?.action).toMatchObject({ type: 'CALL', policyVersion: 'walk.2' });
  });

  test('is one story: its actions carry the correlation id of the figures that began it', () => {
    const walk = new LadderWalk().price(DEFICIENT).wait(9_500);
    walk.fill(order(walk));
    expect(new Set(walk.taken.map(({ action }) => action.correlationId))).toEqual(new Set(['c1']));
  });
});

describe('an acknowledgement', () => {
  test('is recorded, and changes no rung and no deadline', () => {
    const walk = new LadderWalk().price(DEFICIENT);
    const next = nextDeadline(walk.state);
    walk.give({ type: 'ACKNOWLEDGED', by: 'ann', at: walk.now, note: 'calling the customer' });
    expect(walk.story.slice(2)).toEqual(['ACKNOWLEDGE']);
    expect(nextDeadline(walk.state)).toEqual(next);
    expect(walk.state.rung).toBe('MARGIN_CALL');
  });

  test('counts once, and of many the last are kept', () => {
    const walk = new LadderWalk().price(DEFICIENT);
    for (let at = 0; at < 2 * ACKNOWLEDGEMENTS_MAX; at += 1) {
      walk.give({ type: 'ACKNOWLEDGED', by: 'ann', at, note: null });
      walk.give({ type: 'ACKNOWLEDGED', by: 'ann', at, note: null });
    }
    expect(walk.state.acknowledgements).toHaveLength(ACKNOWLEDGEMENTS_MAX);
    expect(walk.story.filter((type) => type === 'ACKNOWLEDGE')).toHaveLength(40);
  });
});
