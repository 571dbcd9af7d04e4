import type { GatePolicy } from './gate-policy.ts';

/** What the gate knows of one symbol. Prices in 1/10,000 dollar, quantities in 1/10,000 share. */
export interface Security {
  /** The last price; null while none has come. */
  priceE4: number | null;
  readonly restricted: boolean;
  readonly hardToBorrow: boolean;
  /** For short sales of a day: 0 while shorting is off. */
  readonly locatedE4: number;
  /** What short sales have taken of it today. */
  shortedE4: number;
}

type SecurityPolicy = Pick<GatePolicy, 'restricted' | 'hardToBorrow' | 'shorting' | 'locates'>;

/**
 * The symbols that the policy names or that had a price, each with all that an order asks of it: looked
 * up once. A symbol that only an order names is not kept, because anybody may invent some.
 */
export class Securities {
  readonly #policy: SecurityPolicy;
  readonly #securities = new Map<string, Security>();

  constructor(policy: SecurityPolicy) {
    this.#policy = policy;
    const { restricted, hardToBorrow, locates } = policy;
    for (const symbol of [...restricted, ...hardToBorrow, ...locates.keys()]) this.know(symbol);
  }

  of(symbol: string): Readonly<Security> {
    return this.#securities.get(symbol) ?? UNKNOWN;
  }

  /** Begins to keep a symbol. */
  know(symbol: string): Security {
    let security = this.#securities.get(symbol);
    if (security === undefined) {
      const { restricted, hardToBorrow, shorting, locates } = this.#policy;
      security = {
        priceE4: null,
        restricted: restricted.has(symbol),
        hardToBorrow: hardToBorrow.has(symbol),
        locatedE4: shorting ? (locates.get(symbol) ?? 0) : 0,
        shortedE4: 0,
      };
      this.#securities.set(symbol, security);
    }
    return security;
  }

  /** A new trading day: locates are whole again. */
  startDay(): void {
    for (const security of this.#securities.values()) security.shortedE4 = 0;
  }
}

const UNKNOWN: Readonly<Security> = Object.freeze({
  priceE4: null,
  restricted: false,
  hardToBorrow: false,
  locatedE4: 0,
  shortedE4: 0,
});
