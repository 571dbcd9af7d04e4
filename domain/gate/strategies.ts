import type { ControlView, ScopeControls } from './control-view.ts';
import type { Quotas, Used } from './quotas.ts';

/** What the gate knows of one strategy. */
export interface Strategy {
  readonly isKept: boolean;
  readonly controls: ScopeControls;
  /** Of its quota, today. */
  readonly used: Used;
}

/**
 * The strategies that opened something today, each with all that an order asks of it: looked up once. One
 * that only a refused order names is not kept, because anybody may invent some.
 */
export class Strategies {
  readonly #controls: ControlView;
  readonly #quotas: Quotas;
  readonly #kept = new Map<string, Strategy>();

  constructor(controls: ControlView, quotas: Quotas) {
    this.#controls = controls;
    this.#quotas = quotas;
  }

  of(id: string): Strategy {
    return this.#kept.get(id) ?? this.#unknown(id);
  }

  /** Begins to keep a strategy. */
  know(id: string): Strategy {
    const kept = this.#kept.get(id);
    if (kept !== undefined) return kept;
    const controls = this.#controls.at({ kind: 'STRATEGY', id });
    const strategy = { isKept: true, controls, used: this.#quotas.ofStrategy(id) };
    this.#kept.set(id, strategy);
    return strategy;
  }

  #unknown(id: string): Strategy {
    const controls = this.#controls.ofStrategy(id);
    return { isKept: false, controls, used: this.#quotas.ofStrategy(id) };
  }

  /** A new trading day: quotas are whole again. */
  startDay(): void {
    this.#kept.clear();
  }
}
