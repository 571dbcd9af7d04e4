import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { E4 } from '../money.ts';
import type { Scope } from '../scopes.ts';
import { OrderMonitor } from './order-monitor.ts';
import type { ObservedOrder, Threshold } from './order-monitor.ts';
import { BUCKETS, SlidingWindow } from './sliding-window.ts';

const NOW = 1_710_000_000_000;
const ACCOUNT: Scope = { kind: 'ACCOUNT', id: 'A' };

const rate: Threshold = {
  scopeKind: 'ACCOUNT',
  metric: 'order_rate_60s',
  above: 100,
  action: 'KILL',
  ordersMin: 0,
};
const notional: Threshold = {
  ...rate,
  metric: 'notional_60s',
  above: 1_000_000 * E4,
};
const concentration: Threshold = {
  ...rate,
  metric: 'concentration_60s',
  above: 700_000,
  action: 'ALERT',
  ordersMin: 10,
};

/** An order of account A for $100 of XYZ, `atMs` after NOW. */
function order(atMs: number, given: Partial<ObservedOrder> = {}): ObservedOrder {
  return {
    ts: NOW + atMs,
    accountId: 'A',
    strategy: 'alpha',
    symbol: 'XYZ',
    notionalE4: 100 * E4,
    ...given,
  };
}

/** So many orders, one every `everyMs`, and the breaches that each began. */
function flow(monitor: OrderMonitor, count: number, everyMs: number, from = 0) {
  return Array.from({ length: count }, (_, index) =>
    monitor.observe(order(from + index * everyMs)),
  ).flat();
}

describe('the order rate', () => {
  test('of exactly the threshold is no breach; one above it is, at once', () => {
    const monitor = new OrderMonitor({ thresholds: [rate] });
    expect(flow(monitor, 100, 500)).toEqual([]);
    expect(monitor.observe(order(50_000))).toEqual([
      {
        scope: ACCOUNT,
        metric: 'order_rate_60s',
        value: 101,
        threshold: 100,
        breached: true,
        action: 'KILL',
        episode: 1,
      },
    ]);
  });
  test('a burst across the edge of a minute does not escape', () => {
    const monitor = new OrderMonitor({ thresholds: [rate] });
    const edge = 60_000 - (NOW % 60_000);
    expect(flow(monitor, 60, 100, edge - 6_000)).toEqual([]);
    expect(flow(monitor, 60, 100, edge)).toHaveLength(1);
  });
  test('slow orders never add up', () => {
    const monitor = new OrderMonitor({ thresholds: [rate] });
    expect(flow(monitor, 1_000, 601)).toEqual([]);
  });
  test('a breach is told once, and again after it was over', () => {
    const monitor = new OrderMonitor({ thresholds: [rate] });
    const first = flow(monitor, 300, 10);
    const second = flow(monitor, 300, 10, 200_000);
    expect([...first, ...second].map(({ episode }) => episode)).toEqual([1, 2]);
  });
  test('after an UNKILL the windows start anew', () => {
    const monitor = new OrderMonitor({ thresholds: [rate] });
    flow(monitor, 150, 10);
    monitor.restart(ACCOUNT, NOW + 1_999);
    expect(flow(monitor, 100, 10, 2_000)).toEqual([]);
    expect(monitor.observe(order(3_000))).toMatchObject([{ episode: 2 }]);
  });
  test('is each account’s own', () => {
    const monitor = new OrderMonitor({ thresholds: [rate] });
    const breaches = Array.from({ length: 200 }, (_, index) =>
      monitor.observe(order(index, { accountId: index % 2 === 0 ? 'A' : 'B' })),
    );
    expect(breaches.flat()).toEqual([]);
  });
  test('of the whole firm counts everybody', () => {
    const monitor = new OrderMonitor({
      thresholds: [{ ...rate, scopeKind: 'GLOBAL', action: 'THROTTLE' }],
    });
    const breaches = Array.from({ length: 101 }, (_, index) =>
      monitor.observe(order(index, { accountId: `A${String(index)}` })),
    );
    expect(breaches.flat()).toMatchObject([{ scope: { kind: 'GLOBAL' }, action: 'THROTTLE' }]);
  });
});

test('notional above the threshold is a breach; a refused order has none', () => {
  const monitor = new OrderMonitor({ thresholds: [notional] });
  expect(monitor.observe(order(0, { notionalE4: 1_000_000 * E4 }))).toEqual([]);
  expect(monitor.observe(order(1, { notionalE4: 0 }))).toEqual([]);
  expect(monitor.observe(order(2, { notionalE4: 1 }))).toMatchObject([
    { metric: 'notional_60s', value: 1_000_000 * E4 + 1 },
  ]);
});

describe('concentration', () => {
  test('one order is a whole share of itself, and no breach', () => {
    const monitor = new OrderMonitor({ thresholds: [concentration] });
    expect(flow(monitor, 9, 10)).toEqual([]);
    expect(monitor.observe(order(100))).toMatchObject([{ value: 1_000_000, action: 'ALERT' }]);
  });
  test('of exactly the threshold is none', () => {
    const monitor = new OrderMonitor({ thresholds: [concentration] });
    const symbols = ['A', 'A', 'B', 'A', 'A', 'B', 'A', 'A', 'B', 'A'];
    const told = symbols.flatMap((symbol, index) => monitor.observe(order(index, { symbol })));
    expect(told).toEqual([]);
    expect(monitor.observe(order(20, { symbol: 'A' }))).toHaveLength(1);
  });
});

test('an idle scope is forgotten', () => {
  const monitor = new OrderMonitor({ thresholds: [rate] });
  monitor.observe(order(0));
  monitor.forgetIdle(NOW + 1_800_000);
  expect(monitor.signalsOf(ACCOUNT, NOW)).toHaveLength(1);
  monitor.forgetIdle(NOW + 1_800_001);
  expect(monitor.signalsOf(ACCOUNT, NOW)).toEqual([]);
});

test('a window holds what is younger than its width, and at most a slice more', () => {
  const width = 60_000;
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          ts: fc.integer({ min: 0, max: 200_000 }),
          symbol: fc.constantFrom('A', 'B'),
          notionalE4: fc.integer({ min: 0, max: 1_000 }),
        }),
        { maxLength: 60 },
      ),
      (orders) => {
        const window = new SlidingWindow(width);
        let newest = 0;
        const seen: typeof orders = [];
        for (const one of orders) {
          window.add(one.ts, one.symbol, one.notionalE4);
          newest = Math.max(newest, one.ts);
          seen.push(one);
          const { orders: held, notionalE4 } = window.totalsAt(newest);
          const within = (slack: number) => seen.filter(({ ts }) => newest - ts < width + slack);
          expect(held).toBeGreaterThanOrEqual(within(0).length);
          expect(held).toBeLessThanOrEqual(within((2 * width) / BUCKETS).length);
          const sum = (some: typeof orders) => some.reduce((total, o) => total + o.notionalE4, 0);
          expect(notionalE4).toBeGreaterThanOrEqual(sum(within(0)));
          expect(notionalE4).toBeLessThanOrEqual(sum(within((2 * width) / BUCKETS)));
        }
      },
    ),
  );
});
