import path from 'node:path';
import type { RecordedProduct, StateKeeper } from './instance-state.ts';
import type { Launched, Lifetime } from './launch.ts';
import { withoutForeignKeys } from './key-variables.ts';
import { heapFlags } from './heap-flags.ts';
import { launch, NODE_FLAGS } from './launch.ts';
import { logSize, readLog } from './log-file.ts';
import { freePort } from './ports.ts';
import type { ProductProcess } from './product-processes.ts';
import type { Progress } from './progress.ts';
import { asTask } from './progress.ts';
import { untilHealthy } from './until-healthy.ts';

const ROOT = path.dirname(import.meta.dirname);
/** All of them start side by side, on as few cores as there are. */
const READY_MS_MAX = 120_000;
/** Every process of the product logs this when it is ready. */
const READY_MARK = '"event":"ready"';

export interface StartedProcess {
  readonly record: RecordedProduct;
  readonly launched: Launched;
}

/** What becomes of a process before this start of it. */
export interface ProcessPast {
  readonly restarts: number;
  readonly lastExit: RecordedProduct['lastExit'];
}

export interface ProcessSurroundings {
  readonly logs: string;
  readonly keeper: StateKeeper;
  readonly boundToParent: boolean;
  /** What all processes of the product are told. */
  readonly environment: Record<string, string>;
  readonly variables: NodeJS.ProcessEnv;
  readonly progress: Progress;
}

/**
 * Starts one process of the product; resolves when it has logged that it is ready. `onLaunched` gets it
 * before that. Throws StackError when it ends before or is not ready in time; then it is stopped.
 */
export async function startProcess(
  kind: ProductProcess,
  surroundings: ProcessSurroundings,
  past: ProcessPast,
  onLaunched: (launched: Launched) => void,
): Promise<StartedProcess> {
  const { environment, boundToParent } = surroundings;
  const lifetime: Lifetime = boundToParent ? 'stdin' : 'detached';
  const metricsPort = await freePort();
  const logFile = path.join(surroundings.logs, `${kind.name}.log`);
  const logFrom = await logSize(logFile);
  return asTask(surroundings.progress, `Starting ${kind.name}`, async () => {
    const launched = await launch({
      program: process.execPath,
      args: [...NODE_FLAGS, ...heapFlags(kind.heap), path.resolve(ROOT, kind.entry)],
      variables: withoutForeignKeys(kind.name, {
        ...surroundings.variables,
        ...environment,
        SENTINEL_METRICS_PORT: String(metricsPort),
        SENTINEL_EXIT_WITH_PARENT: boundToParent ? '1' : '0',
      }),
      logFile,
      lifetime,
    });
    onLaunched(launched);
    const record: RecordedProduct = {
      name: kind.name,
      process: launched.process,
      metricsUrl: `http://127.0.0.1:${metricsPort}`,
      ...(kind.servesApi ? { address: environment.SENTINEL_API_URL } : {}),
      logFile,
      startedAtMs: Date.now(),
      readyAtMs: null,
      ...past,
      givenUpAtMs: null,
    };
    // Written down before it is ready: should this command be killed now, the next one finds it.
    await writeDown(record, surroundings.keeper);
    try {
      await untilHealthy({
        title: kind.name,
        launched,
        logFile,
        logFrom,
        isHealthy: async () => (await readLog(logFile, logFrom)).includes(READY_MARK),
        timeoutMs: READY_MS_MAX,
      });
    } catch (error) {
      await launched.stop();
      throw error;
    }
    const ready = { ...record, readyAtMs: Date.now() };
    await writeDown(ready, surroundings.keeper);
    return { record: ready, launched };
  });
}

/** Writes a process of the product down, in place of what was there of that name. */
export async function writeDown(record: RecordedProduct, keeper: StateKeeper): Promise<void> {
  await keeper.change((state) => ({
    ...state,
    product: [...state.product.filter(({ name }) => name !== record.name), record],
  }));
}
