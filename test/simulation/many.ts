import { FAULTS } from './faults.ts';
import type { Fault } from './faults.ts';
import { simulate } from './simulate.ts';
import type { SimulationResult } from './simulate.ts';

const TRACE_LINES = 25;

/** What many simulated accounts came to. */
export interface ManyResult {
  readonly runs: number;
  readonly decisions: number;
  /** How often each action was taken. */
  readonly counts: ReadonlyMap<string, number>;
  /** How to replay the first failure, and its end; null when there was none. */
  readonly failure: string | null;
}

/** Simulates one account after another from a first seed on, until one fails. */
export function simulateMany(firstSeed: number, runs: number): ManyResult {
  let decisions = 0;
  const counts = new Map<string, number>();
  for (let run = 0; run < runs; run += 1) {
    const result = simulate(firstSeed + run);
    decisions += result.decisions;
    for (const [type, count] of result.counts) counts.set(type, (counts.get(type) ?? 0) + count);
    if (result.broken !== null) {
      return { runs: run + 1, decisions, counts, failure: failureText(result) };
    }
  }
  return { runs, decisions, counts, failure: null };
}

function failureText(failed: SimulationResult): string {
  const faults = fewestFaults(failed.seed);
  const without = FAULTS.filter((fault) => !faults.includes(fault));
  const { broken, trace } = simulate(failed.seed, faults);
  const options = without.length === 0 ? '' : ` --without ${without.join(',')}`;
  return [
    `seed ${String(failed.seed)}: ${broken ?? ''}`,
    ...trace.slice(-TRACE_LINES),
    'Replay the whole story:',
    `  node bin/bootstrap.mjs test/simulation/main.ts --seed ${String(failed.seed)}${options}`,
  ].join('\n');
}

/** Takes faults away, one after another, for as long as the seed still fails. */
function fewestFaults(seed: number): readonly Fault[] {
  let faults: readonly Fault[] = FAULTS;
  for (const fault of FAULTS) {
    const fewer = faults.filter((each) => each !== fault);
    if (simulate(seed, fewer).broken !== null) faults = fewer;
  }
  return faults;
}
