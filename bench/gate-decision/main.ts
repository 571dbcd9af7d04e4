/**
 * Decides orders in a process of its own, without Kafka, and tells what a decision took on stdout as one
 * line of JSON. Arguments: orders that are timed one by one, sweeps that are timed as a whole.
 */
import { decodeGatePolicy } from '#contracts/gate-policy.ts';
import { toE4 } from '#contracts/wire.ts';
import { Gate } from '#domain/gate/gate.ts';
import { maintenanceE4 } from '#domain/gate/requirement.ts';
import type { NewOrder, Order } from '#domain/gate/orders.ts';
import { loadGatePolicy } from '#platform/gate-policy.ts';
import { loadPolicy } from '#platform/policies.ts';
import {
  ACCOUNTS,
  accountOf,
  arrivalOf,
  excessOf,
  HELD_E4,
  heldBy,
  heldScopes,
  isSpent,
  PRICE,
  SYMBOLS,
  symbolOf,
} from './flow.ts';
import type { GateDecisionReport } from './report.ts';

/** Orders are read in such lots, untimed, then decided; after it the venue fills what has passed, untimed. */
const LOT = 500;
/** Of one figure of a core's time. */
const SWEEP_LOTS = 100;
/** The compiler needs some until it knows the hot code, and the ids of orders until they rotate. */
const WARM_UP_LOTS = 1_000;
/** What a gate's partition remembers (consumers/order-gate). */
const DECIDED_IDS_MAX = 200_000;
const WIDE_QUOTA_DOLLARS = 100_000_000_000;
const SYMBOL_QUOTA_DOLLARS = 10_000_000_000;

const [timed = 0, sweeps = 0] = process.argv.slice(2).map(Number);
const gate = openGate();
const codes: Record<string, number> = {};
let arrived = 0;
for (let lot = 0; lot < WARM_UP_LOTS; lot += 1) decideLot();
const perCoreS: number[] = [];
for (let sweep = 0; sweep < sweeps; sweep += 1) {
  let cpuS = 0;
  for (let lot = 0; lot < SWEEP_LOTS; lot += 1) cpuS += decideLot();
  perCoreS.push((LOT * SWEEP_LOTS) / cpuS);
}
console.log(JSON.stringify(report(timedOneByOne(timed))));

function openGate(): Gate {
  const file = loadGatePolicy();
  const policy = decodeGatePolicy(
    {
      ...file,
      firm_quota: WIDE_QUOTA_DOLLARS,
      symbol_quota: SYMBOL_QUOTA_DOLLARS,
      strategy_quota: WIDE_QUOTA_DOLLARS,
    },
    loadPolicy('house'),
  );
  const pricesE4 = new Map<string, number>();
  const opened = new Gate(policy, {
    checksCredit: true,
    decidedIdsMax: DECIDED_IDS_MAX,
    requirementE4: (positions) => maintenanceE4(positions, pricesE4, policy.margin),
  });
  for (let index = 0; index < SYMBOLS; index += 1) {
    pricesE4.set(symbolOf(index), toE4(PRICE));
    opened.setPrice(symbolOf(index), toE4(PRICE));
    if (isSpent(index)) spend(opened, symbolOf(index));
  }
  for (let index = 0; index < ACCOUNTS; index += 1) {
    const exposure = opened.know(accountOf(index));
    exposure.excessE4 = toE4(excessOf(index));
    exposure.setPosition(heldBy(index), HELD_E4);
  }
  opened.controls.fresh = true;
  for (const { scope, hold } of heldScopes()) {
    if (hold.kind === 'THROTTLE') opened.controls.setThrottle(scope, hold.ratePerS);
    else if (hold.kind !== 'CLOSE_ONLY') opened.controls.setKill(scope, hold.kind);
    else if (scope.kind === 'ACCOUNT') opened.controls.setCloseOnly(scope.id, true);
  }
  return opened;
}

/** What was opened in a symbol before, today: all that may be. */
function spend(opened: Gate, symbol: string): void {
  const qtyE4 = toE4(SYMBOL_QUOTA_DOLLARS / PRICE);
  const order: NewOrder = {
    ...{ type: 'NEW', orderId: `SPENT-${symbol}`, ts: 0, accountId: accountOf(0), symbol },
    ...{ side: 'BUY', qtyE4, priceE4: toE4(PRICE), strategy: 'EARLIER' },
    ...{ liquidation: false, validUntil: null },
  };
  opened.restoreFinished(order, { opensE4: qtyE4, adversePriceE4: 0 }, true);
}

/** Returns what nothing but decisions took, s of a core. */
function decideLot(): number {
  const arrivals = Array.from({ length: LOT }, (_, index) => arrivalOf(arrived + index));
  arrived += LOT;
  const passed: Order[] = [];
  const before = process.cpuUsage();
  for (const { order, now } of arrivals) {
    const { verdict } = gate.decide(order, now);
    if (verdict.decision === 'ALLOW') passed.push(order);
  }
  const { user, system } = process.cpuUsage(before);
  fill(passed);
  return (user + system) / 1e6;
}

/** Each order is decided as soon as it is read, as the gate does it; the time of one look at the clock is in it. */
function timedOneByOne(count: number): Float64Array {
  const us = new Float64Array(count);
  const passed: Order[] = [];
  for (let index = 0; index < count; index += 1) {
    const { order, now } = arrivalOf(arrived);
    arrived += 1;
    const startedAt = performance.now();
    const { verdict } = gate.decide(order, now);
    us[index] = (performance.now() - startedAt) * 1_000;
    codes[verdict.code] = (codes[verdict.code] ?? 0) + 1;
    if (verdict.decision === 'ALLOW') passed.push(order);
    if (passed.length >= LOT) fill(passed.splice(0));
  }
  return us.sort();
}

/** The venue fills what has passed, and the customer trades it back elsewhere: books stay as they are. */
function fill(passed: readonly Order[]): void {
  for (const order of passed) {
    if (order.type === 'NEW') gate.know(order.accountId).execute(order.symbol, 0, order.orderId, 0);
  }
}

/** What two looks at the clock with nothing between them show, µs: the middle of many. */
function clockUs(): number {
  const us = Float64Array.from({ length: 10_000 }, () => {
    const startedAt = performance.now();
    return (performance.now() - startedAt) * 1_000;
  });
  return us.sort()[us.length / 2] ?? 0;
}

function report(us: Float64Array): GateDecisionReport {
  const ranked = (share: number): number => us[Math.ceil(share * us.length) - 1] ?? 0;
  return {
    decisions: us.length,
    p50Us: ranked(0.5),
    p99Us: ranked(0.99),
    maxUs: ranked(1),
    clockUs: clockUs(),
    perCoreS,
    codes,
  };
}
