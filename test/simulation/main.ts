/**
 * Replays one simulated account with its whole story:
 *   node bin/bootstrap.mjs test/simulation/main.ts --seed 42 [--without CRASHES,CLOCK]
 */
import { parseArgs } from 'node:util';
import { FAULTS } from './faults.ts';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, without: { type: 'string' } },
});
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed)) {
  console.error('--seed: must be the whole number that a failing simulation printed');
  process.exit(2);
}
const without = new Set<string>(values.without?.split(','));
const result = simulate(
  seed,
  FAULTS.filter((fault) => !without.has(fault)),
);
for (const line of result.trace) console.log(line);
console.log(result.broken ?? 'every promise was kept');
process.exitCode = result.broken === null ? 0 : 1;
