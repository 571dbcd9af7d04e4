import { effectiveOf } from '#domain/controls/applied-controls.ts';
import type { AppliedState, EffectiveControls } from '#domain/controls/applied-controls.ts';
import { MARGIN_HOLDERS } from '#domain/controls/control-state.ts';
import { scopeName } from '#domain/scopes.ts';

/** From open to strict. */
const KILLS: readonly EffectiveControls['kill'][] = [null, 'REDUCE_ONLY', 'BLOCK'];

/**
 * Which scopes somebody has let go, wholly or in part: what an account's margin case puts on and takes off
 * is no unkill. As large as the scopes ever controlled.
 */
export class LoosenedScopes {
  readonly #last = new Map<string, EffectiveControls>();

  /** Does this state let more through than the one before it? Of the first one known: is it open? */
  take({ scope, version, holders }: AppliedState): boolean {
    const name = scopeName(scope);
    const now = effectiveOf(holders.filter((holder) => !MARGIN_HOLDERS.includes(holder.name)));
    const before = this.#last.get(name);
    this.#last.set(name, now);
    if (before === undefined) return version > 0 && holders.length === 0;
    return (
      KILLS.indexOf(now.kill) < KILLS.indexOf(before.kill) ||
      (now.maxRatePerSecond ?? Infinity) > (before.maxRatePerSecond ?? Infinity)
    );
  }
}
