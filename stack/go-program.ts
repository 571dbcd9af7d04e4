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

/** A program that the Go module proxy has the source of. */
export interface GoProgram {
  /** What the cache knows it by. */
  readonly name: string;
  readonly title: string;
  /** With its version. */
  readonly module: string;
  /** What `go install` calls it. */
  readonly installedAs: string;
  /** What the person is told while it is built. */
  readonly building: string;
  /** What they can do when it cannot be built. */
  readonly cure: string;
}

/** Where a program lies once it is built. */
export function builtGoProgram(cache: CacheLayout, { name }: Pick<GoProgram, 'name'>): string {
  return path.join(cache.bin, name);
}

/** The program in the cache, built from source if it is not there yet. Throws StackError. */
export async function goProgram(program: GoProgram, place: InstallationPlace): Promise<string> {
  const built = builtGoProgram(place.cache, program);
  if (existsSync(built)) return built;
  const lock = path.join(place.cache.work, `${program.name}.lock`);
  const onWait = (): void =>
    place.progress.note(`Another process is building ${program.title}; waiting …`);
  return withFileLock(lock, onWait, async () => {
    if (!existsSync(built)) {
      await asTask(place.progress, program.building, (task) =>
        buildInto(built, program, task, place),
      );
    }
    return built;
  });
}

async function buildInto(
  target: string,
  program: GoProgram,
  task: ProgressTask,
  { cache, variables }: InstallationPlace,
): Promise<void> {
  await mkdir(cache.bin, { recursive: true });
  const unfinished = await mkdtemp(path.join(cache.work, `${program.name}-`));
  let [modules, packages] = [0, 0];
  try {
    const run = await runProgram(
      'go',
      // Without symbol tables it is a third smaller, and linked sooner.
      ['install', '-v', '-trimpath', '-ldflags=-s -w', program.module],
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
    if (run.ended !== 0) throw buildFailed(program, run.lastLines);
    await rename(path.join(unfinished, program.installedAs), target);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

function buildFailed({ title, module, cure }: GoProgram, lastLines: readonly string[]): StackError {
  return new StackError(
    `${title} could not be built (go install ${module}):\n${lastLines.slice(-8).join('\n')}`,
    cure,
  );
}
