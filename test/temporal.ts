import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { createCaseActivities } from '#activities/account-case.ts';
import { CASE_SEARCH_ATTRIBUTES } from '#contracts/case-messages.ts';
import type { Policy } from '#domain/policy.ts';
import { createCommandSigner, createCommandVerifier } from '#platform/identity/command-envelope.ts';
import type { CommandSigner } from '#ports/command-envelope.ts';
import type { WorkflowHandle } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { activityAttempt, knowAttempt } from '../workers/activity-attempt.ts';
import { WorkflowWorker } from '../workers/workflow-worker.ts';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { generateKeyPair } from 'jose';
import type { CryptoKey } from 'jose';
import { CaseWorld } from './case-world.ts';
import { testLogger } from './kafka-fixture.ts';

export const CASE_WORKFLOW_FILE = fileURLToPath(
  new URL('../workflows/account-case.ts', import.meta.url),
);

interface CommandKeys {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

/** A real Temporal server with everything that account cases need of it, for one test file. */
export class CaseServer {
  readonly temporal: TestWorkflowEnvironment;
  readonly #bundle: WorkflowBundleWithSourceMap;
  readonly #apiKey: CommandKeys;

  private constructor({ temporal, bundle }: WorkflowServer, apiKey: CommandKeys) {
    this.temporal = temporal;
    this.#bundle = bundle;
    this.#apiKey = apiKey;
  }

  static async start(): Promise<CaseServer> {
    const apiKey = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    return new CaseServer(await startWorkflowServer(CASE_WORKFLOW_FILE), apiKey);
  }

  async stop(): Promise<void> {
    await this.temporal.teardown();
  }

  /** An account with its case, on a task queue of its own unless one is given. */
  world(
    policy: Policy,
    accountId = `ACC_${randomUUID().slice(0, 8)}`,
    taskQueue = `cases-${randomUUID()}`,
  ): CaseWorld {
    return new CaseWorld({ client: this.temporal.client, taskQueue, policy, accountId });
  }

  /** Signs as the API does whose commands the workers here believe. */
  get signer(): CommandSigner {
    return createCommandSigner(this.#apiKey.privateKey);
  }

  /** Replays what a case has done so far, as a worker does that has not cached it; throws when it would do otherwise. */
  async replay(handle: WorkflowHandle): Promise<void> {
    const history = await handle.fetchHistory();
    const options = { workflowBundle: this.#bundle };
    await Worker.runReplayHistory(options, history, handle.workflowId);
  }

  /** Runs a worker for a world's case while `run` is under way. */
  async withWorker<T>(world: CaseWorld, run: () => Promise<T>): Promise<T> {
    const worker = await WorkflowWorker.create({
      connection: this.temporal.nativeConnection,
      taskQueue: world.taskQueue,
      workflowBundle: this.#bundle,
      // The next worker of a test need not wait for the last one's cases.
      stickyQueueScheduleToStartTimeout: 500,
      interceptors: { activity: [knowAttempt] },
      activities: createCaseActivities({
        publisher: world,
        figures: world,
        firm: world,
        holdings: world,
        channels: world,
        noticeLog: world,
        attempt: activityAttempt,
        policy: world.policy,
        logger: testLogger,
        commands: createCommandVerifier(this.#apiKey.publicKey),
        clock: { now: () => Date.now() },
      }),
    });
    return worker.runUntil(run);
  }
}

/** A real Temporal server, and one file of workflows in the form that a worker runs. */
export interface WorkflowServer {
  readonly temporal: TestWorkflowEnvironment;
  readonly bundle: WorkflowBundleWithSourceMap;
}

/** Starts what tests of the workflows in a file need; they end it by `temporal.teardown`. */
export async function startWorkflowServer(workflowsPath: string): Promise<WorkflowServer> {
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger });
  const temporal = await startTemporal();
  return { temporal, bundle: await bundleWorkflowCode({ workflowsPath, logger }) };
}

/**
 * The server at TEMPORAL_ADDRESS when the test run started one (test/run.ts), else a development
 * server of its own.
 */
async function startTemporal(): Promise<TestWorkflowEnvironment> {
  const address = process.env.TEMPORAL_ADDRESS;
  if (address !== undefined) return TestWorkflowEnvironment.createFromExistingServer({ address });
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: temporalPath() },
      searchAttributes: Object.entries(CASE_SEARCH_ATTRIBUTES).map(([name, type]) =>
        defineSearchAttributeKey(name, type),
      ),
      log: { format: 'pretty', level: 'error' },
      // Without it timers fire up to a second late (PLATFORM, Temporal).
      extraArgs: ['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="10ms"'],
    },
  });
}

/** The server that the local stack has in its cache. */
function temporalPath(): string {
  const cached = join(homedir(), '.cache', 'margin-sentinel', 'bin', 'temporal');
  return process.env.SENTINEL_TEMPORAL_CLI ?? cached;
}

/** Asks again until what it sees holds; throws after `limitMs`, saying what did not come and what is. */
export async function seen<T>(
  what: string,
  look: () => Promise<T>,
  holds: (found: T) => boolean,
  limitMs = 50_000,
): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (holds(found)) return found;
    if (Date.now() > end) {
      const is = inspect(found, { depth: 4 });
      throw new Error(`it was not seen within ${String(limitMs)} ms: ${what}; it is ${is}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Waits until something holds; throws after `limitMs`, saying what did not happen. */
export async function until(what: string, holds: () => boolean, limitMs = 50_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!holds()) {
    if (Date.now() > end)
      throw new Error(`it did not happen within ${String(limitMs)} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
