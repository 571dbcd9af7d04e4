import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { CacheLayout } from './cache-layout.ts';
import { withFileLock } from './file-lock.ts';
import type { InstallationPlace } from './installation-place.ts';
import type { ProgressTask } from './progress.ts';
import { asTask } from './progress.ts';
import { runProgram } from './run-program.ts';
import { StackError } from './stack-error.ts';

/** The newest version that `go install` accepts: later ones carry a `replace` (PLATFORM, Temporal). */
const GO_MODULE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
const TITLE = 'Building Temporal 1.29.1 from the Go module proxy (3–7 minutes the first time)';
/** An installed `temporal` is taken when its server is at least what was measured. */
const SERVER_VERSION_MIN: readonly [number, number] = [1, 29];

/** The `temporal` program that is there: on the PATH, if its server is new enough, or in the cache. */
export async function findTemporal(place: InstallationPlace): Promise<string | undefined> {
  if (await isUsable('temporal', place.variables)) return 'temporal';
  const built = builtProgram(place.cache);
  return existsSync(built) ? built : undefined;
}

/** Builds the `temporal` program from source into the cache; takes minutes. */
export async function buildTemporal(place: InstallationPlace): Promise<string> {
  const built = builtProgram(place.cache);
  const lock = path.join(place.cache.work, 'temporal.lock');
  const onWait = (): void => place.progress.note('Another process is building Temporal; waiting …');
  return withFileLock(lock, onWait, async () => {
    if (!existsSync(built)) {
      await asTask(place.progress, TITLE, (task) => buildInto(built, task, place));
    }
    return built;
  });
}

function builtProgram(cache: CacheLayout): string {
  return path.join(cache.bin, 'temporal');
}

async function isUsable(program: string, variables: NodeJS.ProcessEnv): Promise<boolean> {
  const run = await runProgram(program, ['--version'], { variables });
  const version = /\(Server (\d+)\.(\d+)/.exec(run.lastLines.join('\n'));
  if (version === null) return false;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  const [majorMin, minorMin] = SERVER_VERSION_MIN;
  return major > majorMin || (major === majorMin && minor >= minorMin);
}

async function buildInto(
  target: string,
  task: ProgressTask,
  { cache, variables }: InstallationPlace,
): Promise<void> {
  await mkdir(cache.bin, { recursive: true });
  const unfinished = await mkdtemp(path.join(cache.work, 'temporal-'));
  let [modules, packages] = [0, 0];
  try {
    const run = await runProgram(
      'go',
      // Without symbol tables it is a third smaller, and linked sooner.
      ['install', '-v', '-trimpath', '-ldflags=-s -w', GO_MODULE],
      {
        variables: { ...variables, GOBIN: unfinished, CGO_ENABLED: '0' },
        cwd: unfinished,
        onLine(line) {
          if (line.startsWith('go: downloading')) modules += 1;
          else packages += 1;
          task.update(`${modules} modules fetched, ${packages} packages compiled`);
        },
      },
    );
    if (run.ended !== 0) throw buildFailed(run.lastLines);
    await rename(path.join(unfinished, 'temporal'), target);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

function buildFailed(lastLines: readonly string[]): StackError {
  return new StackError(
    `Temporal could not be built (go install ${GO_MODULE}):\n${lastLines.slice(-8).join('\n')}`,
    'Check that Go reaches its module proxy, or install the `temporal` command and run this again.',
  );
}
