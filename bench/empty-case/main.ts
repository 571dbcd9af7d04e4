/**
 * Starts empty cases at a rate on a Temporal server, with a worker of the SDK as it comes, and prints how
 * long after it was due the activity of each began, ms, as one line of JSON. Arguments: address, namespace,
 * cases to warm up, cases that are timed, cases a second.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connectTemporal } from '#platform/temporal/connection.ts';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { EmptyCaseActivities } from './workflow.ts';

const TASK_QUEUE = 'bench-empty-case';
/** As the product's worker has them (workers/start-worker.ts). */
const POLLS = 16;
const TASKS_MAX = 100;
const POLL_MS = 20;

const [address = '', namespace = '', ...counts] = process.argv.slice(2);
const [warmUp = 0, timed = 0, ratePerS = 1] = counts.map(Number);

Runtime.install({ logger: new DefaultLogger('ERROR') });
const latenciesMs: number[] = [];
const activities: EmptyCaseActivities = {
  act: (dueAt) => {
    latenciesMs.push(Date.now() - dueAt);
    return Promise.resolve();
  },
};
const native = await NativeConnection.connect({ address });
const worker = await Worker.create({
  ...{ connection: native, namespace, taskQueue: TASK_QUEUE, activities },
  workflowsPath: fileURLToPath(new URL('workflow.ts', import.meta.url)),
  maxCachedWorkflows: warmUp + timed,
  maxConcurrentWorkflowTaskExecutions: TASKS_MAX,
  maxConcurrentWorkflowTaskPolls: POLLS,
});
const temporal = connectTemporal({ address, namespace, prefix: '' });
await worker.runUntil(async () => {
  await wave('warm-up', warmUp);
  latenciesMs.length = 0;
  await wave('timed', timed);
});
console.log(JSON.stringify(latenciesMs));
await temporal.close();
await native.close();

/** So many cases, each due in its turn; resolves when the activity of each has begun. */
async function wave(name: string, count: number): Promise<void> {
  const startedAt = Date.now();
  const wanted = latenciesMs.length + count;
  const started: Promise<unknown>[] = [];
  for (let index = 0; index < count; index += 1) {
    const dueAt = startedAt + (index * 1_000) / ratePerS;
    const waitMs = dueAt - Date.now();
    if (waitMs > 0) await sleep(waitMs);
    started.push(
      temporal.client.workflow.signalWithStart('emptyCase', {
        ...{ workflowId: `${name}-${String(index)}`, taskQueue: TASK_QUEUE },
        ...{ signal: 'told', signalArgs: [dueAt] },
      }),
    );
  }
  await Promise.all(started);
  while (latenciesMs.length < wanted) await sleep(POLL_MS);
}
