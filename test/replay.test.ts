import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { DeterminismViolationError } from '@temporalio/workflow';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { CASE_WORKFLOW_FILE } from './temporal.ts';

/** Recorded from the demo by test/record-histories.ts: cases that are under way look like these. */
const HISTORIES = [
  { story: 'a case that goes all the way', file: 'all-the-way.json' },
  { story: 'a case that is cured by a deposit', file: 'cured-by-deposit.json' },
];

const logger = new DefaultLogger('ERROR');

beforeAll(() => {
  Runtime.install({ logger });
});

async function replay(
  workflowBundle: WorkflowBundleWithSourceMap,
  file: string,
): Promise<Error | undefined> {
  const url = new URL(`./histories/${file}`, import.meta.url);
  const history: unknown = JSON.parse(await readFile(url, 'utf8'));
  const histories = [{ workflowId: 'account-case:replayed', history }];
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    return error;
  }
  throw new Error(`${file} was not replayed`);
}

describe('the workflow as it is', () => {
  let bundle: WorkflowBundleWithSourceMap;
  beforeAll(async () => {
    bundle = await bundleWorkflowCode({ workflowsPath: CASE_WORKFLOW_FILE, logger });
  }, 60_000);

  test.each(HISTORIES)(
    'goes on with $story',
    async ({ file }) => {
      expect(await replay(bundle, file)).toBeUndefined();
    },
    30_000,
  );
});

describe('a workflow that was changed', () => {
  let bundle: WorkflowBundleWithSourceMap;
  beforeAll(async () => {
    const workflowsPath = fileURLToPath(new URL('./changed-account-case.ts', import.meta.url));
    bundle = await bundleWorkflowCode({ workflowsPath, logger });
  }, 60_000);

  test.each(HISTORIES)(
    'cannot go on with $story',
    async ({ file }) => {
      expect(await replay(bundle, file)).toBeInstanceOf(DeterminismViolationError);
    },
    30_000,
  );
});
