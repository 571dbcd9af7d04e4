/**
 * `npm test`: starts the real servers with empty data, runs every test on them, and ends with a line
 * `N passed, N failed`. Arguments go to jest: `npm test -- domain/ladder.test.ts`.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { NODE_FLAGS } from '#stack/launch.ts';
import { openStack } from '#stack/open-stack.ts';
import { durationText, streamProgress } from '#stack/progress.ts';
import { StackError } from '#stack/stack-error.ts';

const ROOT = path.dirname(import.meta.dirname);
const JEST = path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
/** The servers want their share of two cores as well. */
const WORKERS_MAX = 2;
/** The whole suite takes a quarter of an hour; a hanging one must not block whoever waits for it. */
const RUN_MS_MAX = 50 * 60_000;
/** Jest ends at once after its last test, unless a test has left something open. */
const END_MS_MAX = 15_000;
const LOOK_AGAIN_MS = 500;

const jestResultSchema = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  numRuntimeErrorTestSuites: z.int(),
});

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly complaints: readonly string[];
}

const startedAt = performance.now();
const outcome = await runOnStack(process.argv.slice(2));
for (const complaint of outcome.complaints) console.log(`✗ ${complaint}`);
console.log(`Tests took ${durationText(performance.now() - startedAt)}.`);
console.log(`${outcome.passed} passed, ${outcome.failed} failed`);
process.exitCode = outcome.failed === 0 ? 0 : 1;

async function runOnStack(args: readonly string[]): Promise<Outcome> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'margin-sentinel-test-'));
  try {
    const stack = await openStack({
      instance: 'test',
      fresh: true,
      boundToParent: true,
      ports: 'free',
      variables: process.env,
      progress: streamProgress(process.stderr),
    });
    try {
      return await runJest(args, stack.environment, path.join(folder, 'result.json'));
    } finally {
      await stack.close();
    }
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    return { passed: 0, failed: 1, complaints: [`${error.message}\n  ${error.cure}`] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runJest(
  args: readonly string[],
  environment: Record<string, string>,
  resultFile: string,
): Promise<Outcome> {
  const jest = spawn(
    process.execPath,
    [
      ...[...NODE_FLAGS, '--experimental-vm-modules', JEST, '--rootDir', ROOT],
      ...[`--maxWorkers=${WORKERS_MAX}`, '--json', '--outputFile', resultFile, ...args],
    ],
    {
      cwd: ROOT,
      env: { ...process.env, ...environment },
      // Jest's own summary goes to stderr; with --json its stdout holds nothing for people.
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const stopOnSignal = (signal: NodeJS.Signals): void => {
    jest.kill(signal);
  };
  process.once('SIGINT', stopOnSignal).once('SIGTERM', stopOnSignal);
  const watch = watchForTheEnd(resultFile, () => jest.kill('SIGKILL'));
  const code = await new Promise<number | null>((resolve, reject) => {
    jest.once('error', reject);
    jest.once('exit', resolve);
  });
  clearInterval(watch.timer);
  return judge(resultFile, code, args.length > 0, watch.complaint());
}

/** Kills a run that takes too long, or that does not end after its last test. */
function watchForTheEnd(
  resultFile: string,
  kill: () => void,
): { timer: NodeJS.Timeout; complaint: () => string | undefined } {
  const runDeadline = performance.now() + RUN_MS_MAX;
  let endDeadline = Number.POSITIVE_INFINITY;
  let complaint: string | undefined;
  const timer = setInterval(() => {
    const now = performance.now();
    if (endDeadline === Number.POSITIVE_INFINITY && existsSync(resultFile)) {
      endDeadline = now + END_MS_MAX;
    }
    if (now > endDeadline)
      complaint = 'A test left something open: jest did not end after the last.';
    else if (now > runDeadline) complaint = `The tests took more than ${durationText(RUN_MS_MAX)}.`;
    if (complaint !== undefined) kill();
  }, LOOK_AGAIN_MS);
  return { timer, complaint: () => complaint };
}

async function judge(
  resultFile: string,
  code: number | null,
  isSelection: boolean,
  complaint: string | undefined,
): Promise<Outcome> {
  const complaints = complaint === undefined ? [] : [complaint];
  if (!existsSync(resultFile)) {
    complaints.push(`Jest wrote no result (exit code ${code ?? 'none'}).`);
    return { passed: 0, failed: complaints.length, complaints };
  }
  const result = jestResultSchema.parse(JSON.parse(await readFile(resultFile, 'utf8')));
  const unrun = result.numPendingTests + result.numTodoTests;
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  if (result.numPassedTests + failed === 0) complaints.push('No test ran.');
  // `-t` leaves tests out; a whole run must not.
  if (unrun > 0 && !isSelection) complaints.push(`${unrun} tests were skipped: every test runs.`);
  if (code !== 0 && failed + complaints.length === 0)
    complaints.push(`Jest ended with ${code ?? 'a signal'}.`);
  return { passed: result.numPassedTests, failed: failed + complaints.length, complaints };
}
