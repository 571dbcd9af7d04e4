import { z } from 'zod';
import type { ExchangeCalendar } from '#domain/calendar.ts';
import { rate } from '#domain/money.ts';
import { PRESETS } from '#domain/policy.ts';
import type { Policy } from '#domain/policy.ts';
import { SPY_SCENARIOS_BP } from '#domain/stress.ts';
import { decimal, toE4 } from './wire.ts';

/** A fraction 0 … `max` with at most six decimals; `rateOf` makes an exact rate of it. */
export const fraction = (max: number): z.ZodType<number> =>
  z
    .number()
    .min(0)
    .max(max)
    .refine((value) => Math.round(value * 1e6) / 1e6 === value, 'must have at most six decimals');

/** The farthest scenario: at least one is severe. */
const FARTHEST_MOVE = Math.max(...SPY_SCENARIOS_BP.map(Math.abs)) / 10_000;

/** Up to 400 days. */
const durationMs = z.int().min(0).max(34_560_000_000);

/** The rates that `margin evaluate` may override, as fractions. */
export const marginPolicyShape = {
  long_maintenance_rate: fraction(1),
  short_maintenance_rate: fraction(10),
  warning_band: fraction(1),
  buffer_rate: fraction(1),
  cost_rate: fraction(1),
};

/** The name of a set of choices that the product ships with. */
export const presetSchema = z.enum(PRESETS);

/** policies/<preset>.json: one version of a firm's choices (RULES, Presets). */
export const policyFileSchema = z.strictObject({
  preset: presetSchema,
  version: z.int().min(1),
  ...marginPolicyShape,
  due_after_ms: durationMs,
  grace_ms: durationMs,
  hysteresis_rate: fraction(1),
  market_cure_ms: durationMs,
  quote_age_ms_max: durationMs.min(1),
  heartbeat_age_ms_max: durationMs.min(1),
  stale_retry_ms: durationMs.min(10),
  order_ttl_ms: durationMs.min(100),
  liquidation_release: z.enum(['AUTOMATIC', 'ONE_PERSON']),
  two_person_notional: decimal(1_000_000_000).min(0),
  pending_funds_ms_max: durationMs,
  extend_ms_max: durationMs,
  acceleration_rate: fraction(1),
  acceleration_ms: durationMs,
  clock: z.enum(['WALL', 'SESSION']),
  deficiency_step: decimal(1_000_000_000).min(0),
  deficiency_step_rate: fraction(1),
  stress_basis: z.enum(['KEPT', 'RECOMPUTED']),
  stress_move: fraction(FARTHEST_MOVE),
  stress_ms: durationMs,
  brake_accounts_max: z.int().min(0).max(1_000_000),
  brake_window_ms: durationMs.min(1),
  price_conflation_ms: z.int().min(0).max(60_000),
  outlier_move: fraction(10),
  outlier_ticks: z.int().min(1).max(1_000),
  outlier_ms: durationMs.min(1),
  overnight_move: fraction(10),
  doubt_move: fraction(1),
});

export type PolicyFile = z.infer<typeof policyFileSchema>;

/** The policy that a file states, by this calendar; `hash` is the fingerprint of both files. */
export function decodePolicy(file: PolicyFile, calendar: ExchangeCalendar, hash: string): Policy {
  return {
    preset: file.preset,
    version: `${file.preset}.${String(file.version)}`,
    hash,
    longMaintenanceRate: rateOf(file.long_maintenance_rate),
    shortMaintenanceRate: rateOf(file.short_maintenance_rate),
    warningBand: rateOf(file.warning_band),
    bufferRate: rateOf(file.buffer_rate),
    costRate: rateOf(file.cost_rate),
    dueAfterMs: file.due_after_ms,
    graceMs: file.grace_ms,
    hysteresisRate: rateOf(file.hysteresis_rate),
    marketCureMs: file.market_cure_ms,
    quoteAgeMaxMs: file.quote_age_ms_max,
    heartbeatAgeMaxMs: file.heartbeat_age_ms_max,
    staleRetryMs: file.stale_retry_ms,
    orderTtlMs: file.order_ttl_ms,
    liquidationRelease: file.liquidation_release,
    twoPersonNotionalE4: toE4(file.two_person_notional),
    pendingFundsMaxMs: file.pending_funds_ms_max,
    extendMaxMs: file.extend_ms_max,
    accelerationRate: rateOf(file.acceleration_rate),
    accelerationMs: file.acceleration_ms,
    clock: file.clock,
    calendar,
    deficiencyStepE4: toE4(file.deficiency_step),
    deficiencyStepRate: rateOf(file.deficiency_step_rate),
    stressBasis: file.stress_basis,
    stressMove: rateOf(file.stress_move),
    stressMs: file.stress_ms,
    brakeAccountsMax: file.brake_accounts_max,
    brakeWindowMs: file.brake_window_ms,
    priceConflationMs: file.price_conflation_ms,
    outlierMove: rateOf(file.outlier_move),
    outlierTicks: file.outlier_ticks,
    outlierMs: file.outlier_ms,
    overnightMove: rateOf(file.overnight_move),
    doubtMove: rateOf(file.doubt_move),
  };
}

/** A fraction with at most six decimals as an exact rate. */
export function rateOf(value: number): ReturnType<typeof rate> {
  return rate(Math.round(value * 1e6));
}
