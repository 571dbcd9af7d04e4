import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { CaseServer, seen } from '#test/temporal.ts';
import { WorkflowWorker } from './workflow-worker.ts';

const WORKFLOWS = fileURLToPath(new URL('../test/workflows-in-trouble.ts', import.meta.url));

let server: CaseServer;

beforeAll(async () => {
  server = await CaseServer.start();
});

afterAll(async () => {
  await server.stop();
});

/** Starts a workflow of test/workflows-in-trouble.ts, and a worker for as long as `use` is under way. */
async function withWorker(
  workflow: string,
  use: (handle: WorkflowHandle) => Promise<void>,
): Promise<void> {
  const taskQueue = randomUUID();
  const worker = await WorkflowWorker.create({
    connection: server.temporal.nativeConnection,
    taskQueue,
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: WORKFLOWS,
      logger: new DefaultLogger('ERROR'),
    }),
  });
  await worker.runUntil(async () => {
    const handle = await server.temporal.client.workflow.start(workflow, {
      taskQueue,
      workflowId: randomUUID(),
    });
    try {
      await use(handle);
    } finally {
      await handle.terminate('the test is over');
    }
  });
}

/** Where the first failed task of a workflow says that it failed; null while none has. */
async function failedAt(handle: WorkflowHandle): Promise<string | null> {
  const { events } = await handle.fetchHistory();
  const failed = events?.find((event) => event.workflowTaskFailedEventAttributes);
  return failed?.workflowTaskFailedEventAttributes?.failure?.stackTrace ?? null;
}

describe('a worker of workflows', () => {
  test('tells the line of our file where a workflow has a defect', async () => {
    await withWorker('defective', async (handle) => {
      const at = await seen(
        'a failed task',
        () => failedAt(handle),
        (stack) => stack !== null,
      );
      expect(at).toMatch(/workflows-in-trouble\.ts:5:/);
    });
  });

  test('keeps no stack traces of what a workflow waits for, and says so', async () => {
    await withWorker('waiting', async (handle) => {
      const asked = handle.query('__stack_trace');
      await expect(asked).rejects.toThrow('stack traces are not enabled');
    });
  });
});
