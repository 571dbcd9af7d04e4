import type { Scope } from '../scopes.ts';
import type { NewOrder } from './orders.ts';
import { SlidingLimit } from './sliding-limit.ts';

/** What a kill leaves open: nothing, or what reduces a position (RULES, Close-only). */
export type KillMode = 'BLOCK' | 'REDUCE_ONLY';

/** What of an order its scopes are told by. */
export type Scoped = Pick<NewOrder, 'accountId' | 'symbol' | 'strategy'>;

/** A kill that stands in front of an order. */
export interface StandingKill {
  readonly scope: Scope;
  readonly mode: KillMode;
}

/** A throttle: at most so many orders in any second. */
interface Throttle {
  readonly maxRatePerSecond: number;
  readonly passed: SlidingLimit;
}

/** The controls of one scope. An account's close-only is a control of its own, not a kill. */
interface ScopeControls {
  readonly scope: Scope;
  kill: KillMode | null;
  throttle: Throttle | null;
  closeOnly: boolean;
  noNewDebitOrShort: boolean;
}

/**
 * The controls as a gate knows them, looked up by the four scopes of an order: whole firm, account,
 * symbol, strategy. `fresh` is false while the gate cannot prove that it knows them all (DESIGN 18).
 */
export class ControlView {
  fresh = false;
  readonly #global: ScopeControls = none({ kind: 'GLOBAL' });
  readonly #accounts = new Map<string, ScopeControls>();
  readonly #symbols = new Map<string, ScopeControls>();
  readonly #strategies = new Map<string, ScopeControls>();
  readonly #orderAgeMsMax: number;

  constructor(orderAgeMsMax: number) {
    this.#orderAgeMsMax = orderAgeMsMax;
  }

  setKill(scope: Scope, kill: KillMode | null): void {
    this.#at(scope).kill = kill;
  }

  /** null lifts it. What passed within the second before a throttle began does not count. */
  setThrottle(scope: Scope, maxRatePerSecond: number | null): void {
    const controls = this.#at(scope);
    const passed = controls.throttle?.passed ?? new SlidingLimit(this.#orderAgeMsMax);
    controls.throttle = maxRatePerSecond === null ? null : { maxRatePerSecond, passed };
  }

  setCloseOnly(accountId: string, closeOnly: boolean): void {
    this.#at({ kind: 'ACCOUNT', id: accountId }).closeOnly = closeOnly;
  }

  setNoNewDebitOrShort(accountId: string, barred: boolean): void {
    this.#at({ kind: 'ACCOUNT', id: accountId }).noNewDebitOrShort = barred;
  }

  closeOnly(accountId: string): boolean {
    return this.#accounts.get(accountId)?.closeOnly ?? false;
  }

  /** What stands over an order: looked up once, asked by each check. */
  over({ accountId, symbol, strategy }: Scoped): ControlsOver {
    const over = [this.#global];
    const account = this.#accounts.get(accountId);
    if (account !== undefined) over.push(account);
    const ofSymbol = this.#symbols.get(symbol);
    if (ofSymbol !== undefined) over.push(ofSymbol);
    const ofStrategy = this.#strategies.get(strategy);
    if (ofStrategy !== undefined) over.push(ofStrategy);
    return new ControlsOver(over, account);
  }

  /** The kill over the order's symbol or the whole firm: what holds a liquidation too. */
  wideBlockOf(order: Pick<Scoped, 'symbol'>): StandingKill | null {
    const symbol = this.#symbols.get(order.symbol);
    const wide = this.#global.kill === 'BLOCK' ? this.#global : symbol;
    return wide?.kill === 'BLOCK' ? { scope: wide.scope, mode: 'BLOCK' } : null;
  }

  #at(scope: Scope): ScopeControls {
    if (scope.kind === 'GLOBAL') return this.#global;
    const of = { ACCOUNT: this.#accounts, SYMBOL: this.#symbols, STRATEGY: this.#strategies };
    const map = of[scope.kind];
    let controls = map.get(scope.id);
    if (controls === undefined) map.set(scope.id, (controls = none(scope)));
    return controls;
  }
}

/** The controls over one order, the widest first. */
export class ControlsOver {
  readonly #over: readonly ScopeControls[];
  readonly #account: ScopeControls | undefined;

  constructor(over: readonly ScopeControls[], account: ScopeControls | undefined) {
    this.#over = over;
    this.#account = account;
  }

  get closeOnly(): boolean {
    return this.#account?.closeOnly ?? false;
  }

  get noNewDebitOrShort(): boolean {
    return this.#account?.noNewDebitOrShort ?? false;
  }

  /** The strictest kill over the order's scopes; among equals the widest. */
  kill(): StandingKill | null {
    let standing: StandingKill | null = null;
    for (const { scope, kill } of this.#over) {
      if (kill === 'BLOCK') return { scope, mode: kill };
      if (kill !== null) standing ??= { scope, mode: kill };
    }
    return standing;
  }

  /** The throttle that an order of `ts` would be one too many for: what it would count, and the limit. */
  throttle(ts: number): { readonly count: number; readonly limit: number } | null {
    for (const { throttle } of this.#over) {
      if (throttle === null) continue;
      const limit = throttle.maxRatePerSecond;
      const count = throttle.passed.excessWith(ts, limit);
      if (count !== null) return { count, limit };
    }
    return null;
  }

  /** A customer's order of `ts` passed the gate: it counts for the throttles over it. */
  passed(ts: number): void {
    for (const { throttle } of this.#over) throttle?.passed.pass(ts);
  }
}

function none(scope: Scope): ScopeControls {
  return { scope, kill: null, throttle: null, closeOnly: false, noNewDebitOrShort: false };
}
