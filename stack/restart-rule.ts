/** When a process that ended by itself is started again. All in ms. */
export interface RestartRule {
  /** Before the first start again; doubled with every quick end. */
  readonly pauseMs: number;
  readonly pauseMsMax: number;
  /** An end is quick when the process was not ready for this long. */
  readonly steadyMs: number;
  /** After so many quick ends in a row it is not started again. */
  readonly quickEndsMax: number;
}

export const RESTART_RULE: RestartRule = {
  pauseMs: 500,
  pauseMsMax: 15_000,
  steadyMs: 5_000,
  quickEndsMax: 5,
};

/**
 * How long to wait before a process is started again that has ended quickly so many times in a row, ms;
 * null: not at all.
 */
export function restartPauseMs(quickEnds: number, rule: RestartRule): number | null {
  if (quickEnds >= rule.quickEndsMax) return null;
  return Math.min(rule.pauseMs * 2 ** Math.max(0, quickEnds - 1), rule.pauseMsMax);
}
