import { AccountLedger } from '#domain/gate/account-ledger.ts';
import type { LedgerFigures } from '#domain/gate/account-ledger.ts';
import { Gate } from '#domain/gate/gate.ts';
import type { Accepted } from '#domain/gate/gate.ts';
import type { GatePolicy } from '#domain/gate/gate-policy.ts';
import type { NewOrder, Order } from '#domain/gate/orders.ts';
import { ordersToCancel } from '#domain/gate/standing-orders.ts';
import { E4, rate } from '#domain/money.ts';
import { parseScope } from '#domain/scopes.ts';
import type { Scope } from '#domain/scopes.ts';
import { seededRandom } from '../seeded-random.ts';
import type { Random } from '../seeded-random.ts';
import { AGE_MS_MAX, GateModel } from './gate-model.ts';
import type { ModelExecution, ModelOrder } from './model-account.ts';
import { MARGIN_RATES } from './margin-rates.ts';
import { ModelAccount } from './model-account.ts';

const SYMBOLS = ['X', 'Y'];
const ACCOUNTS = ['A', 'B'];
const STRATEGIES = ['s', 't'];
const SCOPES = ['GLOBAL', 'ACCOUNT:A', 'ACCOUNT:B', 'SYMBOL:X', 'SYMBOL:Y', 'STRATEGY:s'];
const STEPS_MIN = 4;
const STEPS_MAX = 12;
const WIDE_E4 = 1_000_000_000 * E4;

/** Everything that the model does not speak of is out of the way. */
const POLICY: GatePolicy = {
  orderAgeMsMax: AGE_MS_MAX,
  orderValidMs: 1_000,
  orderLifeMs: 3_600_000,
  collarRate: rate(100_000),
  orderQtyMaxE4: WIDE_E4,
  orderNotionalMaxE4: WIDE_E4,
  restricted: new Set(),
  shorting: true,
  hardToBorrow: new Set(),
  locates: new Map(SYMBOLS.map((symbol) => [symbol, WIDE_E4])),
  creditRate: rate(500_000),
  nonMarginable: new Set(),
  quotas: { firmE4: WIDE_E4, symbolE4: WIDE_E4, strategyE4: WIDE_E4, alerts: [] },
  margin: MARGIN_RATES,
};

export interface SequenceResult {
  readonly decisions: number;
  /** How often each code was said. */
  readonly codes: ReadonlyMap<string, number>;
  /** What was broken, after which steps; null when nothing was. */
  readonly broken: string | null;
}

/** Draws a sequence of orders, fills, figures and controls, and holds the gate to the model at each step. */
export function playSequence(seed: number): SequenceResult {
  return new Sequence(seededRandom(seed)).play();
}

interface Fill {
  readonly accountId: string;
  readonly symbol: string;
  readonly movedE4: number;
}

/** What the venue says became of an order. */
interface Told {
  readonly accountId: string;
  readonly execution: ModelExecution;
}

/** An order that the gate let pass, and what its successor must know of it. */
interface Passed {
  readonly order: NewOrder;
  readonly accepted: Accepted;
}

class Sequence {
  readonly #random: Random;
  readonly #model: GateModel;
  #gate: Gate;
  #ledgers = new Map<string, AccountLedger>();
  readonly #fills: Fill[] = [];
  /** What the venue has said and the gate has read, in order. */
  readonly #told: Told[] = [];
  /** What the venue has said and the gate has not read yet. */
  #untold: Told[] = [];
  /** At the venue: what may still execute of each order. */
  readonly #atVenue: {
    readonly accountId: string;
    readonly order: ModelOrder;
    leavesE4: number;
  }[] = [];
  readonly #passed: Passed[] = [];
  readonly #figures = new Map<string, LedgerFigures>();
  readonly #olderFigures = new Map<string, LedgerFigures>();
  readonly #sent: Order[] = [];
  /** Told only when something breaks: most sequences end well. */
  readonly #trace: (() => string)[] = [];
  readonly #codes = new Map<string, number>();
  #sequence = 0;
  #ids = 0;
  #decisions = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#model = new GateModel(1_000_000, SYMBOLS);
    this.#gate = this.#newGate();
    for (const symbol of SYMBOLS) this.#setPrice(symbol, 100 * E4);
    for (const accountId of ACCOUNTS) this.#tellFigures(accountId, 100_000 * E4);
    if (random.chance(50)) this.#trade('A', 'X', random.pick([-1, 1]) * random.whole(1, 50) * E4);
  }

  play(): SequenceResult {
    const steps = this.#random.whole(STEPS_MIN, STEPS_MAX);
    let broken: string | null = null;
    for (let step = 0; step < steps && broken === null; step += 1) {
      broken = this.#step() ?? this.#differs();
    }
    if (broken !== null) broken = [...this.#trace.map((line) => line()), broken].join('\n');
    return { decisions: this.#decisions, codes: this.#codes, broken };
  }

  #step(): string | null {
    // On a grid, so that instants often lie exactly as far apart as a window is wide.
    this.#model.now += this.#random.whole(0, 4) * 100;
    const drawn = this.#random.whole(0, 99);
    if (drawn < 50) return this.#order();
    if (drawn < 62) return this.#execute();
    if (drawn < 70) return this.#hear();
    if (drawn < 88) return this.#control();
    if (drawn < 94) return this.#figuresCome();
    if (drawn < 97)
      return this.#setPrice(this.#random.pick(SYMBOLS), this.#random.whole(95, 105) * E4);
    if (drawn < 99) return this.#freshness();
    return this.#restart();
  }

  #order(): string | null {
    const order = this.#drawOrder();
    this.#sent.push(order);
    const expected = this.#model.decide(order);
    const { verdict, accepted } = this.#gate.decide(order, this.#model.now);
    this.#decisions += 1;
    this.#codes.set(verdict.code, (this.#codes.get(verdict.code) ?? 0) + 1);
    this.#say(() => `${describe(order)} → ${verdict.code}`);
    if (verdict.code !== expected) return `the gate said ${verdict.code}, the model ${expected}`;
    if (order.type === 'NEW' && accepted !== null) {
      this.#passed.push({ order, accepted });
      const taken = this.#account(order.accountId).orders.at(-1);
      if (taken === undefined) return 'the model took no order';
      this.#atVenue.push({ accountId: order.accountId, order: taken, leavesE4: order.qtyE4 });
    }
    return null;
  }

  #drawOrder(): Order {
    const random = this.#random;
    const again = random.chance(4) ? this.#sent.at(-1) : undefined;
    if (again !== undefined) return again;
    this.#ids += 1;
    const accountId = random.chance(2) ? 'UNKNOWN' : random.pick(ACCOUNTS);
    const common = { orderId: `O${String(this.#ids)}`, accountId };
    const ts =
      this.#model.now -
      (random.chance(3) ? AGE_MS_MAX + 1 : random.whole(0, 9) * 100 + random.pick([0, 0, 1]));
    if (random.chance(3)) return { ...common, type: 'CANCEL', ts, cancelOrderId: 'O1' };
    const symbol = random.pick(SYMBOLS);
    const liquidation = random.chance(10);
    return {
      ...common,
      ...{ type: 'NEW', ts, symbol, liquidation },
      side: random.pick(['BUY', 'SELL']),
      qtyE4: random.whole(1, 60) * E4 + random.pick([0, 0, 0, 1_234]),
      priceE4: (this.#model.pricesE4.get(symbol) ?? 0) + random.whole(-5, 5) * 1_001,
      strategy: random.pick(STRATEGIES),
      validUntil: liquidation ? this.#model.now + random.whole(-5, 100) : null,
    };
  }

  /** The venue executes an order in part or whole, or ends it; the gate hears of it later. */
  #execute(): string | null {
    const open = this.#atVenue.filter(({ leavesE4 }) => leavesE4 > 0);
    if (open.length === 0) return null;
    const at = this.#random.pick(open);
    const ends = this.#random.chance(25);
    const lastQtyE4 = ends ? 0 : Math.min(at.leavesE4, this.#random.whole(1, 60) * E4);
    at.leavesE4 = ends ? 0 : at.leavesE4 - lastQtyE4;
    const { orderId, symbol, side } = at.order;
    const fillOffset = lastQtyE4 > 0 ? this.#fills.length : null;
    if (lastQtyE4 > 0) {
      const movedE4 = side === 'BUY' ? lastQtyE4 : -lastQtyE4;
      this.#fills.push({ accountId: at.accountId, symbol, movedE4 });
    }
    const { leavesE4 } = at;
    const execution = { orderId, symbol, side, lastQtyE4, leavesE4, fillOffset };
    this.#untold.push({ accountId: at.accountId, execution });
    this.#say(() => `venue: ${orderId} ${String(lastQtyE4)}, leaves ${String(leavesE4)}`);
    return this.#random.chance(60) ? this.#hear() : null;
  }

  /** The gate reads what the venue has said, in its order. */
  #hear(): null {
    for (const told of this.#untold.splice(0, this.#random.whole(1, 3))) {
      this.#told.push(told);
      this.#account(told.accountId).execute(told.execution);
      this.#execution(told);
      this.#say(() => `told: ${told.execution.orderId}`);
    }
    return null;
  }

  #execution({ accountId, execution }: Told): void {
    this.#ledger(accountId).execution({ ...execution, lastPriceE4: 100 * E4 });
  }

  #control(): string | null {
    const random = this.#random;
    const name = random.pick(SCOPES);
    const scope = parseScope(name) ?? { kind: 'GLOBAL' };
    const drawn = random.whole(0, 9);
    if (drawn < 4) this.#kill(name, scope, random.pick(['BLOCK', 'REDUCE_ONLY', null, null]));
    else if (drawn < 7) this.#throttle(name, scope, random.pick([1, 2, 3, null]));
    else this.#closeOnly(random.pick(ACCOUNTS), random.chance(60));
    return this.#cancelWhatMayNotStand();
  }

  #kill(name: string, scope: Scope, mode: 'BLOCK' | 'REDUCE_ONLY' | null): void {
    if (mode === null) this.#model.kills.delete(name);
    else this.#model.kills.set(name, mode);
    this.#gate.controls.setKill(scope, mode);
    this.#say(() => `${name}: ${mode ?? 'no kill'}`);
  }

  #throttle(name: string, scope: Scope, max: number | null): void {
    const passed = this.#model.throttles.get(name)?.passed ?? [];
    if (max === null) this.#model.throttles.delete(name);
    else this.#model.throttles.set(name, { rate: max, passed });
    this.#gate.controls.setThrottle(scope, max);
    this.#say(() => `${name}: ${max === null ? 'no throttle' : `${String(max)} a second`}`);
  }

  #closeOnly(accountId: string, on: boolean): void {
    if (on) this.#model.closeOnly.add(accountId);
    else this.#model.closeOnly.delete(accountId);
    this.#gate.controls.setCloseOnly(accountId, on);
    this.#say(() => `${accountId}: ${on ? 'close-only' : 'open'}`);
  }

  /** After these cancels nothing stands that a control forbids; the venue carries them out. */
  #cancelWhatMayNotStand(): string | null {
    for (const accountId of ACCOUNTS) {
      const exposure = this.#gate.exposure(accountId);
      if (exposure === undefined) return `${accountId} is unknown`;
      const gone = new Set(
        ordersToCancel(this.#gate.controls, accountId, exposure).map(({ order }) => order.orderId),
      );
      const forbidden = this.#standingAgainstTheRules(accountId, gone);
      if (forbidden !== null) return forbidden;
      for (const at of this.#atVenue) {
        if (at.accountId !== accountId || !gone.has(at.order.orderId) || at.leavesE4 === 0)
          continue;
        at.leavesE4 = 0;
        const { orderId, symbol, side } = at.order;
        const execution = { orderId, symbol, side, lastQtyE4: 0, leavesE4: 0, fillOffset: null };
        this.#untold.push({ accountId, execution });
      }
    }
    return null;
  }

  #standingAgainstTheRules(accountId: string, gone: ReadonlySet<string>): string | null {
    const account = this.#account(accountId);
    const stays = account.orders.filter(({ orderId }) => !gone.has(orderId));
    for (const order of stays) {
      const mode = this.#model.modeOver(order, accountId);
      if (mode === 'BLOCK') return `${order.orderId} stands under a BLOCK`;
      if (mode !== 'REDUCE_ONLY') continue;
      const positionE4 = account.positionE4(order.symbol);
      const opposite = positionE4 > 0 ? 'SELL' : 'BUY';
      const reducing = stays.filter(
        ({ symbol, side }) => symbol === order.symbol && side === opposite,
      );
      const leavesE4 = reducing.reduce((sum, one) => sum + one.leavesE4, 0);
      if (positionE4 === 0 || order.side !== opposite || leavesE4 > Math.abs(positionE4)) {
        return `${order.orderId} stands and adds exposure`;
      }
    }
    return null;
  }

  #figuresCome(): null {
    const accountId = this.#random.pick(ACCOUNTS);
    const old = this.#olderFigures.get(accountId);
    if (old !== undefined && this.#random.chance(15)) {
      this.#ledger(accountId).figures(old); // told again: nothing changes
      return null;
    }
    if (this.#random.chance(20)) {
      // Somebody else's fill, such as a transfer: the gate hears of it by the figures only.
      this.#trade(accountId, this.#random.pick(SYMBOLS), this.#random.whole(-40, 40) * E4);
      return null;
    }
    this.#tellFigures(accountId, this.#random.whole(0, 8) * 1_000 * E4);
    return null;
  }

  #trade(accountId: string, symbol: string, movedE4: number): void {
    this.#fills.push({ accountId, symbol, movedE4 });
    this.#tellFigures(accountId, this.#account(accountId).excessE4);
  }

  /** The engine's figures of an account, as of now or of some fills before. */
  #tellFigures(accountId: string, excessE4: number): void {
    const before = this.#figures.get(accountId);
    if (before !== undefined) this.#olderFigures.set(accountId, before);
    const fillsPosition = this.#random.whole(before?.fillsPosition ?? 0, this.#fills.length);
    const positions = new Map<string, number>();
    for (const fill of this.#fills.slice(0, fillsPosition)) {
      if (fill.accountId !== accountId) continue;
      positions.set(fill.symbol, (positions.get(fill.symbol) ?? 0) + fill.movedE4);
    }
    this.#sequence += 1;
    const version = { generation: 1, sequence: this.#sequence };
    const figures = { version, fillsPosition, excessE4, cashE4: 0, positions };
    this.#figures.set(accountId, figures);
    this.#account(accountId).tell(positions, fillsPosition, excessE4);
    this.#ledger(accountId).figures(figures);
    this.#say(() => `figures of ${accountId} as of ${String(fillsPosition)}`);
  }

  #setPrice(symbol: string, priceE4: number): null {
    this.#model.pricesE4.set(symbol, priceE4);
    this.#gate.setPrice(symbol, priceE4);
    return null;
  }

  #freshness(): null {
    const [controls, figures] = [this.#random.chance(70), this.#random.chance(70)];
    this.#model.fresh = this.#gate.controls.fresh = controls;
    this.#model.figuresFresh = this.#gate.figuresFresh = figures;
    this.#say(() => `controls ${String(controls)}, figures ${String(figures)}`);
    return null;
  }

  /** Another gate takes over: it knows what the log, the venue and the engine have told (DESIGN 19). */
  #restart(): null {
    this.#say(() => 'restart');
    this.#gate = this.#newGate();
    this.#ledgers = new Map();
    for (const [symbol, priceE4] of this.#model.pricesE4) this.#gate.setPrice(symbol, priceE4);
    this.#gate.figuresFresh = this.#model.figuresFresh;
    this.#gate.controls.fresh = this.#model.fresh;
    for (const [name, mode] of this.#model.kills) this.#gate.controls.setKill(scopeOf(name), mode);
    for (const [name, throttle] of this.#model.throttles) {
      this.#gate.controls.setThrottle(scopeOf(name), throttle.rate);
    }
    for (const accountId of this.#model.closeOnly)
      this.#gate.controls.setCloseOnly(accountId, true);
    this.#restore();
    this.#restoreModel();
    return null;
  }

  #restore(): void {
    for (const order of this.#sent) {
      const isPassed = this.#passed.some((one) => one.order === order);
      // What expired was not looked at, and does not count as decided.
      if (!isPassed && this.#wasDecided(order)) this.#gate.remember(order.accountId, order.orderId);
    }
    for (const [accountId, figures] of this.#figures) this.#ledger(accountId).figures(figures);
    for (const { order, accepted } of this.#passed) {
      const own = this.#told.filter(({ execution }) => execution.orderId === order.orderId);
      const ended = own.some(({ execution }) => execution.leavesE4 === 0);
      const settled = own.every(({ accountId, execution }) =>
        this.#ledger(accountId).includes(execution.fillOffset),
      );
      if (ended && settled) this.#gate.restoreFinished(order, accepted, true);
      else this.#gate.restore(order, accepted, true);
    }
    for (const told of this.#told) this.#execution(told);
  }

  /** As if the account's figures had come first and then what the venue said, one after another. */
  #restoreModel(): void {
    for (const throttle of this.#model.throttles.values()) throttle.passed.length = 0;
    for (const { order } of this.#passed) {
      if (!order.liquidation) this.#model.countPassed(order);
    }
    for (const [accountId, before] of [...this.#model.accounts]) {
      const account = new ModelAccount();
      this.#model.accounts.set(accountId, account);
      const figures = this.#figures.get(accountId);
      if (figures === undefined) continue;
      account.tell(figures.positions, figures.fillsPosition, before.excessE4);
      for (const { order, accepted } of this.#passed) {
        if (order.accountId !== accountId) continue;
        const { orderId, symbol, side, strategy, liquidation, qtyE4: leavesE4, priceE4 } = order;
        const adverseE4 = accepted.adversePriceE4;
        const open = { orderId, symbol, side, strategy, liquidation, leavesE4, priceE4, adverseE4 };
        account.orders.push(open);
      }
      for (const told of this.#told) {
        if (told.accountId === accountId) account.execute(told.execution);
      }
    }
  }

  #wasDecided(order: Order): boolean {
    return this.#model.isDecided(order);
  }

  #newGate(): Gate {
    const gate = new Gate(POLICY, {
      checksCredit: true,
      decidedIdsMax: 1_000,
      requirementE4: () => 0,
    });
    gate.controls.fresh = true;
    return gate;
  }

  #account(accountId: string): ModelAccount {
    let account = this.#model.accounts.get(accountId);
    if (account === undefined) {
      account = new ModelAccount();
      this.#model.accounts.set(accountId, account);
    }
    return account;
  }

  #ledger(accountId: string): AccountLedger {
    let ledger = this.#ledgers.get(accountId);
    if (ledger === undefined) {
      ledger = new AccountLedger(this.#gate.know(accountId));
      this.#ledgers.set(accountId, ledger);
    }
    return ledger;
  }

  /** Position, leaves and reservations are the model's, each to the 1/10,000. */
  #differs(): string | null {
    for (const [accountId, account] of this.#model.accounts) {
      const exposure = this.#gate.exposure(accountId);
      if (exposure === undefined) return `${accountId} is unknown`;
      const pairs: [string, number, number][] = [
        ['reserved', exposure.reservedE4, account.reservedE4(SYMBOLS)],
        ['unsettled', exposure.unsettledE4, account.unsettledE4],
      ];
      for (const symbol of SYMBOLS) {
        pairs.push([symbol, exposure.positionE4(symbol), account.positionE4(symbol)]);
      }
      for (const [what, is, should] of pairs) {
        if (is !== should) {
          return `${accountId} ${what}: ${String(is)}, by the model ${String(should)}`;
        }
      }
      const open = [...exposure.openOrders()];
      const same = ({ symbol, orderId, leavesE4 }: ModelOrder): boolean =>
        exposure.openOrder(symbol, orderId)?.leavesE4 === leavesE4;
      if (open.length !== account.orders.length || !account.orders.every(same)) {
        return `${accountId}: other orders are open than by the model`;
      }
    }
    return null;
  }

  #say(line: () => string): void {
    this.#trace.push(line);
  }
}

function scopeOf(name: string): Scope {
  const scope = parseScope(name);
  if (scope === undefined) throw new Error(`${name} is no scope`);
  return scope;
}

function describe(order: Order): string {
  const { orderId, accountId, ts } = order;
  if (order.type === 'CANCEL') return `${orderId} ${accountId} CANCEL`;
  const { side, qtyE4, symbol, priceE4, strategy, liquidation } = order;
  const what = `${side} ${String(qtyE4)} ${symbol} at ${String(priceE4)} by ${strategy}`;
  return `${orderId} ${accountId} ${what} ts ${String(ts)}${liquidation ? ' (liquidation)' : ''}`;
}
