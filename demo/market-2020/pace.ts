/**
 * How fast the days go by. Preset `demo` has a call due 6 s after it is issued and liquidation 3 s after
 * the restriction: at 1.4 s a day that is a little more than four trading days, and two more. A day takes
 * longer on a machine that is too busy to answer in it (tape.ts).
 */
export const DAY_MS = 1_400;

/** Customers pay so long after the close's prices, before the next close. */
export const PAY_AT_MS = 1_000;

/** Preset `demo` (RULES, Presets): issue of the call → due, restriction → liquidation. */
export const DUE_AFTER_MS = 6_000;
export const GRACE_MS = 3_000;

/** Preset `demo`: 25 and 30 %, a warning below 5 %, a cure with 1 % to spare. Parts per million. */
export const RATES = { long: 250_000, short: 300_000, warning: 50_000, buffer: 10_000, cost: 0 };
