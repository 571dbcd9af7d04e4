import { durationText } from '#stack/progress.ts';
import type { SoakOptions, SoakOutcome } from '#test/soak-part.ts';
import { simulateMany } from './many.ts';

/** Simulates account after account; each that kept every promise counts as passed. */
export function soakSimulation({ seed, runs }: SoakOptions): SoakOutcome {
  const startedAt = performance.now();
  const { runs: simulated, decisions, failure } = simulateMany(seed, runs);
  const took = durationText(performance.now() - startedAt);
  console.log(
    `${String(simulated)} simulated accounts from seed ${String(seed)} on, ${String(decisions)} decisions judged, ${took}`,
  );
  if (failure === null) return { passed: simulated, failed: 0 };
  console.log(failure);
  return { passed: simulated - 1, failed: 1 };
}
