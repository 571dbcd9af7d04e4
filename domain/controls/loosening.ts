import { effectiveOf } from './applied-controls.ts';
import type { EffectiveControls } from './applied-controls.ts';
import { MARGIN_HOLDERS } from './control-state.ts';
import type { ControlState, Holder } from './control-state.ts';

/** From open to strict. */
const KILLS: readonly EffectiveControls['kill'][] = [null, 'REDUCE_ONLY', 'BLOCK'];

/**
 * A state after it was lifted, wholly or in part: `now` (ms) counts as when it was loosened if more passes
 * than before. What an account's margin case puts on and takes off is no unkill.
 */
export function whenLoosened(before: ControlState, after: ControlState, now: number): ControlState {
  const [was, is] = [ofOthers(before.holders), ofOthers(after.holders)];
  const isLooser =
    KILLS.indexOf(is.kill) < KILLS.indexOf(was.kill) ||
    (is.maxRatePerSecond ?? Infinity) > (was.maxRatePerSecond ?? Infinity);
  return isLooser ? { ...after, loosenedAt: now } : after;
}

function ofOthers(holders: readonly Holder[]): EffectiveControls {
  return effectiveOf(holders.filter(({ name }) => !MARGIN_HOLDERS.includes(name)));
}
