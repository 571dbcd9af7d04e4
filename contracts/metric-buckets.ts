/** Upper bounds of histograms, seconds. */

/** From a local call to a person's patience. */
export const LATENCY = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
/** A timer is 20 ms late when all is well, and minutes after an outage. */
export const LATENESS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800] as const;
/** A hold ends with the next quote, or with the next session. */
export const HOLDS = [1, 5, 15, 60, 300, 1_800, 7_200, 28_800, 86_400] as const;
