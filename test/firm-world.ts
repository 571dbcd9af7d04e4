import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { generateKeyPair } from 'jose';
import { createFirmActivities } from '#activities/firm-enforcement.ts';
import type { FirmCommandMessage } from '#contracts/command-envelope.ts';
import {
  ASK_TO_START_UPDATE,
  FIRM_COMMAND_UPDATE,
  FIRM_ENFORCEMENT_WORKFLOW,
  firmEnforcementId,
} from '#contracts/firm-messages.ts';
import type { AdoptedHolds, AskToStart, FirmCommandReply } from '#contracts/firm-messages.ts';
import { enforcementSchema } from '#contracts/firm-records.ts';
import type { EnforcementRecord } from '#contracts/firm-records.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { FirmScope, StartAnswer } from '#domain/firm-enforcement.ts';
import { createCommandSigner, createCommandVerifier } from '#platform/identity/command-envelope.ts';
import type { WorkflowServer } from './temporal.ts';

/** The firm's enforcement on a real Temporal server, its log in memory: for its tests, and histories to replay. */

export const FIRM_WORKFLOW_FILE = fileURLToPath(
  new URL('../workflows/firm-enforcement.ts', import.meta.url),
);

const LIFETIME_MS = 600_000;

/** What a story does to the firm's enforcement, and how it looks on. */
export interface FirmWorld {
  readonly handle: WorkflowHandle;
  /** What was written to enforcement.v1, oldest first. */
  readonly written: readonly EnforcementRecord[];
  /** What a person says, signed; rejects when it is refused. */
  say(type: 'HOLD' | 'RESUME', scope: FirmScope, by: string): Promise<FirmCommandReply>;
  ask(question: AskToStart): Promise<readonly StartAnswer[]>;
  /** Sends an update with any payload. */
  send(update: 'command' | 'askToStart', payload: unknown): Promise<unknown>;
}

/** Plays with a firm of its own that has `adopted` in its log; answers with the workflow, still open. */
export async function playFirm(
  { temporal, bundle }: WorkflowServer,
  adopted: AdoptedHolds,
  story: (world: FirmWorld) => Promise<void>,
): Promise<WorkflowHandle> {
  const keys = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const signer = createCommandSigner(keys.privateKey);
  const written: EnforcementRecord[] = [];
  const taskQueue = `firm-${randomUUID()}`;
  const worker = await Worker.create({
    connection: temporal.nativeConnection,
    taskQueue,
    workflowBundle: bundle,
    activities: createFirmActivities({
      publisher: {
        publish: (records) => {
          for (const { topic, value } of records) {
            if (topic !== TOPICS.enforcement.name) continue;
            written.push(enforcementSchema.parse(JSON.parse(value ?? '')));
          }
          return Promise.resolve([]);
        },
      },
      commands: createCommandVerifier(keys.publicKey),
      clock: { now: () => Date.now() },
      adopted: () => Promise.resolve(adopted),
    }),
  });
  const workflowId = firmEnforcementId(`${taskQueue}.`);
  await temporal.client.workflow.start(FIRM_ENFORCEMENT_WORKFLOW, {
    workflowId,
    taskQueue,
    args: [{}],
  });
  const handle = temporal.client.workflow.getHandle(workflowId);
  const world: FirmWorld = {
    handle,
    written,
    say: async (type, scope, by) => {
      const at = Date.now();
      const command = { type, commandId: randomUUID(), at, scope, reason: 'a story' };
      const message = await signer.seal({ command, expiresAt: at + LIFETIME_MS }, by, 'approver');
      return handle.executeUpdate<FirmCommandReply, [FirmCommandMessage]>(FIRM_COMMAND_UPDATE, {
        args: [message],
      });
    },
    ask: (question) =>
      handle.executeUpdate<readonly StartAnswer[], [AskToStart]>(ASK_TO_START_UPDATE, {
        args: [question],
      }),
    send: (update, payload) => handle.executeUpdate(update, { args: [payload] }),
  };
  await worker.runUntil(() => story(world));
  return handle;
}
