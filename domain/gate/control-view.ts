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
export interface ScopeControls {
  readonly scope: Scope;
  kill: KillMode | null;
  throttle: Throttle | null;
  closeOnly: boolean;
  noNewDebitOrShort: boolean;
}

type OnFirst = (controls: ScopeControls) => void;

/** What stands over a scope that nobody ever held. */
const NOTHING = Object.freeze(none({ kind: 'GLOBAL' }));

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
  readonly #onFirst: OnFirst;

  /** `onFirst` hears of each scope when something holds it for the first time. */
  constructor(orderAgeMsMax: number, onFirst: OnFirst = () => undefined) {
    this.#orderAgeMsMax = orderAgeMsMax;
    this.#onFirst = onFirst;
  }

  setKill(scope: Scope, kill: KillMode | null): void {
    this.at(scope).kill = kill;
  }

  /** null lifts it. What passed within the second before a throttle began does not count. */
  setThrottle(scope: Scope, maxRatePerSecond: number | null): void {
    const controls = this.at(scope);
    const passed = controls.throttle?.passed ?? new SlidingLimit(this.#orderAgeMsMax);
    controls.throttle = maxRatePerSecond === null ? null : { maxRatePerSecond, passed };
  }

  setCloseOnly(accountId: string, closeOnly: boolean): void {
    this.at({ kind: 'ACCOUNT', id: accountId }).closeOnly = closeOnly;
  }

  setNoNewDebitOrShort(accountId: string, barred: boolean): void {
    this.at({ kind: 'ACCOUNT', id: accountId }).noNewDebitOrShort = barred;
  }

  /** What stands over an order. */
  over({ accountId, symbol, strategy }: Scoped): ControlsOver {
    return this.overThese(
      this.ofAccount(accountId),
      this.ofSymbol(symbol),
      this.ofStrategy(strategy),
    );
  }

  /** What stands over an order whose scopes' controls the caller keeps (`at`). */
  overThese(account: ScopeControls, symbol: ScopeControls, strategy: ScopeControls): ControlsOver {
    return new ControlsOver(this.#global, account, symbol, strategy);
  }

  /** The controls of an account for now: one that nobody held yet may get others. */
  ofAccount(accountId: string): ScopeControls {
    return this.#accounts.get(accountId) ?? NOTHING;
  }

  /** The controls of a symbol for now: one that nobody held yet may get others. */
  ofSymbol(symbol: string): ScopeControls {
    return this.#symbols.get(symbol) ?? NOTHING;
  }

  /** The controls of a strategy for now: one that nobody held yet may get others. */
  ofStrategy(strategy: string): ScopeControls {
    return this.#strategies.get(strategy) ?? NOTHING;
  }

  /** The kill over the order's symbol or the whole firm: what holds a liquidation too. */
  wideBlockOf(order: Pick<Scoped, 'symbol'>): StandingKill | null {
    const symbol = this.#symbols.get(order.symbol);
    const wide = this.#global.kill === 'BLOCK' ? this.#global : symbol;
    return wide?.kill === 'BLOCK' ? { scope: wide.scope, mode: 'BLOCK' } : null;
  }

  /** The controls of a scope for good: what holds it comes and goes, the object stays. */
  at(scope: Scope): ScopeControls {
    if (scope.kind === 'GLOBAL') return this.#global;
    const of = { ACCOUNT: this.#accounts, SYMBOL: this.#symbols, STRATEGY: this.#strategies };
    const map = of[scope.kind];
    let controls = map.get(scope.id);
    if (controls === undefined) {
      map.set(scope.id, (controls = none(scope)));
      this.#onFirst(controls);
    }
    return controls;
  }
}

/** The controls over one order. Asked in this order: the widest first. */
export class ControlsOver {
  readonly #firm: ScopeControls;
  readonly #account: ScopeControls;
  readonly #symbol: ScopeControls;
  readonly #strategy: ScopeControls;

  constructor(
    firm: ScopeControls,
    account: ScopeControls,
    symbol: ScopeControls,
    strategy: ScopeControls,
  ) {
    this.#firm = firm;
    this.#account = account;
    this.#symbol = symbol;
    this.#strategy = strategy;
  }

  get closeOnly(): boolean {
    return this.#account.closeOnly;
  }

  get noNewDebitOrShort(): boolean {
    return this.#account.noNewDebitOrShort;
  }

  /** The strictest kill over the order's scopes; among equals the widest. */
  kill(): StandingKill | null {
    return this.#killBy('BLOCK') ?? this.#killBy('REDUCE_ONLY');
  }

  #killBy(mode: KillMode): StandingKill | null {
    if (this.#firm.kill === mode) return { scope: this.#firm.scope, mode };
    if (this.#account.kill === mode) return { scope: this.#account.scope, mode };
    if (this.#symbol.kill === mode) return { scope: this.#symbol.scope, mode };
    if (this.#strategy.kill === mode) return { scope: this.#strategy.scope, mode };
    return null;
  }

  /** Every kill over the order's scopes in the order in which `kill` looks for one. */
  kills(): StandingKill[] {
    const scopes = [this.#firm, this.#account, this.#symbol, this.#strategy];
    return (['BLOCK', 'REDUCE_ONLY'] as const).flatMap((mode) =>
      scopes.filter(({ kill }) => kill === mode).map(({ scope }) => ({ scope, mode })),
    );
  }

  /** The throttle that an order of `ts` would be one too many for: what it would count, and the limit. */
  throttle(ts: number): ThrottleExcess | null {
    return (
      excessOf(this.#firm, ts) ??
      excessOf(this.#account, ts) ??
      excessOf(this.#symbol, ts) ??
      excessOf(this.#strategy, ts)
    );
  }

  /** A customer's order of `ts` passed the gate: it counts for the throttles over it. */
  passed(ts: number): void {
    this.#firm.throttle?.passed.pass(ts);
    this.#account.throttle?.passed.pass(ts);
    this.#symbol.throttle?.passed.pass(ts);
    this.#strategy.throttle?.passed.pass(ts);
  }
}

/** What a throttled order would make of a window, and the throttle's limit. */
export interface ThrottleExcess {
  readonly count: number;
  readonly limit: number;
}

function excessOf({ throttle }: ScopeControls, ts: number): ThrottleExcess | null {
  if (throttle === null) return null;
  const count = throttle.passed.excessWith(ts, throttle.maxRatePerSecond);
  return count === null ? null : { count, limit: throttle.maxRatePerSecond };
}

function none(scope: Scope): ScopeControls {
  return { scope, kill: null, throttle: null, closeOnly: false, noNewDebitOrShort: false };
}
