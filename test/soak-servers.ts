import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { NODE_FLAGS } from '#stack/launch.ts';
import { durationText } from '#stack/progress.ts';
import type { SoakOptions, SoakOutcome } from './soak-part.ts';

const ROOT = path.dirname(import.meta.dirname);
/** Suites with faults or random stories in them. */
const SUITES = ['recovery', 'handover', 'crash', 'properties', 'cures', 'money', 'book'];
const RESULT = /^(\d+) passed, (\d+) failed$/m;

/** Runs the suites again and again on the real servers; each round draws seeds of its own. */
export async function soakServers({ minutes }: SoakOptions): Promise<SoakOutcome> {
  const startedAt = performance.now();
  let passed = 0;
  let failed = 0;
  for (
    let round = 1;
    failed === 0 && performance.now() - startedAt < minutes * 60_000;
    round += 1
  ) {
    console.log(`round ${String(round)}, ${durationText(performance.now() - startedAt)} so far`);
    const [, roundPassed = '0', roundFailed = '1'] = RESULT.exec(await runRound()) ?? [];
    passed += Number(roundPassed);
    failed += Number(roundFailed);
  }
  return { passed, failed };
}

/** One run of the suites; returns the last of what it printed, which is shown as well. */
async function runRound(): Promise<string> {
  const child = spawn(process.execPath, [...NODE_FLAGS, 'test/run.ts', ...SUITES], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    process.stdout.write(chunk);
    output = (output + chunk.toString('utf8')).slice(-10_000);
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      resolve();
    });
  });
  return output;
}
