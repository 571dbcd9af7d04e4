import type { Killed, ListedScope } from '#contracts/control-rest.ts';
import { appliedStateOf } from '#contracts/control-states.ts';
import { isStricter } from '#domain/controls/control-state.ts';
import type { ControlMode } from '#domain/controls/control-state.ts';

/** What stands for a scope and lets less through than was asked: that changes nothing of it. */
export function stricterControls(
  asked: ControlMode,
  state: ListedScope | null,
): Killed['stricter'] {
  if (state === null) return [];
  return appliedStateOf(state)
    .holders.filter(({ mode }) => isStricter(mode, asked))
    .map(({ name, mode, epoch }) => ({
      name,
      mode: mode.kind,
      max_rate_per_second: rateOf(mode),
      epoch,
    }));
}

/** Orders a second of a throttle; null for every other mode. */
export function rateOf(mode: ControlMode): number | null {
  return mode.kind === 'THROTTLE' ? mode.maxRatePerSecond : null;
}
