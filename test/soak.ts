/**
 * `npm run soak [-- <part>…] [--minutes 30] [--seed 1] [--runs 10000]`: shakes the product until it breaks,
 * and stops at the first failure. Parts, all of them unless some are named:
 *   simulation  simulates so many runs of accounts whose worlds go wrong (test/simulation/)
 *   gate        plays a hundred times so many sequences of orders, fills and controls against the gate's
 *               model (test/gate/)
 *   recovery    breaks processes, servers and links of a product under load for so many minutes, and
 *               writes docs/soak-report.md (test/recovery/)
 *   servers     kills, hands over and draws lots on the real servers for so many minutes (test/soak-servers.ts)
 * The last line is `N passed, N failed` over all parts; a part that failed has printed what replays it.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { durationText } from '#stack/progress.ts';
import type { SoakOptions, SoakPart } from './soak-part.ts';
import { soakGate } from './gate/soak.ts';
import { soakServers } from './soak-servers.ts';
import { soakRecovery } from './recovery/soak.ts';
import { soakSimulation } from './simulation/soak.ts';

const PARTS: ReadonlyMap<string, SoakPart> = new Map<string, SoakPart>([
  ['simulation', soakSimulation],
  ['gate', soakGate],
  ['recovery', soakRecovery],
  ['servers', soakServers],
]);

const MINUTES = 10;
const RUNS = 10_000;
/** A seed that nobody names is drawn below this. */
const SEED_MAX = 1_000_000_000;

const { values, positionals } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string' },
    runs: { type: 'string' },
  },
  allowPositionals: true,
});
const options: SoakOptions = {
  minutes: Number(values.minutes ?? MINUTES),
  seed: Number(values.seed ?? Math.floor(Math.random() * SEED_MAX)),
  runs: Number(values.runs ?? RUNS),
};
const mistake = mistakeIn(options, positionals);
if (mistake !== null) {
  console.error(mistake);
  process.exit(2);
}

const startedAt = performance.now();
let passed = 0;
let failed = 0;
for (const [name, soak] of PARTS) {
  if (failed > 0 || (positionals.length > 0 && !positionals.includes(name))) continue;
  const outcome = await soak(options);
  passed += outcome.passed;
  failed += outcome.failed;
}
console.log(`Soaked for ${durationText(performance.now() - startedAt)}.`);
console.log(`${String(passed)} passed, ${String(failed)} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function mistakeIn({ minutes, seed, runs }: SoakOptions, parts: readonly string[]): string | null {
  if (!(minutes > 0)) return '--minutes: must be a number above 0';
  if (!Number.isSafeInteger(seed)) return '--seed: must be a whole number';
  if (!Number.isSafeInteger(runs) || runs < 1) return '--runs: must be a whole number above 0';
  const unknown = parts.find((part) => !PARTS.has(part));
  if (unknown === undefined) return null;
  return `${unknown}: there are the parts ${[...PARTS.keys()].join(', ')}`;
}
