import { randomUUID } from 'node:crypto';
import process from 'node:process';
import type { Client } from '@temporalio/client';
import { controlCommandSchema } from '#contracts/control-commands.ts';
import type { ControlCommandInput } from '#contracts/control-commands.ts';
import type {
  ControlCommandContent,
  ControlCommandMessage,
  UnprovedControlCommand,
} from '#contracts/control-envelope.ts';
import { killSwitchId } from '#contracts/control-messages.ts';
import { controlStateSchema } from '#contracts/control-states.ts';
import type { ControlStateRecord } from '#contracts/control-states.ts';
import type { Role } from '#contracts/roles.ts';
import { TOPICS } from '#contracts/topics.ts';
import { createControlSigner } from '#platform/identity/control-envelope.ts';
import { readPrivateKey } from '#platform/identity/keys.ts';
import { createKillSwitches } from '#platform/temporal/kill-switches.ts';
import type { ControlCommandSigner } from '#ports/control-envelope.ts';
import type { ControlCommands, ControlResult } from '#ports/kill-switches.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { startPart } from './part-fixture.ts';
import type { PartProcess } from './part-fixture.ts';
import { openTemporal, testTemporalAddress } from './signaller-fixture.ts';

/** The whole way of a control: worker, kill-signaller and control-projector as processes of their own. */

export const LONG_MS = 50_000;
const LIFETIME_MS = 30_000;

const MAINS = {
  worker: 'workers/main.ts',
  signaller: 'consumers/kill-signaller/main.ts',
  projector: 'consumers/control-projector/main.ts',
} as const;
export type ControlPart = keyof typeof MAINS;

export interface ControlsFixture {
  readonly kafka: KafkaFixture;
  readonly temporal: Client;
  readonly parts: Map<ControlPart, PartProcess>;
  start(part: ControlPart): Promise<void>;
  /** Writes a command to killswitch.commands.v1; resolves with its offset. */
  command(scope: string, changes?: Partial<ControlCommandInput>): Promise<number>;
  sealed(
    scope: string,
    said: UnprovedControlCommand,
    by?: string,
    role?: Role,
  ): Promise<ControlCommandMessage>;
  send(message: ControlCommandMessage): Promise<ControlResult>;
  /** Says it as a person with the role; answers what came of it, or the code of the refusal. */
  say(scope: string, said: UnprovedControlCommand, by?: string, role?: Role): Promise<string>;
  /** The records of killswitch.state.v1 of a scope, oldest first. */
  states(scope: string): Promise<ControlStateRecord[]>;
  /** Waits until the last state of a scope is so. */
  until(
    what: string,
    scope: string,
    holds: (state: ControlStateRecord) => boolean,
  ): Promise<ControlStateRecord>;
  /** Audit events about a scope, oldest first. */
  audits(scope: string): Promise<Audited[]>;
  close(): Promise<void>;
}

export interface Audited {
  readonly type: string;
  readonly actor: string;
  readonly by: unknown;
  readonly reason: unknown;
}

/** Starts what is named; everything else can be started later. */
export async function openControls(
  name: string,
  parts: readonly ControlPart[] = ['worker', 'signaller', 'projector'],
): Promise<ControlsFixture> {
  const kafka = await openKafka(name, 2);
  const prefix = kafka.topicPrefix;
  const temporal = openTemporal(prefix);
  const scopes = createKillSwitches(temporal.client, { prefix });
  const signer = await testSigner();
  const running = new Map<ControlPart, PartProcess>();
  const environment = {
    SENTINEL_TOPIC_PREFIX: prefix,
    SENTINEL_PARTITIONS: '2',
    TEMPORAL_ADDRESS: testTemporalAddress(),
  };
  const start = async (part: ControlPart): Promise<void> => {
    running.set(part, await startPart(MAINS[part], environment));
  };
  await Promise.all(parts.map(start));
  const touched = new Set<string>();
  const states = async (scope: string): Promise<ControlStateRecord[]> =>
    (await kafka.readAll(TOPICS.controlState.name))
      .filter(({ key }) => key === scope)
      .map(({ value }) => controlStateSchema.parse(JSON.parse(String(Buffer.from(value ?? [])))));
  const sealed: ControlsFixture['sealed'] = (scope, said, by = 'bob', role = 'approver') =>
    signer.seal(contentOf(scope, said), by, role);
  const send = (message: ControlCommandMessage): Promise<ControlResult> => {
    touched.add(message.scope);
    return answered(scopes, message);
  };
  return {
    kafka,
    temporal: temporal.client,
    parts: running,
    start,
    command: async (scope, changes) => {
      touched.add(scope);
      const record = controlCommandSchema.parse({ ...commandRecord(scope), ...changes });
      const { name: topic } = TOPICS.controlCommands;
      const [position] = await kafka.publish([
        { topic, key: scope, value: JSON.stringify(record) },
      ]);
      return position?.offset ?? -1;
    },
    sealed,
    send,
    say: async (scope, said, by, role) => {
      const result = await send(await sealed(scope, said, by, role));
      if (result.kind === 'REFUSED') return result.refusal.code;
      return result.kind === 'OBEYED' ? result.reply.answer.is : result.kind;
    },
    states,
    until: (what, scope, holds) =>
      eventually(what, LONG_MS, async () => {
        const last = (await states(scope)).at(-1);
        return last !== undefined && holds(last) && last;
      }),
    audits: async (scope) =>
      (await kafka.readAll(TOPICS.audit.name)).flatMap(({ value }) => {
        const event = TOPICS.audit.schema.parse(JSON.parse(String(Buffer.from(value ?? []))));
        const { scope: of, by, reason } = event.details;
        return of === scope ? [{ type: event.event_type, actor: event.actor, by, reason }] : [];
      }),
    close: async () => {
      for (const scope of touched) {
        const handle = temporal.client.workflow.getHandle(killSwitchId(prefix, scope));
        await handle.terminate('the test is over').catch(() => undefined);
      }
      await Promise.all([...running.values()].map((part) => part.stop()));
      await Promise.all([kafka.close(), temporal.close()]);
    },
  };
}

/** Signs as the API does whose commands the test's worker believes. */
async function testSigner(): Promise<ControlCommandSigner> {
  const file = process.env.SENTINEL_COMMAND_PRIVATE_KEY_FILE;
  if (file === undefined) throw new Error('SENTINEL_COMMAND_PRIVATE_KEY_FILE: run `npm test`');
  return createControlSigner(await readPrivateKey(file));
}

/** Whoever gets no answer says the same again: it is carried out once. */
async function answered(
  scopes: ControlCommands,
  message: ControlCommandMessage,
): Promise<ControlResult> {
  const first = await scopes.command(message);
  return first.kind === 'UNANSWERED' ? scopes.command(message) : first;
}

/** A kill of the scope by ann. */
export function commandRecord(scope: string): ControlCommandInput {
  return {
    cmd_id: randomUUID(),
    ts: Date.now(),
    scope,
    action: 'KILL',
    reason: 'runaway',
    triggered_by: 'ann',
    corr_id: 'corr-1',
  };
}

/** What the envelope of a person's command binds. */
export function contentOf(scope: string, command: UnprovedControlCommand): ControlCommandContent {
  return { scope, command, corrId: 'corr-2', expiresAt: Date.now() + LIFETIME_MS };
}

/** Asks to lift everything that a holder put on. */
export function lift(
  epoch: number,
  changes: Partial<Extract<UnprovedControlCommand, { type: 'LIFT' }>> = {},
): Extract<UnprovedControlCommand, { type: 'LIFT' }> {
  return {
    type: 'LIFT',
    commandId: `lift-${randomUUID()}`,
    holder: 'operator',
    to: null,
    epoch,
    reason: 'looked into',
    ...changes,
  };
}

/** Approves what was asked, exactly unless changed. */
export function approve(
  asked: Extract<UnprovedControlCommand, { type: 'LIFT' }>,
  changes: Partial<Extract<UnprovedControlCommand, { type: 'APPROVE' }>> = {},
): UnprovedControlCommand {
  const { commandId: requestId, epoch, reason } = asked;
  const commandId = `approve-${randomUUID()}`;
  return { type: 'APPROVE', commandId, requestId, epoch, reason, ...changes };
}
