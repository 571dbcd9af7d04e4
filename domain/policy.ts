import type { ExchangeCalendar } from './calendar.ts';
import type { Rate } from './money.ts';

/** The sets of a firm's choices that the product ships with (RULES, Presets). */
export const PRESETS = ['reference', 'regulatory', 'demo', 'house'] as const;
export type Preset = (typeof PRESETS)[number];

/** What a requirement is computed from. Rates are fractions of market value. */
export interface MarginPolicy {
  readonly longMaintenanceRate: Rate;
  readonly shortMaintenanceRate: Rate;
  /** Status is WARNING while 0 ≤ excess < this × gross market value. */
  readonly warningBand: Rate;
  /** A cure aims at excess ≥ this × gross market value before the cure. */
  readonly bufferRate: Rate;
  /** What a sale or cover is expected to cost, as a fraction of its value. */
  readonly costRate: Rate;
}

/** How a case walks the ladder. All durations in ms. */
export interface LadderPolicy {
  /** Issue of the call → due. */
  readonly dueAfterMs: number;
  /** Restriction → liquidation. */
  readonly graceMs: number;
  /** A cure by the market needs excess ≥ this × gross market value … */
  readonly hysteresisRate: Rate;
  /** … for this long (RULES, The demand). */
  readonly marketCureMs: number;
  /** The oldest quote of a held symbol on which a case may escalate. */
  readonly quoteAgeMaxMs: number;
  /** The oldest engine heartbeat on which a case may escalate (DESIGN 8). */
  readonly heartbeatAgeMaxMs: number;
  /** How often a hold on stale data looks again. */
  readonly staleRetryMs: number;
  /** A liquidation order is void this long after it was written. */
  readonly orderTtlMs: number;
  readonly liquidationRelease: 'AUTOMATIC' | 'ONE_PERSON';
  /** Above this value of what would be traded, two persons release (RULES, Liquidation). */
  readonly twoPersonNotionalE4: number;
  /** The longest that funds on their way hold escalation (RULES, Calls). */
  readonly pendingFundsMaxMs: number;
  /** By how much in total a due instant may be extended without an authority's reference. */
  readonly extendMaxMs: number;
  /** Equity below this share of the requirement, or at most 0, is critical … */
  readonly accelerationRate: Rate;
  /** … and for this long accelerates an open call. */
  readonly accelerationMs: number;
  /** SESSION: due and grace count regular sessions only, and liquidation trades only in one. */
  readonly clock: 'WALL' | 'SESSION';
  /** What the exchange says, not the firm: a later version counts from the next re-read on. */
  readonly calendar: ExchangeCalendar;
  /** A changed deficiency is told again when it moved by max(this, deficiencyStepRate). */
  readonly deficiencyStepE4: number;
  readonly deficiencyStepRate: Rate;
}

/** When stress makes an account close-only (RULES, Stress). */
export interface StressPolicy {
  /** KEPT: the requirement stays as it is. RECOMPUTED: each price moves and all rules apply again. */
  readonly stressBasis: 'KEPT' | 'RECOMPUTED';
  /** A scenario in which SPY moves at least so far is severe. */
  readonly stressMove: Rate;
  /** How long an account is underwater before the holder goes on, and clear before it comes off; ms. */
  readonly stressMs: number;
}

/** When liquidations stop until people have looked (RULES, Liquidation; DESIGN 17). */
export interface BrakePolicy {
  /** More accounts than this within the window are too many. */
  readonly brakeAccountsMax: number;
  readonly brakeWindowMs: number;
}

/** Which prices count, and what a doubtful one is worth (RULES, Liquidation; DESIGN 8). */
export interface PricePolicy {
  /** A tick further than this from the price that counts has to be confirmed. */
  readonly outlierMove: Rate;
  /** So many further ticks near it confirm an outlying one … */
  readonly outlierTicks: number;
  /** … or so many ms in which nothing contradicts it. */
  readonly outlierMs: number;
  /** A move from the official close to the first trade of the next session beyond this is suspicious. */
  readonly overnightMove: Rate;
  /** Longs at a doubtful price are valued this much higher, shorts lower. */
  readonly doubtMove: Rate;
}

/** One version of a firm's choices. Episodes pin the version they began with (DESIGN 3). */
export interface Policy extends MarginPolicy, LadderPolicy, StressPolicy, BrakePolicy, PricePolicy {
  readonly preset: Preset;
  /** Such as `demo.1`: preset and version, recorded with every decision. */
  readonly version: string;
  /** The fingerprint of the file that stated it: two files of one version cannot pass for each other. */
  readonly hash: string;
  /** Price ticks of one account are conflated for this long. */
  readonly priceConflationMs: number;
}
