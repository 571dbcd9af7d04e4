import type { Rate } from '../money.ts';
import type { MarginPolicy } from '../policy.ts';

/** A firm's choices at the gate (RULES, Market access). Amounts in 1/10,000, durations in ms. */
export interface GatePolicy {
  /** An order older than this at its arrival is refused as EXPIRED (DESIGN 18). */
  readonly orderAgeMsMax: number;
  /** What passes may be taken to the venue for so long (DESIGN 18): what a kill waits for at most. */
  readonly orderValidMs: number;
  /** A customer's order works at the venue for so long at most. */
  readonly orderLifeMs: number;
  /** How far the limit may lie from the last price, either side. */
  readonly collarRate: Rate;
  readonly orderQtyMaxE4: number;
  readonly orderNotionalMaxE4: number;
  /** Nobody trades these here, whatever the account. */
  readonly restricted: ReadonlySet<string>;
  /** Shorting is off by default: then no sale opens a short. */
  readonly shorting: boolean;
  readonly hardToBorrow: ReadonlySet<string>;
  /** Shares located for short sales, by symbol, 1/10,000 share. */
  readonly locates: ReadonlyMap<string, number>;
  /** Opening orders reserve at least this share of their value, and whole value if not marginable. */
  readonly creditRate: Rate;
  readonly nonMarginable: ReadonlySet<string>;
  /** What of firm, symbol and strategy this gate may open in a day (DESIGN 22). */
  readonly quotas: QuotaLimits;
  /** The maintenance rates that a reservation is never below. */
  readonly margin: MarginPolicy;
}

/** Notional of opening orders, 1/10,000 dollar. */
export interface QuotaLimits {
  readonly firmE4: number;
  readonly symbolE4: number;
  readonly strategyE4: number;
  /** Shares of a limit at whose crossing people are told, ascending. */
  readonly alerts: readonly Rate[];
}
