import type { ControlView, ScopeControls } from './control-view.ts';
import { NO_NUMBER, Names } from './names.ts';
import type { Quotas, Used } from './quotas.ts';

/** What the gate knows of one strategy. */
export interface Strategy {
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
  readonly #hashSeed: number;
  #names: Names;
  /** By the name's number. */
  #strategies: Strategy[] = [];

  constructor(controls: ControlView, quotas: Quotas, hashSeed: number) {
    this.#controls = controls;
    this.#quotas = quotas;
    this.#hashSeed = hashSeed;
    this.#names = new Names(hashSeed);
  }

  of(id: string): Strategy {
    const number = this.#names.find(id);
    const strategy = number === NO_NUMBER ? undefined : this.#strategies[number];
    if (strategy !== undefined) return strategy;
    return { controls: this.#controls.ofStrategy(id), used: this.#quotas.ofStrategy(id) };
  }

  /** Begins to keep a strategy. */
  know(id: string): Strategy {
    return (this.#strategies[this.#names.add(id)] ??= {
      controls: this.#controls.at({ kind: 'STRATEGY', id }),
      used: this.#quotas.ofStrategy(id),
    });
  }

  /** A new trading day: quotas are whole again. */
  startDay(): void {
    this.#names = new Names(this.#hashSeed);
    this.#strategies = [];
  }
}
