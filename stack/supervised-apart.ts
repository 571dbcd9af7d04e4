import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceLayout } from './cache-layout.ts';
import { PRODUCT_GRACE_MS, SUPERVISOR_GRACE_MS, stopProduct } from './instance-processes.ts';
import type { InstanceState, RecordedProduct, Supervision } from './instance-state.ts';
import { readState } from './instance-state.ts';
import { launch, NODE_FLAGS } from './launch.ts';
import type { Launched } from './launch.ts';
import { isProcessHealthy } from './process-health.ts';
import type { ProductProcess } from './product-processes.ts';
import type { Progress } from './progress.ts';
import { asTask } from './progress.ts';
import { isRunning, signalRecorded, stopRecorded } from './recorded-process.ts';
import type { RestartRule } from './restart-rule.ts';
import { StackError } from './stack-error.ts';

const MAIN = path.join(import.meta.dirname, 'supervisor', 'main.ts');
const LOOK_AGAIN_MS = 50;
/** A process has 120 s to get ready, and may have to be started twice. */
const READY_MS_MAX = 250_000;

export interface ApartOptions {
  readonly instance: InstanceLayout;
  readonly processes: readonly ProductProcess[];
  readonly rule: RestartRule;
  readonly variables: NodeJS.ProcessEnv;
  readonly progress: Progress;
}

/** Is there a supervisor that keeps the instance's product running? */
export async function isSupervised({ supervision }: InstanceState): Promise<boolean> {
  return supervision !== undefined && (await isRunning(supervision.process));
}

/**
 * Has the product of an instance run by a supervisor that outlives this command, and resolves when every
 * process is ready. A supervisor that runs already is asked to start again what it gave up, and what
 * does not answer is stopped, for it to be started again. The caller holds the instance's lock, and has
 * written down the environment. Throws StackError.
 */
export async function superviseApart(options: ApartOptions): Promise<readonly RecordedProduct[]> {
  const { instance } = options;
  const askedAt = Date.now();
  const state = await readState(instance);
  let launched: Launched | undefined;
  if (await isSupervised(state)) {
    await stopUnhealthy(state);
    if (state.supervision !== undefined) await signalRecorded(state.supervision.process, 'SIGHUP');
  } else {
    // Those of a supervisor that was killed are on their way out.
    await stopProduct(state);
    launched = await launchSupervisor(options);
  }
  return Promise.all(
    options.processes.map(({ name }) =>
      asTask(options.progress, `Starting ${name}`, () =>
        untilReady(name, { instance, launched, askedAt }),
      ),
    ),
  );
}

async function launchSupervisor(options: ApartOptions): Promise<Launched> {
  const { instance, processes, rule, variables } = options;
  return launch({
    program: process.execPath,
    args: [...NODE_FLAGS, MAIN, instance.name, JSON.stringify({ processes, rule })],
    variables,
    logFile: path.join(instance.logs, 'supervisor.log'),
    lifetime: 'detached',
    stopGraceMs: SUPERVISOR_GRACE_MS,
  });
}

async function stopUnhealthy({ product }: InstanceState): Promise<void> {
  await Promise.all(
    product.map(async (record) => {
      if (record.readyAtMs === null || !(await isRunning(record.process))) return;
      if (await isProcessHealthy(record)) return;
      await stopRecorded(record.process, PRODUCT_GRACE_MS);
    }),
  );
}

interface ReadyWait {
  readonly instance: InstanceLayout;
  /** Undefined when the supervisor ran before. */
  readonly launched: Launched | undefined;
  readonly askedAt: number;
}

async function untilReady(name: string, wait: ReadyWait): Promise<RecordedProduct> {
  const deadline = performance.now() + READY_MS_MAX;
  for (;;) {
    const state = await readState(wait.instance);
    const supervision = ownSupervision(state, wait);
    if (supervision !== undefined) {
      const record = state.product.find((one) => one.name === name);
      if (record !== undefined && (await isReady(record))) return record;
      await refuseFailed(supervision, wait);
      refuseGivenUp(record, wait);
    }
    await refuseEnded(supervision, wait);
    if (performance.now() > deadline) {
      const seconds = String(READY_MS_MAX / 1_000);
      throw new StackError(`${name} is not ready after ${seconds} s.`, `See ${logOf(wait)}`);
    }
    await sleep(LOOK_AGAIN_MS);
  }
}

async function isReady({ readyAtMs, process }: RecordedProduct): Promise<boolean> {
  return readyAtMs !== null && (await isRunning(process));
}

/** What the supervisor that is waited for has written; undefined as long as it is an earlier one's. */
function ownSupervision({ supervision }: InstanceState, wait: ReadyWait): Supervision | undefined {
  if (wait.launched === undefined) return supervision;
  return supervision?.process.pid === wait.launched.process.pid ? supervision : undefined;
}

/** Throws why the supervisor could not start the product, if so; it ends then. */
async function refuseFailed({ failure }: Supervision, { launched }: ReadyWait): Promise<void> {
  if (failure === null) return;
  await launched?.whenEnded;
  throw new StackError(failure.message, failure.cure);
}

/** Throws when the supervisor has ended without a word. */
async function refuseEnded(supervision: Supervision | undefined, wait: ReadyWait): Promise<void> {
  const supervisor = wait.launched?.process ?? supervision?.process;
  if (supervisor === undefined || (await isRunning(supervisor))) return;
  // Its last words may have been written since they were looked for.
  const { supervision: last } = await readState(wait.instance);
  if (last !== undefined) await refuseFailed(last, wait);
  throw new StackError('The supervisor of the product has ended.', `See ${logOf(wait)}`);
}

/** Throws when a process was given up since the supervisor was asked. */
function refuseGivenUp(record: RecordedProduct | undefined, { askedAt }: ReadyWait): void {
  if (record === undefined || record.givenUpAtMs === null || record.givenUpAtMs < askedAt) return;
  const how = record.lastExit?.how ?? 'it does not get ready';
  throw new StackError(
    `${record.name} ends again and again (${how}) and was given up.`,
    `See ${record.logFile}`,
  );
}

function logOf({ instance }: ReadyWait): string {
  return path.join(instance.logs, 'supervisor.log');
}
