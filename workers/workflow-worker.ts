import { Worker as Thread } from 'node:worker_threads';
import { Worker } from '@temporalio/worker';
import { ThreadedVMWorkflowCreator } from '@temporalio/worker/lib/workflow/threaded-vm.js';
import type { WorkerThreadInput } from '@temporalio/worker/lib/workflow/workflow-worker-thread/input.js';
import { WatchedThread } from './watched-thread.ts';

type CreatorParts = Parameters<(typeof Worker)['createWorkflowCreator']>;

const ENTRY = new URL('./workflow-thread.ts', import.meta.url);

/**
 * The SDK's worker with a thread of workflows that does without two costly habits: a stack trace for each
 * promise (workers/workflow-thread.ts), and a thread of the operating system for each of the dozen calls
 * that a task makes into a workflow, which ends calls of more than 5 s. On busy cores the second waits for
 * the scheduler each time (docs/decisions/fast-calls.md). What does not come to an end is found by
 * WatchedThread instead.
 */
export class WorkflowWorker extends Worker {
  protected static override async createWorkflowCreator(
    ...[workflowBundle, { activities }, logger]: CreatorParts
  ): ReturnType<(typeof Worker)['createWorkflowCreator']> {
    const thread = new WatchedThread(new Thread(ENTRY), logger);
    const init = {
      type: 'init',
      workflowBundle,
      isolateExecutionTimeoutMs: undefined,
      reuseV8Context: true,
      registeredActivityNames: new Set(activities.keys()),
      hasPatchActivationCallback: false,
    };
    // It goes to node:vm as it is, which takes no time limit for none; the SDK's type does not.
    await thread.send(init as unknown as WorkerThreadInput);
    return new ThreadedVMWorkflowCreator([thread]);
  }
}
