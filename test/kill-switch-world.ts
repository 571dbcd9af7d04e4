import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { generateKeyPair } from 'jose';
import { createControlActivities } from '#activities/kill-switch.ts';
import type { ControlPolicyData } from '#contracts/control-policy.ts';
import type { UnprovedControlCommand } from '#contracts/control-envelope.ts';
import {
  CONTROL_COMMAND_UPDATE,
  CONTROL_EVENT_SIGNAL,
  KILL_SWITCH_WORKFLOW,
  killSwitchId,
} from '#contracts/control-messages.ts';
import type { ControlReply, ControlSignal } from '#contracts/control-messages.ts';
import { isBeyond } from '#contracts/logged-controls.ts';
import type { LoggedControl } from '#contracts/control-activities.ts';
import { controlStateSchema } from '#contracts/control-states.ts';
import type { ControlStateRecord } from '#contracts/control-states.ts';
import { TOPICS } from '#contracts/topics.ts';
import { createControlSigner, createControlVerifier } from '#platform/identity/control-envelope.ts';
import { contentOf } from './controls-fixture.ts';
import { until } from './temporal.ts';
import type { WorkflowServer } from './temporal.ts';

/** One scope's workflow on a real Temporal server, its logs in memory: for histories to replay. */

export const KILL_SWITCH_WORKFLOW_FILE = fileURLToPath(
  new URL('../workflows/kill-switch.ts', import.meta.url),
);

/** What a story does to a scope, and how it looks on. */
export interface ScopeWorld {
  readonly scope: string;
  /** The sets that the workflow has written, oldest first. */
  readonly written: readonly ControlStateRecord[];
  /** From here on the product's own records cannot be written, so many times. */
  breakLog(times: number): void;
  /** Writes it to the logs, and nobody signals it. */
  write(event: LoggedControl['event']): void;
  /** Writes it to the logs, and signals that. */
  tell(event: LoggedControl['event']): Promise<void>;
  signal(signal: ControlSignal): Promise<void>;
  say(said: UnprovedControlCommand, by: string): Promise<ControlReply>;
  /** Waits until the last set is so. */
  until(what: string, holds: (state: ControlStateRecord) => boolean): Promise<void>;
}

export interface ScopeSetting {
  readonly policy: ControlPolicyData;
  /** What the logs know of the scope when its workflow begins. */
  readonly logs: ScopeLogs;
}

export interface ScopeLogs {
  readonly latest: ControlStateRecord | null;
  readonly told: readonly LoggedControl[];
}

/** Plays with a fresh scope; answers with its workflow, which goes on without a worker. */
export async function playScope(
  { temporal, bundle }: WorkflowServer,
  { policy, logs }: ScopeSetting,
  story: (world: ScopeWorld) => Promise<void>,
): Promise<WorkflowHandle> {
  const scope = `SYMBOL:${randomUUID().slice(0, 8)}`;
  const keys = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const written: ControlStateRecord[] = [];
  const latest = logs.latest === null ? null : { ...logs.latest, scope };
  const told = [...logs.told];
  let failures = 0;
  const taskQueue = `scopes-${randomUUID()}`;
  const worker = await Worker.create({
    connection: temporal.nativeConnection,
    taskQueue,
    workflowBundle: bundle,
    activities: createControlActivities({
      publisher: {
        publish: (records) => {
          if (failures > 0) {
            failures -= 1;
            return Promise.reject(new Error('the log takes nothing'));
          }
          for (const { topic, value } of records) {
            if (topic !== TOPICS.controlEvents.name) continue;
            written.push(controlStateSchema.parse(JSON.parse(value ?? '')));
          }
          return Promise.resolve([]);
        },
      },
      log: {
        latest: () => Promise.resolve(latest),
        after: (covered) => Promise.resolve(told.filter((control) => isBeyond(covered, control))),
      },
      policy,
      commands: createControlVerifier(keys.publicKey),
      clock: { now: () => Date.now() },
    }),
  });
  const workflowId = killSwitchId('', scope);
  const start = { workflowId, taskQueue, args: [{ scope }] };
  const handle = temporal.client.workflow.getHandle(workflowId);
  const signer = createControlSigner(keys.privateKey);
  const signal = async (news: ControlSignal): Promise<void> => {
    await temporal.client.workflow.signalWithStart(KILL_SWITCH_WORKFLOW, {
      ...start,
      signal: CONTROL_EVENT_SIGNAL,
      signalArgs: [news],
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
  };
  const write = (event: LoggedControl['event']): void => {
    told.push({ event, corrId: 'corr-1' });
  };
  const world: ScopeWorld = {
    scope,
    written,
    signal,
    write,
    breakLog: (times) => {
      failures = times;
    },
    tell: (event) => {
      write(event);
      const topic = event.type === 'HOLD' ? 'restrictions.v1' : 'killswitch.commands.v1';
      return signal({ type: 'LOGGED', topic, offset: event.offset });
    },
    say: async (said, by) => {
      const message = await signer.seal(contentOf(scope, said), by, 'approver');
      return handle.executeUpdate<ControlReply, [typeof message]>(CONTROL_COMMAND_UPDATE, {
        args: [message],
        updateId: said.commandId,
      });
    },
    until: (what, holds) =>
      until(what, () => {
        const last = written.at(-1);
        return last !== undefined && holds(last);
      }),
  };
  await worker.runUntil(() => story(world));
  return handle;
}
