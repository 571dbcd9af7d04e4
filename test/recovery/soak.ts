import { writeFile } from 'node:fs/promises';
import { streamProgress } from '#stack/progress.ts';
import type { SoakOptions, SoakOutcome } from '../soak-part.ts';
import type { PlanShape } from './fault-plan.ts';
import { runRecovery } from './recovery-run.ts';
import { soakReport } from './report.ts';

const REPORT = new URL('../../docs/soak-report.md', import.meta.url);
/** Longer than any fault with its restart: each is alone. */
const SINGLE_EVERY_MS = 16_000;
/** Two kinds of fault on some fifteen links, three on some dozen processes. */
const SINGLES = 70;
/**
 * A busy machine takes long to come to rest, and the report says how long; what is not at rest by now
 * never will be.
 */
const REST_MS_MAX = 600_000;
/** So much of the time single faults may take. */
const SINGLES_SHARE = 0.6;

/** Breaks everything, one by one and then at once, for so many minutes; writes docs/soak-report.md. */
export async function soakRecovery({ minutes, seed }: SoakOptions): Promise<SoakOutcome> {
  const result = await runRecovery({
    seed,
    shape: shapeFor(minutes * 60_000),
    partitions: 4,
    steadyAccounts: 100,
    fillEveryMs: 50,
    fallEveryMs: 2_000,
    calmMs: 5_000,
    restMsMax: REST_MS_MAX,
    progress: streamProgress(process.stderr),
    say: (line) => {
      console.log(line);
    },
  });
  await writeFile(REPORT, soakReport(result));
  for (const failure of result.failures) console.log(`✗ ${failure}`);
  console.log(`docs/soak-report.md is written; --seed ${String(seed)} has the same faults again`);
  return { passed: result.plan.length, failed: result.failures.length };
}

/** Single faults as far as they fit, then a storm of them. */
function shapeFor(ms: number): PlanShape {
  const room = ms * SINGLES_SHARE;
  const singles =
    room >= SINGLES * SINGLE_EVERY_MS
      ? 'EACH_KIND'
      : room >= (SINGLES / 2.5) * SINGLE_EVERY_MS
        ? 'ONE_KIND'
        : 'NONE';
  const taken = { EACH_KIND: SINGLES, ONE_KIND: SINGLES / 2.5, NONE: 0 }[singles];
  return {
    singles,
    singleEveryMs: SINGLE_EVERY_MS,
    singleLinksMax: Infinity,
    faultMsMax: 12_000,
    stormMs: ms - taken * SINGLE_EVERY_MS,
    stormEveryMs: 4_000,
  };
}
