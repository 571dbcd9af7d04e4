import { describe, expect, test } from '@jest/globals';
import { LadderWalk, WALK_POLICY } from '#test/ladder-walk.ts';
import type { CaseCommand } from './case-commands.ts';
import type { FirmHold, FirmScope } from './firm-enforcement.ts';
import { withheldOrders } from './ladder-firm.ts';
import { isAwaitingRelease } from './ladder-people.ts';
import type { CaseOrder } from './ladder-state.ts';
import type { Policy } from './policy.ts';

/** How a case heeds the firm's holds and the liquidation brake (DESIGN 17). */

const ONE_PERSON: Policy = {
  ...WALK_POLICY,
  liquidationRelease: 'ONE_PERSON',
  twoPersonNotionalE4: Number.MAX_SAFE_INTEGER,
};

const hold = (scope: FirmScope): FirmHold => ({
  scope,
  by: 'ann',
  since: 1,
  reason: 'a vendor sends nonsense',
  resumeAskedBy: null,
});

let commands = 0;
const release = (walk: LadderWalk, by: string): LadderWalk => {
  commands += 1;
  const common = { commandId: `c-${String(commands)}`, at: walk.now, by };
  const command: CaseCommand = { ...common, type: 'RELEASE', episode: 1, reason: 'looked at' };
  return walk.give({ type: 'COMMAND', command });
};

/** Deficient, called, past due and restricted; the grace is over in 3 s. */
const restricted = (policy = WALK_POLICY): LadderWalk => {
  const walk = new LadderWalk(policy).price(390).wait(WALK_POLICY.dueAfterMs + 100);
  expect(walk.state.rung).toBe('RESTRICTED');
  return walk;
};
const graceOver = (walk: LadderWalk): LadderWalk => walk.wait(WALK_POLICY.graceMs + 100);

describe('a hold of everything', () => {
  test('stops a warning and a call, says so once, and goes on when it is over', () => {
    const walk = new LadderWalk();
    walk.holds = [hold('GLOBAL')];
    walk.price(390).wait(3_000);
    expect(walk.story).toEqual(['HOLD']);
    expect(walk.state.hold?.reason).toEqual({
      code: 'ENFORCEMENT_HELD',
      what: 'GLOBAL',
      observed: 'held by ann: a vendor sends nonsense',
      limit: 'resumed by two persons',
    });
    walk.holds = [];
    walk.wait(WALK_POLICY.staleRetryMs);
    expect(walk.story).toEqual(['HOLD', 'HOLD_CLEARED', 'WARN', 'CALL']);
  });

  test('stops past due, liquidation and its next slice', () => {
    const called = new LadderWalk().price(390);
    called.holds = [hold('GLOBAL')];
    expect(called.wait(20_000).state.rung).toBe('MARGIN_CALL');

    const walk = restricted();
    walk.holds = [hold('GLOBAL')];
    expect(graceOver(walk).state.rung).toBe('RESTRICTED');
    walk.holds = [];
    walk.wait(WALK_POLICY.staleRetryMs);
    expect(walk.state.rung).toBe('LIQUIDATING');
    const [order] = walk.orders;
    if (order === undefined) throw new Error('no order was sent');
    walk.holds = [hold('GLOBAL')];
    walk.end(order, 'EXPIRED').wait(20_000);
    expect(walk.story.filter((type) => type === 'ORDERS')).toHaveLength(1);
    walk.holds = [];
    walk.wait(WALK_POLICY.staleRetryMs);
    expect(walk.story.filter((type) => type === 'ORDERS')).toHaveLength(2);
  });

  test('stops close-only for stress, and not its end', () => {
    const walk = new LadderWalk();
    walk.tellsStress = true;
    walk.holds = [hold('GLOBAL')];
    walk.price(480).wait(WALK_POLICY.stressMs + 5_000);
    expect(walk.story).toEqual([]);
    walk.holds = [];
    walk.wait(WALK_POLICY.staleRetryMs);
    expect(walk.story).toEqual(['STRESS_ON']);
    walk.holds = [hold('GLOBAL')];
    walk.price(900).wait(WALK_POLICY.stressMs + 100);
    expect(walk.story).toEqual(['STRESS_ON', 'STRESS_OFF']);
  });

  test.each([
    ['a deposit', (walk: LadderWalk) => walk.deposit(60_000)],
    ['the market', (walk: LadderWalk) => walk.price(500).wait(WALK_POLICY.marketCureMs + 100)],
  ])('lets a call be met by %s', (_by, cure) => {
    const walk = new LadderWalk().price(390);
    walk.holds = [hold('GLOBAL')];
    cure(walk);
    expect(walk.story).toContain('MET');
    expect(walk.state.rung).toBe('ACTIVE');
  });

  test('in place of which doubt comes is a hold of its own, for which people are called', () => {
    const walk = new LadderWalk();
    walk.holds = [hold('GLOBAL')];
    walk.price(390).wait(2_000);
    walk.stale = { code: 'QUOTE_OLD', what: 'NVDA', observed: '9 s', limit: '5 s' };
    walk.wait(2_000);
    expect(walk.story).toEqual(['HOLD', 'HOLD_CLEARED', 'HOLD']);
    expect(walk.taken.at(-1)?.action).toMatchObject({ reason: { code: 'QUOTE_OLD' } });
  });
});

describe('a hold of a symbol', () => {
  test('leaves the ladder alone until the symbol would be traded', () => {
    const walk = new LadderWalk();
    walk.holds = [hold('SYMBOL:NVDA')];
    walk.price(390).wait(WALK_POLICY.dueAfterMs + 100);
    expect(walk.state.rung).toBe('RESTRICTED');
    graceOver(walk);
    expect(walk.state.rung).toBe('RESTRICTED');
    expect(walk.state.hold?.reason).toMatchObject({
      code: 'ENFORCEMENT_HELD',
      what: 'SYMBOL:NVDA',
    });
    walk.holds = [hold('SYMBOL:AMD')];
    walk.wait(WALK_POLICY.staleRetryMs);
    expect(walk.state.rung).toBe('LIQUIDATING');
  });

  test('lets the other positions be sold', () => {
    const walk = new LadderWalk();
    const other = { symbol: 'KO', qtyE4: 500 * 10_000, priceE4: 60 * 10_000, betaE4: 6_000 };
    walk.positions = [...walk.positions, other];
    walk.cashE4 -= 30_000 * 10_000;
    walk.setPrice(390);
    walk.positions = walk.positions.map((one) => (one.symbol === 'KO' ? other : one));
    walk.holds = [hold('SYMBOL:NVDA')];
    graceOver(walk.tell().wait(WALK_POLICY.dueAfterMs + 100));
    expect(walk.state.rung).toBe('LIQUIDATING');
    expect(walk.orders.map(({ symbol }) => symbol)).toEqual(['KO']);
  });
});

describe('the liquidation brake', () => {
  test('is asked once a liquidation would start, and not before', () => {
    const walk = graceOver(restricted());
    expect(walk.state.rung).toBe('LIQUIDATING');
    const asked = walk.requests.flatMap(({ start }) => start ?? []);
    expect(asked).toEqual([{ accountId: 'ACC_1', caseId: 'run-1', episode: 1, isReleased: false }]);
  });

  test('that is on makes a liquidation wait for two persons, whatever policy asks for', () => {
    const walk = restricted();
    walk.brake = 'BRAKED';
    graceOver(walk);
    expect(walk.state.rung).toBe('RESTRICTED');
    expect(walk.taken.at(-1)?.action).toMatchObject({
      type: 'AWAIT_RELEASE',
      persons: 2,
      isBraked: true,
    });
    const asks = walk.story.length;
    walk.wait(30_000);
    expect(walk.story).toHaveLength(asks);
    release(walk, 'ann');
    expect(isAwaitingRelease(walk.state)).toBe(true);
    release(walk, 'bob');
    expect(walk.state.rung).toBe('LIQUIDATING');
    expect(walk.requests.at(-1)?.start).toMatchObject({ isReleased: true });
  });

  test('that comes on after one person has released asks for the second', () => {
    const walk = graceOver(restricted(ONE_PERSON));
    expect(walk.taken.at(-1)?.action).toMatchObject({ persons: 1, isBraked: false });
    walk.brake = 'BRAKED';
    release(walk, 'ann');
    expect(walk.state.rung).toBe('RESTRICTED');
    expect(walk.taken.at(-1)?.action).toMatchObject({
      type: 'AWAIT_RELEASE',
      persons: 2,
      isBraked: true,
    });
    expect(walk.state.release?.releasedBy).toEqual(['ann']);
    release(walk, 'bob');
    expect(walk.state.rung).toBe('LIQUIDATING');
  });

  test('that is released lets the liquidation go by itself', () => {
    const walk = restricted();
    walk.brake = 'BRAKED';
    graceOver(walk).wait(5_000);
    walk.brake = 'GRANTED';
    walk.wait(WALK_POLICY.staleRetryMs);
    expect(walk.state.rung).toBe('LIQUIDATING');
  });

  test('that is released leaves what policy asks for', () => {
    const walk = graceOver(restricted(ONE_PERSON));
    walk.brake = 'BRAKED';
    release(walk, 'ann');
    walk.brake = 'GRANTED';
    walk.wait(WALK_POLICY.staleRetryMs);
    expect(walk.state.rung).toBe('LIQUIDATING');
  });

  test('that cannot be read stops the liquidation, and is asked again', () => {
    const walk = restricted();
    walk.stale = {
      code: 'ENFORCEMENT_UNREAD',
      what: 'brake',
      observed: 'away',
      limit: 'an answer',
    };
    graceOver(walk).wait(5_000);
    expect(walk.state).toMatchObject({ rung: 'RESTRICTED', hold: { reason: walk.stale } });
    walk.stale = null;
    walk.wait(WALK_POLICY.staleRetryMs);
    expect(walk.state.rung).toBe('LIQUIDATING');
  });

  test('that could not be read while it was on is asked again', () => {
    const walk = restricted();
    walk.brake = 'BRAKED';
    graceOver(walk);
    walk.stale = {
      code: 'ENFORCEMENT_UNREAD',
      what: 'brake',
      observed: 'away',
      limit: 'an answer',
    };
    walk.wait(5_000);
    walk.stale = null;
    walk.brake = 'GRANTED';
    walk.wait(2 * WALK_POLICY.staleRetryMs);
    expect(walk.state.rung).toBe('LIQUIDATING');
  });

  test('is asked when the grace has ended during a reading that asked for nothing', () => {
    const walk = restricted();
    walk.readingMs = WALK_POLICY.graceMs + 500;
    walk.price(370);
    expect(walk.state.rung).toBe('LIQUIDATING');
    expect(walk.requests.slice(-2).map(({ start }) => start === null)).toEqual([true, false]);
  });
});

describe('orders that the firm holds when they are about to go out', () => {
  const withheld = (walk: LadderWalk, mayBeOut: boolean): CaseOrder => {
    const [order] = walk.orders;
    if (order === undefined) throw new Error('no order was planned');
    walk.holds = [hold('GLOBAL')];
    const [found] = withheldOrders(walk.holds, [order])?.orders ?? [];
    const reason = withheldOrders(walk.holds, [order])?.reason;
    if (found === undefined || reason === undefined) throw new Error('it is not held');
    walk.give({ type: 'ORDERS_WITHHELD', orderIds: [found.orderId], reason, mayBeOut });
    return order;
  };
  const slices = (walk: LadderWalk): number =>
    walk.story.filter((type) => type === 'ORDERS').length;

  test('are as if never planned: the case holds at once, and goes on when the firm does', () => {
    const walk = graceOver(restricted());
    withheld(walk, false);
    expect(walk.story.slice(-2)).toEqual(['WITHHOLD', 'HOLD']);
    expect(walk.orders).toEqual([]);
    expect(walk.state.hold?.reason.code).toBe('ENFORCEMENT_HELD');
    walk.wait(10_000);
    expect(slices(walk)).toBe(1);
    walk.holds = [];
    walk.wait(WALK_POLICY.staleRetryMs);
    expect(slices(walk)).toBe(2);
  });

  test('and may be out all the same are waited for until nothing can come of them', () => {
    const walk = graceOver(restricted());
    const { validUntil } = withheld(walk, true);
    walk.holds = [];
    walk.wait(validUntil - walk.now + WALK_POLICY.orderTtlMs - 1);
    expect(slices(walk)).toBe(1);
    walk.wait(1);
    expect(slices(walk)).toBe(2);
    expect(walk.story).not.toContain('REPORT_STUCK');
  });

  test('and are out all the same count with what they sold', () => {
    const walk = graceOver(restricted());
    const order = withheld(walk, true);
    walk.fill(order);
    expect(walk.story.slice(-3)).toEqual(['MET', 'COMPLETE', 'LIFT']);
  });

  test('are those of held symbols only, unless everything is held', () => {
    const orders = [{ symbol: 'NVDA' }, { symbol: 'AMD' }];
    expect(withheldOrders([hold('SYMBOL:AMD')], orders)).toMatchObject({
      orders: [{ symbol: 'AMD' }],
      reason: { what: 'SYMBOL:AMD' },
    });
    expect(withheldOrders([hold('GLOBAL')], orders)?.orders).toEqual(orders);
    expect(withheldOrders([hold('LIQUIDATIONS')], orders)).toBeNull();
  });
});
