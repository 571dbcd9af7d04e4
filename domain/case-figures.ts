import type { FiguresVersion } from './figures-version.ts';
import type { DeterminateFigures } from './margin.ts';

/** What a case sees of every version of an account's figures. */
interface SeenFigures {
  readonly version: FiguresVersion;
  /** When the engine computed them, Unix ms. */
  readonly asOf: number;
  /** What fills and cash, not the market, did to the excess, cumulative; 1/10,000 dollar. */
  readonly creditedTotalE4: number;
  /** The first offset of fills.v1 in the account's partition that the figures do not include. */
  readonly fillsPosition: number;
  readonly correlationId: string;
}

/** What the policy's scenarios leave of an account's excess (RULES, Stress); 1/10,000 dollar. */
export interface StressExcess {
  /** The least of the scenarios that are severe by policy: below 0 is underwater. */
  readonly severeE4: number;
  /** The move of SPY that leaves it, basis points. */
  readonly severeBp: number;
  /** The least of all scenarios. */
  readonly leastE4: number;
}

/** Figures of an account whose positions all have a price (1/10,000 dollar). */
export interface PricedCaseFigures extends SeenFigures {
  readonly status: DeterminateFigures['status'];
  readonly equityE4: number;
  readonly maintenanceReqE4: number;
  readonly grossMvE4: number;
  readonly excessE4: number;
  readonly deficiencyE4: number;
  /** The 4210(c) minimum; for the record only: no rung depends on it. */
  readonly regulatoryReqE4?: number;
  /** By the policy in force; absent beyond the exact range of money. */
  readonly stress?: StressExcess;
}

/** Figures of an account that cannot be judged: nothing escalates on them. */
export interface UnpricedCaseFigures extends SeenFigures {
  readonly status: 'INDETERMINATE';
  readonly pricesMissing: readonly string[];
  /** The names of what blocks the account until a person clears it; absent when nothing does. */
  readonly blockedBy?: readonly string[];
}

/** The part of margin.calc.v1 on which a case decides. */
export type CaseFigures = PricedCaseFigures | UnpricedCaseFigures;
