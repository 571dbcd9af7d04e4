import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { CacheLayout } from './cache-layout.ts';
import { withFileLock } from './file-lock.ts';
import type { InstallationPlace } from './installation-place.ts';
import type { ProgressTask } from './progress.ts';
import { asTask } from './progress.ts';
import { runProgram } from './run-program.ts';
import { StackError } from './stack-error.ts';

const POM = path.join(import.meta.dirname, 'pom.xml');
const TITLE = 'Fetching Kafka 4.1.2 and DynamoDB Local 3.1.0 with Maven (87 MB)';

/** Whether the libraries of pom.xml are there already. */
export async function hasJavaLibraries(cache: CacheLayout): Promise<boolean> {
  return existsSync(await librariesFolder(cache));
}

/** The folder with the libraries of pom.xml, fetched with Maven when it is not there. */
export async function fetchJavaLibraries(place: InstallationPlace): Promise<string> {
  const { cache, progress } = place;
  const folder = await librariesFolder(cache);
  if (existsSync(folder)) return folder;
  const lock = path.join(cache.work, 'jars.lock');
  const onWait = (): void =>
    progress.note('Another process is fetching Kafka and DynamoDB Local; waiting …');
  return withFileLock(lock, onWait, async () => {
    if (!existsSync(folder))
      await asTask(progress, TITLE, (task) => fetchInto(folder, task, place));
    return folder;
  });
}

async function librariesFolder(cache: CacheLayout): Promise<string> {
  const version = createHash('sha256')
    .update(await readFile(POM))
    .digest('hex');
  return path.join(cache.jars, version.slice(0, 12));
}

async function fetchInto(
  folder: string,
  task: ProgressTask,
  { cache, variables }: InstallationPlace,
): Promise<void> {
  await mkdir(cache.jars, { recursive: true });
  const unfinished = await mkdtemp(path.join(cache.work, 'jars-'));
  let files = 0;
  try {
    const run = await runProgram(
      'mvn',
      [
        ...['--batch-mode', '--file', POM, 'dependency:copy-dependencies'],
        `-DoutputDirectory=${unfinished}`,
      ],
      {
        variables,
        cwd: unfinished,
        onLine(line) {
          if (line.includes('Downloaded from')) files += 1;
          task.update(`${files} files`);
        },
      },
    );
    if (run.ended !== 0) throw fetchFailed(run.lastLines);
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

function fetchFailed(lastLines: readonly string[]): StackError {
  const errors = lastLines.filter((line) => line.includes('ERROR'));
  return new StackError(
    `Kafka and DynamoDB Local could not be fetched (mvn):\n${(errors.length > 0 ? errors : lastLines).slice(0, 4).join('\n')}`,
    'Check that Maven reaches its repository (`mvn --version`, ~/.m2/settings.xml), then run this again.',
  );
}
