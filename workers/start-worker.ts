import { fileURLToPath } from 'node:url';
import type { Logger } from '#ports/logger.ts';
import type { Metrics } from '#ports/metrics.ts';
import type { Readiness } from '#ports/readiness.ts';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import type { LogEntry } from '@temporalio/worker';
import { knowAttempt } from './activity-attempt.ts';
import { measureActivities } from './activity-metrics.ts';
import { WorkflowWorker } from './workflow-worker.ts';

/** What a stopping worker gives to activities under way; their retries go to other workers. */
const SHUTDOWN_GRACE_MS = 1_500;
const SHUTDOWN_FORCE_MS = 3_000;
/** After a worker died its cases go to another one this soon (PLATFORM, Temporal). */
const STICKY_MS = 2_000;

/** A reading for a call occupies a task for as long as it waits for the engine, at most half a second. */
const WORKFLOW_TASKS_MAX = 100;
const WORKFLOW_TASK_POLLS = 16;
/** New cases come over the queue of all workers, others over the worker's own: half of the polls each. */
const NEW_CASES_SHARE = 0.5;

export interface WorkerOptions {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  /** The file of workflows/ that exports them. */
  readonly workflow: 'account-case.ts' | 'control-workflows.ts';
  readonly activities: object;
  /** Workflows kept ready in memory, about 0.3 MB each; the others are replayed when they are needed. */
  readonly cachedMax: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Called when the worker can no longer run. */
  readonly onFatal: (error: unknown) => void;
}

export interface RunningWorker {
  ready(): Readiness;
  stop(): Promise<void>;
}

/** The SDK's core logs as the part does. Once for a process, before its first worker. */
export function installRuntime(logger: Logger): void {
  // The process decides when to stop, not the SDK.
  Runtime.install({ logger: sdkLogger(logger), shutdownSignals: [] });
}

/** Starts a worker of one kind of workflow; `stop` resolves when it has handed over what was under way. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const connection = await NativeConnection.connect({ address: options.address });
  const worker = await WorkflowWorker.create({
    connection,
    namespace: options.namespace,
    taskQueue: options.taskQueue,
    workflowsPath: fileURLToPath(new URL(`../workflows/${options.workflow}`, import.meta.url)),
    activities: options.activities,
    interceptors: { activity: [measureActivities(options.metrics, options.logger), knowAttempt] },
    maxCachedWorkflows: options.cachedMax,
    maxConcurrentWorkflowTaskExecutions: WORKFLOW_TASKS_MAX,
    maxConcurrentWorkflowTaskPolls: WORKFLOW_TASK_POLLS,
    nonStickyToStickyPollRatio: NEW_CASES_SHARE,
    stickyQueueScheduleToStartTimeout: STICKY_MS,
    shutdownGraceTime: SHUTDOWN_GRACE_MS,
    shutdownForceTime: SHUTDOWN_FORCE_MS,
  });
  const finished = worker.run();
  finished.catch(options.onFatal);
  return {
    ready: () => {
      const state = worker.getState();
      if (state === 'RUNNING') return { ready: true };
      return { ready: false, reason: `the Temporal worker is ${state.toLowerCase()}` };
    },
    stop: async () => {
      worker.shutdown();
      await finished;
      await connection.close();
    },
  };
}

/** The SDK's warnings and errors among the part's own log lines. */
function sdkLogger(logger: Logger): DefaultLogger {
  return new DefaultLogger('WARN', ({ level, message, meta }: LogEntry) => {
    const fields = { temporal: true, ...meta };
    if (level === 'ERROR') logger.error(fields, message);
    else logger.warn(fields, message);
  });
}
