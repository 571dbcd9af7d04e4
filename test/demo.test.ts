import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Narrator } from '#demo/expectations.ts';
import { eventually } from './kafka-fixture.ts';

const ROOT = path.dirname(import.meta.dirname);
/** Two minutes on an idle machine. */
const DEMO_MS_MAX = 900_000;
const WAIT_MS = 60_000;

describe('npm run demo', () => {
  it(
    'tells its five stories on the real servers, every expectation holds, and nothing stays behind',
    async () => {
      const marker = `demo-test-${String(process.pid)}.`;
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['cli/main.ts', 'demo', '--exit'],
        { cwd: ROOT, env: { ...process.env, SENTINEL_TOPIC_PREFIX: marker }, timeout: DEMO_MS_MAX },
      ).catch(toldByDemo);
      expect(stdout).toMatch(/\n1\. The reference walk/);
      expect(stdout).toMatch(/\n2\. A leveraged account/);
      expect(stdout).toMatch(/\n3\. An account is cured/);
      expect(stdout).toMatch(/\n4\. A runaway algorithm/);
      expect(stdout).toMatch(/one valid audit each; what does not come out: nothing/);
      expect(stdout).toMatch(/\n5\. A real market/);
      expect(stdout).toMatch(/2020-03-23 +2237 +−2\.9 %/);
      expect(stdout).toMatch(/All \d+ expectations held\./);
      await eventually('nothing stays behind', WAIT_MS, async () => {
        return (await processesToldOf(marker)).length === 0;
      });
    },
    DEMO_MS_MAX + 2 * WAIT_MS,
  );
});

describe('an expectation of the demo', () => {
  it.each([
    ['holds for the same dollars', 197_000, 197_000, 0],
    ['breaks a tenth of a cent beside', 197_000, 197_000.001, 1],
    ['breaks when nothing was seen', 0, null, 1],
  ])('%s', (_name, expected, seen, broken) => {
    const narrator = new Narrator(new PassThrough());
    narrator.money('excess', expected, seen);
    expect(narrator.broken).toHaveLength(broken);
  });
});

/** What did not hold is on its stdout, which the error of a failed command leaves out. */
function toldByDemo(error: unknown): never {
  // Not `instanceof Error`: it comes from outside of the test's own realm.
  const isTold = typeof error === 'object' && error !== null && 'stdout' in error;
  const told = isTold ? String(error.stdout) : '';
  throw new Error(`the demo failed:\n${told}`, { cause: error });
}

/** Ids of processes whose environment names the marker. */
async function processesToldOf(marker: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const told = await Promise.all(
    pids.map((pid) =>
      readFile(`/proc/${pid}/environ`, 'utf8').then(
        (environ) => environ.includes(`SENTINEL_TOPIC_PREFIX=${marker}`),
        // Gone meanwhile, or somebody else's.
        () => false,
      ),
    ),
  );
  return pids.filter((_, index) => told[index] === true);
}
