import { expect, test } from '@jest/globals';
import { streamProgress } from '#stack/progress.ts';
import { runRecovery } from './recovery/recovery-run.ts';

/**
 * A short, fixed piece of `npm run soak`: every process and server and some links broken once while
 * accounts trade and fall, on servers of its own, for nobody else's may be killed.
 */
const SEED = 4_210;

test('whatever is killed, stopped or cut, every figure is right and every step is taken once', async () => {
  const lines: string[] = [];
  const result = await runRecovery({
    seed: SEED,
    shape: {
      singles: 'ONE_KIND',
      singleEveryMs: 1_200,
      singleLinksMax: 4,
      faultMsMax: 7_000,
      stormMs: 0,
      stormEveryMs: 1_000,
    },
    partitions: 3,
    steadyAccounts: 20,
    fillEveryMs: 100,
    fallEveryMs: 1_200,
    calmMs: 1_000,
    restMsMax: 240_000,
    progress: streamProgress(process.stderr),
    say: (line) => {
      lines.push(line);
      if (process.env.SENTINEL_TEST_LOG === '1') process.stderr.write(`${line}\n`);
    },
  });
  expect({ failures: result.failures, plan: lines }).toEqual({ failures: [], plan: lines });
  expect(result.callDelayMs.length).toBeGreaterThan(3);
}, 900_000);
