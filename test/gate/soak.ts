import { durationText } from '#stack/progress.ts';
import type { SoakOptions, SoakOutcome } from '#test/soak-part.ts';
import { playMany } from './many.ts';

/** A sequence takes a hundredth of what a simulated account does. */
const SEQUENCES_PER_RUN = 100;

/** Plays sequence after sequence; each in which the gate did as its model counts as passed. */
export function soakGate({ seed, runs }: SoakOptions): SoakOutcome {
  const startedAt = performance.now();
  const played = playMany(seed, runs * SEQUENCES_PER_RUN);
  const took = durationText(performance.now() - startedAt);
  console.log(
    `${String(played.runs)} sequences at the gate from seed ${String(seed)} on, ` +
      `${String(played.decisions)} orders decided, ${took}`,
  );
  if (played.failure === null) return { passed: played.runs, failed: 0 };
  console.log(played.failure);
  return { passed: played.runs - 1, failed: 1 };
}
