import { bodyErrors } from '#api/field-errors.ts';
import { decodeGatePolicy } from '#contracts/gate-policy.ts';
import type { GatePolicyFile } from '#contracts/gate-policy.ts';
import { gateScenarioSchema } from '#contracts/gate-scenario.ts';
import type { GateScenario } from '#contracts/gate-scenario.ts';
import { encodeVerdict } from '#contracts/order-decisions.ts';
import type { VerdictRecord } from '#contracts/order-decisions.ts';
import { parseOrder } from '#contracts/orders.ts';
import { toE4 } from '#contracts/wire.ts';
import { Gate } from '#domain/gate/gate.ts';
import type { GatePolicy } from '#domain/gate/gate-policy.ts';
import { reject } from '#domain/gate/verdict.ts';
import { shareUpE4 } from '#domain/money.ts';
import { maintenanceE4 } from '#domain/gate/requirement.ts';
import type { MarginPolicy } from '#domain/policy.ts';
import { parseScope } from '#domain/scopes.ts';
import type { Scope } from '#domain/scopes.ts';
import { faulty, InputError, parseJson } from './json-input.ts';

/** One order's decision as `sentinel gate decide` prints it. */
export interface DecidedOrder extends VerdictRecord {
  /** null when the order has no id that could be named. */
  readonly order_id: string | null;
}

/** The scenario that a text states. Throws InputError. */
export function parseScenario(text: string): GateScenario {
  const input = parseJson(text);
  const parsed = gateScenarioSchema.safeParse(input);
  if (!parsed.success) throw faulty(parsed.error, input);
  refuseRepeated(parsed.data.positions, 'positions', (row) => `${row.account_id} ${row.symbol}`);
  refuseRepeated(
    parsed.data.open_orders,
    'open_orders',
    (row) => `${row.account_id} ${row.order_id}`,
  );
  refuseRepeated(parsed.data.prices, 'prices', (row) => row.symbol);
  refuseRepeated(parsed.data.accounts ?? [], 'accounts', (row) => row.account_id);
  return parsed.data;
}

/** Decides a scenario's orders one after the other, by the very functions of the gate. */
export function decideScenario(
  scenario: GateScenario,
  file: GatePolicyFile,
  margin: MarginPolicy,
): DecidedOrder[] {
  const gate = gateOf(scenario, decodeGatePolicy({ ...file, ...given(scenario.policy) }, margin));
  return scenario.orders.map((input, index) => {
    const parsed = parseOrder(input);
    switch (parsed.is) {
      case 'UNSUPPORTED':
        return {
          order_id: idIn(input),
          ...encodeVerdict(reject('UNSUPPORTED', parsed.what, null)),
        };
      case 'FAULTY': {
        const [fault] = bodyErrors(parsed.error, input, ['orders', index]);
        const seen = `${fault?.pointer ?? '#'} ${fault?.detail ?? 'is not an order'}`;
        return { order_id: idIn(input), ...encodeVerdict(reject('SCHEMA', seen, null)) };
      }
      case 'ORDER': {
        gate.know(parsed.order.accountId); // a scenario states every position: the others are flat
        const { verdict } = gate.decide(parsed.order, scenario.now);
        return { order_id: parsed.order.orderId, ...encodeVerdict(verdict) };
      }
    }
  });
}

function gateOf(scenario: GateScenario, policy: GatePolicy): Gate {
  const pricesE4 = new Map(scenario.prices.map(({ symbol, price }) => [symbol, toE4(price)]));
  const gate = new Gate(policy, {
    checksCredit: scenario.accounts !== undefined,
    decidedIdsMax: Number.MAX_SAFE_INTEGER,
    requirementE4: (positions) => maintenanceE4(positions, pricesE4, policy.margin),
  });
  for (const [symbol, priceE4] of pricesE4) gate.setPrice(symbol, priceE4);
  for (const { account_id, symbol, qty } of scenario.positions) {
    gate.know(account_id).setPosition(symbol, toE4(qty));
  }
  for (const { account_id, excess, cash } of scenario.accounts ?? []) {
    const exposure = gate.know(account_id);
    exposure.excessE4 = toE4(excess);
    exposure.cashE4 = cash === undefined ? null : toE4(cash);
  }
  for (const order of scenario.open_orders) openOrder(gate, order, pricesE4, policy);
  setControls(gate, scenario.controls);
  return gate;
}

function openOrder(
  gate: Gate,
  { order_id, account_id, symbol, side, leaves_qty, price }: GateScenario['open_orders'][number],
  pricesE4: ReadonlyMap<string, number>,
  policy: GatePolicy,
): void {
  const lastE4 = pricesE4.get(symbol);
  if (price === undefined && lastE4 === undefined) {
    throw new InputError(
      `#/open_orders ${order_id} has no price, and prices has none of ${symbol}`,
    );
  }
  const limitE4 = price === undefined ? null : toE4(price);
  const last = lastE4 ?? limitE4 ?? 0;
  const referencePriceE4 = limitE4 ?? last + shareUpE4(last, policy.collarRate);
  const worseE4 = limitE4 === null ? 0 : side === 'BUY' ? limitE4 - last : last - limitE4;
  gate.remember(account_id, order_id);
  const qtyE4 = toE4(leaves_qty);
  gate
    .know(account_id)
    .accept(
      { orderId: order_id, symbol, side, strategy: '', liquidation: false, qtyE4 },
      { referencePriceE4, adversePriceE4: Math.max(0, worseE4) },
    );
}

function setControls(gate: Gate, given: GateScenario['controls']): void {
  const { controls } = gate;
  controls.fresh = given.fresh;
  for (const { scope, mode } of strictestLast(given.killed)) controls.setKill(scopeOf(scope), mode);
  for (const accountId of given.close_only) controls.setCloseOnly(accountId, true);
  for (const { scope, max_rate_per_second } of given.throttled) {
    controls.setThrottle(scopeOf(scope), max_rate_per_second);
  }
  for (const id of given.no_new_debit_or_short) controls.setNoNewDebitOrShort(id, true);
}

/** A scope named twice has the stricter kill, whatever the order. */
function strictestLast(
  killed: GateScenario['controls']['killed'],
): GateScenario['controls']['killed'] {
  return [...killed].sort((a, b) => Number(a.mode === 'BLOCK') - Number(b.mode === 'BLOCK'));
}

function refuseRepeated<Row>(
  rows: readonly Row[],
  field: string,
  keyOf: (row: Row) => string,
): void {
  const seen = new Set<string>();
  rows.forEach((row, index) => {
    const key = keyOf(row);
    if (seen.has(key))
      throw new InputError(`#/${field}/${String(index)} is a second row of ${key}`);
    seen.add(key);
  });
}

function scopeOf(name: string): Scope {
  const scope = parseScope(name);
  if (scope === undefined) throw new InputError(`#/controls ${name} is no scope`);
  return scope;
}

/** The fields that were given: one that is undefined replaces nothing. */
function given(policy: GateScenario['policy']): Partial<GatePolicyFile> {
  return Object.fromEntries(
    Object.entries(policy ?? {}).filter(([, value]) => value !== undefined),
  );
}

function idIn(input: unknown): string | null {
  if (typeof input !== 'object' || input === null || !('order_id' in input)) return null;
  return typeof input.order_id === 'string' ? input.order_id.slice(0, 64) : null;
}
