import { E6, isAboveShare, mulDivHalfEven, rate } from '../money.ts';
import { scopeName } from '../scopes.ts';
import type { Scope } from '../scopes.ts';
import { SlidingWindow } from './sliding-window.ts';
import type { WindowTotals } from './sliding-window.ts';

/** The windows of every scope, by the name that its metrics carry. */
export const WINDOWS = { '60s': 60_000, '5m': 300_000, '15m': 900_000 } as const;
export type WindowName = keyof typeof WINDOWS;
const WINDOW_NAMES = Object.keys(WINDOWS) as readonly WindowName[];

export type Metric =
  `order_rate_${WindowName}` | `notional_${WindowName}` | `concentration_${WindowName}`;

/** What a breach leads to. THROTTLE and REDUCE_ONLY are for the whole firm (RULES, Market access). */
export type BreachAction = 'ALERT' | 'KILL' | 'THROTTLE' | 'REDUCE_ONLY';

/** One threshold: a breach is a value above it. */
export interface Threshold {
  readonly scopeKind: 'ACCOUNT' | 'STRATEGY' | 'GLOBAL';
  readonly metric: Metric;
  /** Orders, 1/10,000 dollar, or parts per million of the window's notional. */
  readonly above: number;
  readonly action: BreachAction;
  /** The fewest orders in the window before a concentration means anything. */
  readonly ordersMin: number;
}

export interface MonitorPolicy {
  readonly thresholds: readonly Threshold[];
}

/** A value of a scope's window beside its threshold. */
export interface RiskSignal {
  readonly scope: Scope;
  readonly metric: Metric;
  readonly value: number;
  readonly threshold: number;
  readonly breached: boolean;
}

/** A breach that has just begun; `episode` numbers those of the same scope and metric. */
export interface Breach extends RiskSignal {
  readonly action: BreachAction;
  readonly episode: number;
}

/** What the monitor makes of an order, as the gate decided on it: a refused one has no notional. */
export interface ObservedOrder {
  readonly ts: number;
  readonly accountId: string;
  readonly strategy: string;
  readonly symbol: string;
  readonly notionalE4: number;
}

interface Watched {
  readonly scope: Scope;
  readonly windows: Readonly<Record<WindowName, SlidingWindow>>;
  /** Metrics in breach now: a breach is told once, until its value is back at or below the threshold. */
  readonly breached: Set<Metric>;
  readonly episodes: Map<Metric, number>;
  lastTs: number;
}

/** No order is older: nothing was resumed. */
const NEVER = Number.NEGATIVE_INFINITY;

/**
 * Sliding windows per account, strategy and firm, and the breaches in them (RULES, Market access:
 * Monitor). Pure: time is the orders' own. Scopes that were idle for the widest window are forgotten
 * by `forgetIdle`.
 */
export class OrderMonitor {
  readonly #policy: MonitorPolicy;
  readonly #watched = new Map<string, Watched>();
  /** Scope → the instant of its last resumption: orders up to it count no more. */
  readonly #resumedAt = new Map<string, number>();

  constructor(policy: MonitorPolicy) {
    this.#policy = policy;
  }

  /** Counts an order in the windows of its scopes and returns the breaches that begin with it. */
  observe(order: ObservedOrder): Breach[] {
    const scopes: Scope[] = [
      { kind: 'ACCOUNT', id: order.accountId },
      { kind: 'STRATEGY', id: order.strategy },
      { kind: 'GLOBAL' },
    ];
    return scopes.flatMap((scope) => {
      if (order.ts <= (this.#resumedAt.get(scopeName(scope)) ?? NEVER)) return [];
      const watched = this.#watch(scope);
      watched.lastTs = Math.max(watched.lastTs, order.ts);
      for (const name of WINDOW_NAMES) {
        watched.windows[name].add(order.ts, order.symbol, order.notionalE4);
      }
      return this.#breaches(watched, watched.lastTs);
    });
  }

  /** The metrics of a scope at an instant, breached or not. */
  signalsOf(scope: Scope, now: number): RiskSignal[] {
    const watched = this.#watched.get(scopeName(scope));
    return watched === undefined ? [] : this.#measure(watched, now).map(({ signal }) => signal);
  }

  /**
   * After an UNKILL the scope's windows start anew: what was ordered up to `at` counts no more, also when
   * it is read again.
   */
  restart(scope: Scope, at: number): void {
    this.#resumedAt.set(scopeName(scope), at);
    const watched = this.#watched.get(scopeName(scope));
    if (watched === undefined) return;
    for (const name of WINDOW_NAMES) watched.windows[name].clear();
    watched.breached.clear();
  }

  /** Forgets scopes whose widest window is empty at `now`; their episodes begin at 1 again. */
  forgetIdle(now: number): void {
    for (const [name, { lastTs }] of this.#watched) {
      if (now - lastTs > 2 * WINDOWS['15m']) this.#watched.delete(name);
    }
  }

  #breaches(watched: Watched, now: number): Breach[] {
    const begun: Breach[] = [];
    for (const { signal, threshold } of this.#measure(watched, now)) {
      if (!signal.breached) {
        watched.breached.delete(signal.metric);
        continue;
      }
      if (watched.breached.has(signal.metric)) continue;
      watched.breached.add(signal.metric);
      const episode = (watched.episodes.get(signal.metric) ?? 0) + 1;
      watched.episodes.set(signal.metric, episode);
      begun.push({ ...signal, action: threshold.action, episode });
    }
    return begun;
  }

  #measure(
    watched: Watched,
    now: number,
  ): { readonly signal: RiskSignal; readonly threshold: Threshold }[] {
    const { scope } = watched;
    return this.#policy.thresholds
      .filter(({ scopeKind }) => scopeKind === scope.kind)
      .map((threshold) => {
        const { metric, above } = threshold;
        const window = watched.windows[windowOf(metric)];
        const totals = window.totalsAt(now);
        // The only metric that looks at each symbol: orders come by the thousand.
        const topE4 = isConcentration(metric) ? window.topNotionalE4() : 0;
        const value = valueOf(metric, totals, topE4);
        const breached = isBreach(threshold, totals, topE4);
        return { signal: { scope, metric, value, threshold: above, breached }, threshold };
      });
  }

  #watch(scope: Scope): Watched {
    const name = scopeName(scope);
    let watched = this.#watched.get(name);
    if (watched === undefined) {
      watched = {
        scope,
        windows: {
          '60s': new SlidingWindow(WINDOWS['60s']),
          '5m': new SlidingWindow(WINDOWS['5m']),
          '15m': new SlidingWindow(WINDOWS['15m']),
        },
        breached: new Set(),
        episodes: new Map(),
        lastTs: NEVER,
      };
      this.#watched.set(name, watched);
    }
    return watched;
  }
}

function windowOf(metric: Metric): WindowName {
  const name = metric.slice(metric.lastIndexOf('_') + 1);
  const found = WINDOW_NAMES.find((one) => one === name);
  if (found === undefined) throw new RangeError(`${metric} names no window`);
  return found;
}

/** Orders, 1/10,000 dollar, or parts per million. */
function valueOf(metric: Metric, { orders, notionalE4 }: WindowTotals, topE4: number): number {
  if (isConcentration(metric)) {
    return notionalE4 === 0 ? 0 : mulDivHalfEven(topE4, E6, notionalE4);
  }
  return metric.startsWith('order_rate') ? orders : notionalE4;
}

/** Above the threshold, compared without rounding. */
function isBreach(
  { metric, above, ordersMin }: Threshold,
  totals: WindowTotals,
  topE4: number,
): boolean {
  if (!isConcentration(metric)) return valueOf(metric, totals, topE4) > above;
  return totals.orders >= ordersMin && isAboveShare(topE4, rate(above), totals.notionalE4);
}

function isConcentration(metric: Metric): boolean {
  return metric.startsWith('concentration');
}
