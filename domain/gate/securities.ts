import type { ControlView, ScopeControls } from './control-view.ts';
import type { GatePolicy } from './gate-policy.ts';
import type { Names } from './names.ts';
import type { Quotas, Used } from './quotas.ts';

/** What the gate knows of one symbol. Prices in 1/10,000 dollar, quantities in 1/10,000 share. */
export interface Security {
  /** Its number among the symbols; NO_NUMBER when it has none. */
  readonly number: number;
  /** The last price; null while none has come. */
  priceE4: number | null;
  readonly restricted: boolean;
  readonly hardToBorrow: boolean;
  /** For short sales of a day: 0 while shorting is off. */
  readonly locatedE4: number;
  /** What short sales have taken of it today. */
  shortedE4: number;
  readonly controls: ScopeControls;
  /** Of its quota, today. */
  readonly used: Used;
}

type SecurityPolicy = Pick<GatePolicy, 'restricted' | 'hardToBorrow' | 'shorting' | 'locates'>;

/**
 * The symbols that the policy names or that had a price, each with all that an order asks of it: looked
 * up once. A symbol that only an order names is not kept, because anybody may invent some.
 */
export class Securities {
  readonly #policy: SecurityPolicy;
  readonly #controls: ControlView;
  readonly #quotas: Quotas;
  /** Numbers of symbols: of these, and of others that an account holds. */
  readonly #symbols: Names;
  readonly #kept = new Map<string, Security>();

  constructor(policy: SecurityPolicy, controls: ControlView, quotas: Quotas, symbols: Names) {
    this.#policy = policy;
    this.#controls = controls;
    this.#quotas = quotas;
    this.#symbols = symbols;
    const { restricted, hardToBorrow, locates } = policy;
    for (const symbol of [...restricted, ...hardToBorrow, ...locates.keys()]) this.know(symbol);
  }

  of(symbol: string): Readonly<Security> {
    return this.#kept.get(symbol) ?? this.#unknown(symbol);
  }

  /** Begins to keep a symbol. */
  know(symbol: string): Security {
    let security = this.#kept.get(symbol);
    if (security === undefined) this.#kept.set(symbol, (security = this.#begun(symbol)));
    return security;
  }

  #begun(symbol: string): Security {
    const { restricted, hardToBorrow, shorting, locates } = this.#policy;
    return {
      number: this.#symbols.add(symbol),
      priceE4: null,
      restricted: restricted.has(symbol),
      hardToBorrow: hardToBorrow.has(symbol),
      locatedE4: shorting ? (locates.get(symbol) ?? 0) : 0,
      shortedE4: 0,
      controls: this.#controls.at({ kind: 'SYMBOL', id: symbol }),
      used: this.#quotas.ofSymbol(symbol),
    };
  }

  #unknown(symbol: string): Security {
    return {
      number: this.#symbols.find(symbol),
      priceE4: null,
      restricted: false,
      hardToBorrow: false,
      locatedE4: 0,
      shortedE4: 0,
      controls: this.#controls.ofSymbol(symbol),
      used: this.#quotas.ofSymbol(symbol),
    };
  }

  /** A new trading day: locates and quotas are whole again. */
  startDay(): void {
    for (const security of this.#kept.values()) {
      security.shortedE4 = 0;
      security.used.startDay();
    }
  }
}
