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

  noNewDebitOrShort(accountId: string): boolean {
    return this.#accounts.get(accountId)?.noNewDebitOrShort ?? false;
  }

  /** The strictest kill over the order's scopes; among equals the widest. */
  killOf(order: Scoped): StandingKill | null {
    let standing: StandingKill | null = null;
    for (let index = 0; index < 4; index += 1) {
      const controls = this.#scopeOf(order, index);
      if (controls === undefined || controls.kill === null) continue;
      if (controls.kill === 'BLOCK') return { scope: controls.scope, mode: 'BLOCK' };
      standing ??= { scope: controls.scope, mode: controls.kill };
    }
    return standing;
  }

  /** The kill over the order's symbol or the whole firm: what holds a liquidation too. */
  wideBlockOf(order: Pick<Scoped, 'symbol'>): StandingKill | null {
    const symbol = this.#symbols.get(order.symbol);
    const wide = this.#global.kill === 'BLOCK' ? this.#global : symbol;
    return wide?.kill === 'BLOCK' ? { scope: wide.scope, mode: 'BLOCK' } : null;
  }

  /** The throttle that the order would be one too many for: what it would count, and the limit. */
  throttleOf(order: NewOrder): { readonly count: number; readonly limit: number } | null {
    for (let index = 0; index < 4; index += 1) {
      const throttle = this.#scopeOf(order, index)?.throttle;
      if (throttle === undefined || throttle === null) continue;
      const limit = throttle.maxRatePerSecond;
      const count = throttle.passed.excessWith(order.ts, limit);
      if (count !== null) return { count, limit };
    }
    return null;
  }

  /** A customer's order passed the gate: it counts for the throttles over it. */
  passed(order: NewOrder): void {
    for (let index = 0; index < 4; index += 1) {
      this.#scopeOf(order, index)?.throttle?.passed.pass(order.ts);
    }
  }

  /** 0 … 3: whole firm, account, symbol, strategy. */
  #scopeOf(order: Scoped, index: number): ScopeControls | undefined {
    switch (index) {
      case 0:
        return this.#global;
      case 1:
        return this.#accounts.get(order.accountId);
      case 2:
        return this.#symbols.get(order.symbol);
      default:
        return this.#strategies.get(order.strategy);
    }
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

function none(scope: Scope): ScopeControls {
  return { scope, kill: null, throttle: null, closeOnly: false, noNewDebitOrShort: false };
}
