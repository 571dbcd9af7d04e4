import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { DeterminismViolationError } from '@temporalio/workflow';
import { bundleWorkflowCode, DefaultLogger, Runtime } from '@temporalio/worker';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { CASE_STORIES } from './case-stories.ts';
import { FIRM_STORIES } from './firm-stories.ts';
import { FIRM_WORKFLOW_FILE } from './firm-world.ts';
import { KILL_SWITCH_STORIES } from './kill-switch-stories.ts';
import { KILL_SWITCH_WORKFLOW_FILE } from './kill-switch-world.ts';
import { COMMAND_WATCH, replay } from './replayed-history.ts';
import { CASE_WORKFLOW_FILE } from './temporal.ts';

const logger = new DefaultLogger('ERROR');

beforeAll(() => {
  Runtime.install({ logger });
});

/** The workflows of a file, telling the commands that they give. */
function bundled(workflowsPath: string): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: [COMMAND_WATCH],
    logger,
  });
}

describe('the workflow as it is', () => {
  let bundle: WorkflowBundleWithSourceMap;
  beforeAll(async () => {
    bundle = await bundled(CASE_WORKFLOW_FILE);
  });

  test.each(CASE_STORIES)('goes on with a case $tells', async ({ name }) => {
    expect((await replay(bundle, name)).error).toBeUndefined();
  });

  test.each(CASE_STORIES)(
    'sets the same timers and gives its activities and its next run the same, in a case $tells',
    async ({ name }) => {
      const { given, recorded } = await replay(bundle, name);
      // What was decided after the last recorded task is not in the history yet.
      expect(given.slice(0, recorded.length)).toEqual(recorded);
      expect(recorded.length).toBeGreaterThan(2);
    },
  );
});

const OTHERS: readonly {
  readonly what: string;
  readonly workflowsPath: string;
  readonly stories: readonly { readonly name: string; readonly tells: string }[];
}[] = [
  { what: 'a scope', workflowsPath: KILL_SWITCH_WORKFLOW_FILE, stories: KILL_SWITCH_STORIES },
  { what: 'the firm’s enforcement', workflowsPath: FIRM_WORKFLOW_FILE, stories: FIRM_STORIES },
];

describe.each(OTHERS)('the workflow of $what as it is', ({ workflowsPath, stories }) => {
  let bundle: WorkflowBundleWithSourceMap;
  beforeAll(async () => {
    bundle = await bundled(workflowsPath);
  }, 60_000);

  test.each(stories)(
    'goes on, with the same timers, activities and next run, with one $tells',
    async ({ name }) => {
      const { error, given, recorded } = await replay(bundle, name);
      expect(error).toBeUndefined();
      expect(given.slice(0, recorded.length)).toEqual(recorded);
      expect(recorded.length).toBeGreaterThan(1);
    },
    30_000,
  );
});

describe('a workflow that was changed', () => {
  let bundle: WorkflowBundleWithSourceMap;
  beforeAll(async () => {
    bundle = await bundled(fileURLToPath(new URL('./changed-account-case.ts', import.meta.url)));
  });

  test.each(CASE_STORIES)('cannot go on with a case $tells', async ({ name }) => {
    expect((await replay(bundle, name)).error).toBeInstanceOf(DeterminismViolationError);
  });
});
