/**
 * Decides orders in a process of its own, without Kafka, and tells what a decision took on stdout as one
 * line of JSON. Arguments: orders that are timed one by one, sweeps that are timed as a whole.
 */
import { decodeGatePolicy } from '#contracts/gate-policy.ts';
import { Gate } from '#domain/gate/gate.ts';
import { maintenanceE4 } from '#domain/gate/requirement.ts';
import type { NewOrder } from '#domain/gate/orders.ts';
import { loadGatePolicy } from '#platform/gate-policy.ts';
import { loadPolicy } from '#platform/policies.ts';
import {
  ACCOUNTS,
  accountOf,
  HELD_E4,
  heldBy,
  heldScopes,
  ordersFrom,
  PRICE_E4,
  SYMBOLS,
  symbolOf,
  WIDE_RATE,
} from './flow.ts';
import type { GateDecisionReport } from './report.ts';

/** Orders come in such lots; between them the venue fills what has passed, untimed. */
const LOT = 50_000;
/** The compiler needs some until it knows the hot code. */
const WARM_UP_LOTS = 6;
/** One millisecond of the flow's own time holds so many orders: 5,000 a second. */
const ORDERS_PER_MS = 5;
/** What an account may lose, 1/10,000 dollar: most pass, those that ordered much do not. */
const EXCESS_E4 = 20_000 * 10_000;
const QUOTA_DOLLARS = 100_000_000_000;

const [timed = 0, sweeps = 0] = process.argv.slice(2).map(Number);
const gate = openGate();
const codes: Record<string, number> = {};
let decided = 0;
for (let lot = 0; lot < WARM_UP_LOTS; lot += 1) decideLot(() => undefined);
const perCoreS: number[] = [];
for (let sweep = 0; sweep < sweeps; sweep += 1) {
  decideLot((cpuS) => perCoreS.push(LOT / cpuS));
}
console.log(JSON.stringify(report(timedOneByOne(timed))));

function openGate(): Gate {
  const file = loadGatePolicy();
  const policy = decodeGatePolicy(
    {
      ...file,
      firm_quota: QUOTA_DOLLARS,
      symbol_quota: QUOTA_DOLLARS,
      strategy_quota: QUOTA_DOLLARS,
    },
    loadPolicy('house'),
  );
  const pricesE4 = new Map<string, number>();
  const opened = new Gate(policy, {
    checksCredit: true,
    decidedIdsMax: 200_000,
    requirementE4: (positions) => maintenanceE4(positions, pricesE4, policy.margin),
  });
  for (let index = 0; index < SYMBOLS; index += 1) {
    pricesE4.set(symbolOf(index), PRICE_E4);
    opened.setPrice(symbolOf(index), PRICE_E4);
  }
  for (let index = 0; index < ACCOUNTS; index += 1) {
    const exposure = opened.know(accountOf(index));
    exposure.excessE4 = EXCESS_E4;
    exposure.setPosition(heldBy(index), HELD_E4);
  }
  opened.controls.fresh = true;
  for (const { scope, hold } of heldScopes()) {
    if (hold === 'THROTTLE') opened.controls.setThrottle(scope, WIDE_RATE);
    else if (hold !== 'CLOSE_ONLY') opened.controls.setKill(scope, hold);
    else if (scope.kind === 'ACCOUNT') opened.controls.setCloseOnly(scope.id, true);
  }
  return opened;
}

/** Nothing but decisions in the time that `tell` gets, s of a core. */
function decideLot(tell: (cpuS: number) => void): void {
  const { orders, times } = nextLot();
  const passed: NewOrder[] = [];
  const before = process.cpuUsage();
  orders.forEach((order, index) => {
    const { verdict } = gate.decide(order, times[index] ?? 0);
    if (verdict.decision === 'ALLOW') passed.push(order);
  });
  const { user, system } = process.cpuUsage(before);
  tell((user + system) / 1e6);
  fill(passed);
}

function timedOneByOne(count: number): Float64Array {
  const us = new Float64Array(count);
  for (let from = 0; from < count; from += LOT) {
    const { orders, times } = nextLot();
    const passed: NewOrder[] = [];
    orders.forEach((order, index) => {
      const startedAt = performance.now();
      const { verdict } = gate.decide(order, times[index] ?? 0);
      us[from + index] = (performance.now() - startedAt) * 1_000;
      codes[verdict.code] = (codes[verdict.code] ?? 0) + 1;
      if (verdict.decision === 'ALLOW') passed.push(order);
    });
    fill(passed);
  }
  return us.sort();
}

/** Orders in the order of their `ts`, and when each arrives. */
function nextLot(): { orders: NewOrder[]; times: number[] } {
  const begin = 1_000_000 + decided / ORDERS_PER_MS;
  const times = Array.from(
    { length: LOT },
    (_, index) => begin + Math.floor(index / ORDERS_PER_MS),
  );
  const orders = ordersFrom(decided, LOT, 0).map((order, index) => ({
    ...order,
    ts: times[index] ?? 0,
  }));
  decided += LOT;
  return { orders, times };
}

/** The venue fills what has passed, and the customer trades it back elsewhere: books stay as they are. */
function fill(passed: readonly NewOrder[]): void {
  for (const { accountId, symbol, orderId } of passed) {
    gate.know(accountId).execute(symbol, 0, orderId, 0);
  }
}

function report(us: Float64Array): GateDecisionReport {
  const ranked = (share: number): number => us[Math.ceil(share * us.length) - 1] ?? 0;
  return {
    decisions: us.length,
    p50Us: ranked(0.5),
    p99Us: ranked(0.99),
    maxUs: ranked(1),
    perCoreS,
    allowedShare: (codes.ALLOW ?? 0) / us.length,
    codes,
  };
}
