import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { withFileLock } from './file-lock.ts';
import type { InstallationPlace } from './installation-place.ts';
import { isKafkaHealthy, kafkaCommand, kafkaSettings } from './kafka-broker.ts';
import type { LaunchPlan } from './launch.ts';
import { launch } from './launch.ts';
import { freePorts } from './ports.ts';
import { asTask } from './progress.ts';
import { runProgram } from './run-program.ts';
import { javaFlags } from './server.ts';
import { StackError } from './stack-error.ts';
import { untilHealthy } from './until-healthy.ts';

/** One id for every local cluster: the formatted folder is made once and copied. */
const CLUSTER_ID = 'bWFyZ2luLXNlbnRpbmVsAA';
const START_MS_MAX = 60_000;
const ARCHIVE_MS_MAX = 60_000;
const CLASS_ARCHIVE = 'classes.jsa';

/** What is made once per Java and library version, so that later starts take under a second. */
export interface KafkaPreparation {
  readonly formatted: string;
  readonly classArchive: string | undefined;
}

/** Formats a log folder and archives Kafka's loaded classes, if that was not done before. */
export async function kafkaPreparation(
  libraries: string,
  java: string,
  { cache, variables, progress }: InstallationPlace,
): Promise<KafkaPreparation> {
  const { lastLines } = await runProgram(java, ['-version'], { variables });
  const javaId = createHash('sha256').update(lastLines.join('\n')).digest('hex').slice(0, 12);
  const folder = `${libraries}-kafka-${javaId}`;
  const lock = path.join(cache.work, 'kafka.lock');
  const onWait = (): void => progress.note('Another process is preparing Kafka; waiting …');
  if (!existsSync(folder)) {
    await withFileLock(lock, onWait, async () => {
      if (existsSync(folder)) return;
      const unfinished = await mkdtemp(path.join(cache.work, 'kafka-'));
      try {
        await asTask(progress, 'Preparing Kafka for quick starts', async () => {
          await prepareInto(unfinished, libraries, java, variables);
        });
        await rename(unfinished, folder);
      } finally {
        await rm(unfinished, { recursive: true, force: true });
      }
    });
  }
  const classArchive = path.join(folder, CLASS_ARCHIVE);
  return {
    formatted: path.join(folder, 'formatted'),
    classArchive: existsSync(classArchive) ? classArchive : undefined,
  };
}

async function prepareInto(
  folder: string,
  libraries: string,
  java: string,
  variables: NodeJS.ProcessEnv,
): Promise<void> {
  const command = await kafkaCommand(libraries);
  const [port = 0, controllerPort = 0] = await freePorts(2);
  const formatted = path.join(folder, 'formatted');
  await mkdir(formatted);
  const settings = path.join(folder, 'format.properties');
  await writeFile(settings, kafkaSettings(formatted, port, controllerPort));
  const format = await runProgram(
    java,
    [
      ...command,
      ...['kafka.tools.StorageTool', 'format', '--cluster-id', CLUSTER_ID, '--config', settings],
    ],
    { variables },
  );
  if (format.ended !== 0) {
    throw new StackError(
      `Kafka could not format its log folder:\n${format.lastLines.slice(-8).join('\n')}`,
      `Remove ${libraries} and run this again.`,
    );
  }

  const trial = path.join(folder, 'trial');
  await cp(formatted, trial, { recursive: true });
  const trialSettings = path.join(folder, 'trial.properties');
  await writeFile(trialSettings, kafkaSettings(trial, port, controllerPort));
  const program = {
    program: java,
    args: [
      ...javaFlags('quick'),
      `-XX:ArchiveClassesAtExit=${path.join(folder, CLASS_ARCHIVE)}`,
      ...command,
      ...['kafka.Kafka', trialSettings],
    ],
    variables,
  };
  await runOnce(program, port, path.join(folder, 'trial.log'));
  await rm(trial, { recursive: true });
}

/** Starts the broker and ends it in order: it writes the archive while it ends. */
async function runOnce(
  program: Pick<LaunchPlan, 'program' | 'args' | 'variables'>,
  port: number,
  logFile: string,
): Promise<void> {
  const launched = await launch({
    ...program,
    logFile,
    lifetime: 'guarded',
    stopGraceMs: ARCHIVE_MS_MAX,
  });
  try {
    await untilHealthy({
      title: 'Kafka',
      launched,
      logFile,
      isHealthy: () => isKafkaHealthy(`127.0.0.1:${port}`),
      timeoutMs: START_MS_MAX,
    });
  } finally {
    await launched.stop();
  }
}
