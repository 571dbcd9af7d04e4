import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { summaryOf } from '#domain/case-summary.ts';
import type { CaseAction } from '#domain/ladder-actions.ts';
import type { Notice } from '#domain/notices.ts';
import { E4 } from '#domain/money.ts';
import { LadderWalk, WALK_POLICY } from '#test/ladder-walk.ts';
import { stepNotice } from './step-notice.ts';

/**
 * 500 NVDA at 390 with $150,000 of debt: equity 45,000, requirement 48,750, so 3,750 are missing; the
 * demand has 1 % of 195,000 as buffer on top: 5,700.
 */
const SHORT_E4 = 3_750 * E4;
const DEMAND_E4 = 5_700 * E4;

function fallen(): LadderWalk {
  return new LadderWalk().price(390);
}

/** What the customer is told of the walk's last action of this type. */
function told(walk: LadderWalk, type: CaseAction['type']): Notice | null {
  const action = walk.taken.findLast((taken) => taken.action.type === type)?.action;
  if (action === undefined) throw new Error(`no ${type}: ${walk.story.join()}`);
  const { version, asOf } = walk.figures();
  const held = { version, asOf, cashE4: walk.cashE4, positions: walk.positions };
  return stepNotice(
    { accountId: 'ACC_1', action, summary: summaryOf(walk.state) },
    'n-1',
    held,
    WALK_POLICY,
  );
}

/** A person gives the customer more time, to ten seconds from now. */
function extend(walk: LadderWalk): LadderWalk {
  return walk.give({
    type: 'COMMAND',
    command: {
      type: 'EXTEND',
      commandId: 'c-1',
      at: walk.now,
      by: 'ann',
      episode: 1,
      dueAt: walk.now + 10_000,
      reason: 'a wire is on its way',
      authorityReference: null,
    },
  });
}

/** The same walk anew: a deposit and a recovery that are not enough, and what came of them. */
function again(on: (walk: LadderWalk) => LadderWalk, deposit: number, price: number): LadderWalk {
  return on(fallen().deposit(deposit).price(price));
}

/** The customer sells NVDA at the last price. */
function sell(walk: LadderWalk, qtyE4: number): LadderWalk {
  walk.execute({
    ...{ orderId: 'o-1', episode: 1, slice: 0, symbol: 'NVDA', side: 'SELL', qtyE4, priceE4: 0 },
    ...{ validUntil: 0, terminal: false, cancelAsked: false, cumQtyE4: 0, locatedQtyE4: 0 },
    lastFillOffset: null,
  });
  return walk.tell();
}

function metAfter(walk: LadderWalk): boolean {
  return walk.story.includes('MET');
}

describe('what a customer is told', () => {
  test('of a call: the demand, and ways that are enough for it', () => {
    expect(told(fallen(), 'CALL')).toMatchObject({
      kind: 'MARGIN_CALL',
      demandE4: DEMAND_E4,
      ways: {
        cashE4: DEMAND_E4,
        securitiesE4: 7_600 * E4,
        reduce: { sell: [{ symbol: 'NVDA', qtyE4: 59 * E4 }], cover: [], residualE4: 0 },
      },
    });
  });

  test('of a liquidation: what would stop it, which is more than what is short', () => {
    const walk = fallen().wait(60_000);
    const notice = told(walk, 'TRIGGER');
    expect(walk.state.figures).toMatchObject({ deficiencyE4: SHORT_E4 });
    expect(notice).toMatchObject({ kind: 'LIQUIDATION_STARTED', demandE4: DEMAND_E4 });
  });

  test('of an extension: the new due time, and what is still to come', () => {
    const walk = fallen();
    const dueAt = walk.now + 10_000;
    extend(walk.deposit(1_000));
    expect(told(walk, 'COMMANDED')).toMatchObject({
      ...{ kind: 'DUE_MOVED', dueAt, demandE4: DEMAND_E4 - 1_000 * E4 },
    });
  });

  test.each([
    ['late', 390, false],
    ['accelerated', 302, true],
  ])('of close-only: that the call is %s', (_name, price, isAccelerated) => {
    const walk = fallen().wait(10).price(price).wait(60_000);
    expect(told(walk, 'CLOSE_ONLY')).toMatchObject({ kind: 'CLOSE_ONLY', isAccelerated });
  });

  test.each<[CaseAction['type'], (walk: LadderWalk) => LadderWalk]>([
    ['CLOSE_ONLY', (walk) => walk.wait(6_100)],
    ['COMMANDED', (walk) => extend(walk)],
  ])('with %s after a partial recovery: ways that meet the whole call', (type, on) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 380, max: 399 }),
        fc.integer({ min: 0, max: 5_000 }),
        (price, deposit) => {
          const fall = again(on, deposit, price);
          fc.pre(!metAfter(fall) && fall.story.includes(type));
          const notice = told(fall, type);
          if (notice?.kind !== 'CLOSE_ONLY' && notice?.kind !== 'DUE_MOVED') throw new Error(type);
          const sold = notice.ways.reduce?.sell[0]?.qtyE4 ?? 0;

          expect(metAfter(sell(again(on, deposit, price), sold - E4))).toBe(false);
          expect(metAfter(sell(again(on, deposit, price), sold))).toBe(true);
          expect(metAfter(again(on, deposit, price).deposit(notice.ways.cashE4 / E4))).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  test.each([
    ['no call', 480, null],
    ['an open call', 390, { outstandingE4: DEMAND_E4 }],
    ['a call that has been raised', 370, { outstandingE4: 13_100 * E4 }],
  ])('of stress beside %s', (_name, price, openCall) => {
    const walk = new LadderWalk({ ...WALK_POLICY, dueAfterMs: 600_000, accelerationMs: 600_000 });
    walk.tellsStress = true;
    walk
      .price(price === 480 ? 480 : 390)
      .price(price)
      .wait(60_000);
    const notice = told(walk, 'STRESS_ON');
    const dueAt = walk.state.call?.dueAt;
    const expected = openCall === null ? null : { ...openCall, dueAt };
    expect(notice).toMatchObject({ kind: 'STRESS_CLOSE_ONLY', openCall: expected });
  });

  test('of stress: the least deposit that ends it, to the cent', () => {
    const underwater = (): LadderWalk => {
      const walk = new LadderWalk();
      walk.tellsStress = true;
      return walk.price(480).wait(60_000);
    };
    const notice = told(underwater(), 'STRESS_ON');
    if (notice?.kind !== 'STRESS_CLOSE_ONLY') throw new Error('no notice of stress');
    const { depositE4, shortfallE4 } = notice;
    // The 4,560 that a fall by 8 % leaves short, and 1 % of 240,000 on top.
    expect({ depositE4, shortfallE4 }).toEqual({
      ...{ depositE4: 6_960 * E4, shortfallE4: 4_560 * E4 },
    });

    const after = (dollars: number): string[] => underwater().deposit(dollars).wait(60_000).story;
    expect(after(6_960)).toContain('STRESS_OFF');
    expect(after(6_959.99)).not.toContain('STRESS_OFF');
  });

  test('of what is nobody else’s business: nothing', () => {
    expect(told(fallen(), 'CALL')).not.toBeNull();
    const walk = fallen().wait(60_000);
    expect(told(walk, 'PAST_DUE')).toBeNull();
    expect(told(walk, 'ORDERS')).toBeNull();
  });
});
