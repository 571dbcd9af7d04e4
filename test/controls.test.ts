import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { generateKeyPair } from 'jose';
import { CONTROL_EVENT_SIGNAL, killSwitchId } from '#contracts/control-messages.ts';
import { TOPICS } from '#contracts/topics.ts';
import { createControlSigner } from '#platform/identity/control-envelope.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import {
  approve,
  commandRecord,
  contentOf,
  lift,
  LONG_MS,
  openControls,
} from './controls-fixture.ts';
import type { ControlsFixture } from './controls-fixture.ts';
import { eventually } from './kafka-fixture.ts';
import { leaseRecord } from './lease-fixture.ts';
import { restrictionRecord } from './restriction-record.ts';

/** From a command to the compacted state, on the real servers, every part a process of its own. */

jest.setTimeout(240_000);

let controls: ControlsFixture;
let scopes = 0;

beforeAll(async () => {
  controls = await openControls('controls');
}, 120_000);

afterAll(async () => {
  await controls.close();
}, 60_000);

/** A scope that no other test has touched. */
const freshScope = (kind: 'SYMBOL' | 'STRATEGY' | 'ACCOUNT' = 'SYMBOL'): string =>
  `${kind}:X${String((scopes += 1))}`;

/** A scope that ann has killed, and the epoch of that. */
async function killedScope(): Promise<{ readonly scope: string; readonly epoch: number }> {
  const scope = freshScope();
  const epoch = await controls.command(scope);
  await controls.until('the kill is in the state', scope, ({ status }) => status === 'KILLED');
  return { scope, epoch };
}

const statusOf = async (scope: string): Promise<string | undefined> =>
  (await controls.states(scope)).at(-1)?.status;

describe('a kill', () => {
  test('of each kind of scope comes to killswitch.state.v1 with what it rests on', async () => {
    for (const scope of ['GLOBAL', freshScope('ACCOUNT'), freshScope('STRATEGY')]) {
      const offset = await controls.command(scope, { cmd_id: 'c-1', reason: 'why' });
      const state = await controls.until(
        'it is killed',
        scope,
        ({ status }) => status === 'KILLED',
      );
      expect(state).toMatchObject({
        scope,
        reason: 'why',
        updated_by: 'ann',
        command_id: 'c-1',
        corr_id: 'corr-1',
        covers_offset: offset,
        cancels_pending: true,
        holders: [{ name: 'operator', mode: 'BLOCK', epoch: offset }],
      });
      expect(await controls.audits(scope)).toEqual([
        { type: 'CONTROL_RESTRICTED', actor: 'ann', by: 'ann', reason: 'why' },
      ]);
    }
  });

  test('is lifted by two persons, the second approving exactly what the first asked', async () => {
    const { scope, epoch } = await killedScope();
    const asked = lift(epoch);
    expect(await controls.say(scope, asked, 'bob')).toBe('WAITS_FOR_APPROVAL');
    const waits = await controls.until(
      'the request shows',
      scope,
      ({ request }) => request !== null,
    );
    expect(waits).toMatchObject({ status: 'KILLED', request: { requested_by: 'bob', epoch } });
    expect(await controls.say(scope, approve(asked), 'cleo')).toBe('DONE');
    const after = await controls.until('it is open', scope, ({ status }) => status === 'ACTIVE');
    expect(after).toMatchObject({ holders: [], request: null, updated_by: 'bob, cleo' });
    expect((await controls.audits(scope)).map(({ type, actor }) => [type, actor])).toEqual([
      ['CONTROL_RESTRICTED', 'ann'],
      ['CONTROL_LIFT_ASKED', 'bob'],
      ['CONTROL_LIFTED', 'cleo'],
    ]);
  });
});

describe('a person loosens only what they saw, and only as themselves', () => {
  test('an unkill that raced a kill it had not seen changes nothing', async () => {
    const { scope, epoch } = await killedScope();
    const asked = lift(epoch);
    expect(await controls.say(scope, asked)).toBe('WAITS_FOR_APPROVAL');
    const later = await controls.command(scope, { reason: 'again' });
    await controls.until('the later kill is in', scope, (state) => state.covers_offset === later);
    expect(await controls.say(scope, approve(asked), 'cleo')).toBe('NO_SUCH_REQUEST');
    expect(await controls.say(scope, lift(epoch))).toBe('OTHER_EPOCH');
    expect(await statusOf(scope)).toBe('KILLED');
  });

  test('an approval of anything else than was asked is refused', async () => {
    const { scope, epoch } = await killedScope();
    const asked = lift(epoch);
    await controls.say(scope, asked, 'bob');
    const said = (changes: Parameters<typeof approve>[1], by = 'cleo') =>
      controls.say(scope, approve(asked, changes), by);
    expect(await said({ epoch: epoch + 1 })).toBe('NOT_WHAT_WAS_ASKED');
    expect(await said({ reason: 'something else' })).toBe('NOT_WHAT_WAS_ASKED');
    expect(await said({ requestId: 'other' })).toBe('NO_SUCH_REQUEST');
    expect(await said({}, 'bob')).toBe('SAME_PERSON');
    // For another scope that waits for nothing, the same words are worth nothing.
    expect(await controls.say(freshScope(), approve(asked), 'cleo')).toBe('NO_SUCH_REQUEST');
    expect(await statusOf(scope)).toBe('KILLED');
  });

  test('a command sent twice is carried out once, and gets its first answer', async () => {
    const { scope, epoch } = await killedScope();
    const message = await controls.sealed(scope, lift(epoch), 'bob');
    const first = await controls.send(message);
    const other = { ...message, command: { ...message.command } };
    expect(await controls.send(other)).toMatchObject({ kind: 'OBEYED' });
    expect(first).toMatchObject({ kind: 'OBEYED' });
    const asked = (await controls.audits(scope)).filter(
      ({ type }) => type === 'CONTROL_LIFT_ASKED',
    );
    expect(asked).toHaveLength(1);
  });

  test('an envelope of a stranger, for another scope, of too low a role or too late opens nothing', async () => {
    const { scope, epoch } = await killedScope();
    const said = lift(epoch);
    const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    const forged = await createControlSigner(privateKey).seal(
      contentOf(scope, said),
      'eve',
      'approver',
    );
    expect(await controls.send(forged)).toMatchObject({ refusal: { code: 'BAD_SIGNATURE' } });
    const elsewhere = await controls.sealed(freshScope(), lift(epoch));
    expect(await controls.send({ ...elsewhere, scope })).toMatchObject({
      refusal: { code: 'CONTENT_NOT_SIGNED' },
    });
    expect(await controls.say(scope, lift(epoch), 'vic', 'viewer')).toBe('ROLE_NOT_ENOUGH');
    const late = { ...(await controls.sealed(scope, lift(epoch))), expiresAt: Date.now() - 1 };
    expect(await controls.send(late)).toMatchObject({ refusal: { code: 'COMMAND_EXPIRED' } });
    expect(await statusOf(scope)).toBe('KILLED');
    const refused = (await controls.audits(scope)).filter(({ type }) => type === 'CONTROL_REFUSED');
    expect(refused.map(({ by }) => by)).toEqual(Array(3).fill('nobody proved'));
  });
});

describe('what comes twice, late or forged on the topic', () => {
  test('never loosens: an UNKILL is ignored and audited', async () => {
    const { scope } = await killedScope();
    await controls.command(scope, { action: 'UNKILL', triggered_by: 'mallory' });
    await eventually('it is audited', LONG_MS, async () =>
      (await controls.audits(scope)).some(
        ({ type, actor, by }) =>
          type === 'CONTROL_LOOSE_COMMAND_IGNORED' && actor === 'kill-switch' && by === 'mallory',
      ),
    );
    expect(await statusOf(scope)).toBe('KILLED');
  });

  test('never covers what no log has: a signal with a huge offset leaves the next kill its place', async () => {
    const { scope, epoch } = await killedScope();
    const id = killSwitchId(controls.kafka.topicPrefix, scope);
    const handle = controls.temporal.workflow.getHandle(id);
    const offset = Number.MAX_SAFE_INTEGER;
    const { name: topic } = TOPICS.controlCommands;
    await handle.signal(CONTROL_EVENT_SIGNAL, { type: 'LOGGED', topic, offset });
    await handle.signal(CONTROL_EVENT_SIGNAL, { type: 'CANCELS_CONFIRMED', version: offset });
    // As a command and a case's own words travelled before: no shape of a signal says what to hold.
    const common = { commandId: 'forged', holder: 'operator', reason: 'r', actor: 'ann' };
    const lifting = { ...common, type: 'HOLD', offset, mode: null };
    await handle.signal(CONTROL_EVENT_SIGNAL, { event: lifting, corrId: 'k' });
    await handle.signal(CONTROL_EVENT_SIGNAL, lifting);
    const later = await controls.command(scope, { reason: 'again' });
    const state = await controls.until(
      'the kill after it is in',
      scope,
      ({ covers_offset }) => covers_offset !== epoch,
    );
    expect(state).toMatchObject({ status: 'KILLED', covers_offset: later, cancels_pending: true });
    expect(state.holders).toMatchObject([{ name: 'operator', epoch: later }]);
  });

  test('never loosens: a throttle after a kill leaves the kill', async () => {
    const { scope } = await killedScope();
    const offset = await controls.command(scope, { action: 'THROTTLE', max_rate_per_second: 5 });
    const after = await controls.until(
      'it is in',
      scope,
      (state) => state.covers_offset === offset,
    );
    expect(after).toMatchObject({ status: 'KILLED', mode: 'BLOCK' });
  });

  test('is a dead letter when it cannot be read, and is no part of the state', async () => {
    const scope = freshScope();
    const { name: topic } = TOPICS.controlCommands;
    await controls.kafka.publish([
      { topic, key: scope, value: 'not JSON' },
      { topic, key: scope, value: JSON.stringify({ action: 'PAUSE', scope }) },
    ]);
    await controls.command(scope);
    await controls.until('the kill after it acts', scope, ({ status }) => status === 'KILLED');
    const letters = await controls.kafka.readAll(`${topic}.dlq`);
    expect(letters.length).toBeGreaterThanOrEqual(2);
  });

  test('covers nothing from another partition: its offsets compare with none of the scope’s', async () => {
    const { scope, epoch } = await killedScope();
    const { name: topic } = TOPICS.controlCommands;
    const partition = 1 - partitionOf(scope, controls.kafka.partitions);
    const value = JSON.stringify(commandRecord(scope));
    // By enough that one of them lies beyond the scope's own.
    const misplaced = { topic, key: scope, partition, value };
    await controls.kafka.publish(Array<typeof misplaced>(epoch + 20).fill(misplaced));
    const later = await controls.command(scope);
    await controls.until('the next is in', scope, (state) => state.covers_offset === later);
    const letters = await controls.kafka.readAll(`${topic}.dlq`);
    expect(
      letters.filter(({ key }) => key?.startsWith(`${topic}:${String(partition)}:`)),
    ).not.toEqual([]);
    expect((await controls.states(scope)).map((state) => state.covers_offset)).toEqual([
      epoch,
      later,
    ]);
  });
});

describe('a margin case', () => {
  test('makes its account close-only beside a kill, and lifts no more than that', async () => {
    const accountId = `R${String(Date.now())}`;
    const scope = `ACCOUNT:${accountId}`;
    const say = (action: 'CLOSE_ONLY' | 'LIFTED', episode: number) =>
      controls.kafka.publish([restrictionRecord(accountId, action, episode)]);
    await say('CLOSE_ONLY', 1);
    const held = await controls.until('it is held', scope, ({ status }) => status === 'CLOSE_ONLY');
    expect(held.holders).toMatchObject([
      { name: 'stale-call', mode: 'REDUCE_ONLY', epoch: null, actor: 'account-case' },
    ]);
    await controls.command(scope);
    await controls.until('it is killed too', scope, ({ holders }) => holders.length === 2);
    expect(await controls.say(scope, lift(0, { holder: 'stale-call' }))).toBe('OTHER_EPOCH');
    await say('LIFTED', 1);
    const killed = await controls.until(
      'the kill stands',
      scope,
      ({ holders }) => holders.length === 1,
    );
    expect(killed).toMatchObject({ status: 'KILLED', holders: [{ name: 'operator' }] });
  });
});

describe('cancels of a kill', () => {
  test('are pending until gates and venue adapters of every partition have confirmed them', async () => {
    const { scope } = await killedScope();
    const positions = Array<number>(controls.kafka.partitions).fill(1_000);
    const applied = { 'killswitch.commands.v1': positions, 'killswitch.state.v1': positions };
    const lease =
      (kind: 'GATE' | 'VENUE') =>
      (process: string, owned_partitions: number[], cancels_pending: string[]) =>
        leaseRecord(process, positions, {
          ...{ kind, lease_ms: 600_000, applied, owned_partitions, cancels_pending },
        });
    const [venue, gate] = [lease('VENUE'), lease('GATE')];
    const names = async (count: number): Promise<void> => {
      // Of two kills known to the same ones that with nothing left to cancel is confirmed.
      const other = await killedScope();
      await controls.until(
        `other ${String(count)}`,
        other.scope,
        (state) => !state.cancels_pending,
      );
      expect((await controls.states(scope)).at(-1)).toMatchObject({ cancels_pending: true });
    };
    await controls.kafka.publish([venue('v1', [0], []), venue('v2', [1], [scope])]);
    await controls.kafka.publish([gate('g1', [0, 1], [scope])]);
    await names(1);
    await controls.kafka.publish([venue('v2', [1], [])]);
    await names(2);
    await controls.kafka.publish([gate('g1', [0, 1], [])]);
    const done = await controls.until('it', scope, ({ cancels_pending }) => !cancels_pending);
    expect(done).toMatchObject({ status: 'KILLED', cancels_pending_version: null });
    const left = { state: 'LEFT' } as const;
    await controls.kafka.publish(
      ['v1', 'v2', 'g1'].map((one) => leaseRecord(one, positions, left)),
    );
  });
});

describe('a control that a gate cannot read', () => {
  test('calls a person, until no gate stops its scope any more', async () => {
    const scope = freshScope();
    const control = { scope, topic: 'killswitch.state.v1', partition: 1, offset: 7, since: 5 };
    const gate = (unreadable: readonly (typeof control)[]) =>
      leaseRecord('g9', [0, 0], { lease_ms: 600_000, unreadable: [...unreadable] });
    const event = async (): Promise<unknown> =>
      (await controls.kafka.readAll(TOPICS.alerts.name))
        .filter(({ key }) => key === scope)
        .map(({ value }) => TOPICS.alerts.schema.parse(JSON.parse(String(value))).event)
        .join();
    await controls.kafka.publish([gate([control])]);
    await eventually('the call', LONG_MS, async () => (await event()) === 'RAISED');
    await controls.kafka.publish([gate([])]);
    await eventually('its end', LONG_MS, async () => (await event()) === 'RAISED,CLEARED');
    await controls.kafka.publish([leaseRecord('g9', [0, 0], { state: 'LEFT' })]);
  });
});

describe('after a loss', () => {
  test('a workflow takes over what the logs know, and what was told meanwhile', async () => {
    const { scope, epoch } = await killedScope();
    const id = killSwitchId(controls.kafka.topicPrefix, scope);
    await controls.temporal.workflow.getHandle(id).terminate('lost');
    const asked = lift(epoch);
    expect(await controls.say(scope, asked)).toBe('WAITS_FOR_APPROVAL');
    expect(await controls.say(scope, approve(asked), 'cleo')).toBe('DONE');
    await controls.until('it is open', scope, ({ status }) => status === 'ACTIVE');
    await controls.temporal.workflow.getHandle(id).terminate('lost again');
    await controls.command(scope, { triggered_by: 'order-monitor' });
    const again = await controls.until('it is killed', scope, ({ status }) => status === 'KILLED');
    expect(again.holders).toMatchObject([{ name: 'order-monitor' }]);
    const versions = (await controls.states(scope)).map(({ version }) => version);
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
  });
});
