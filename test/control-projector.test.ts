import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { encodeControlState } from '#contracts/control-states.ts';
import type { ControlStateRecord } from '#contracts/control-states.ts';
import { decodeScope } from '#contracts/scopes.ts';
import { TOPICS } from '#contracts/topics.ts';
import { openScope } from '#domain/controls/control-state.ts';
import { openControls } from './controls-fixture.ts';
import type { ControlsFixture } from './controls-fixture.ts';
import { eventually } from './kafka-fixture.ts';
import { startPart } from './part-fixture.ts';

/** control.events.v1 → killswitch.state.v1, with the real process. */

jest.setTimeout(240_000);

const LONG_MS = 50_000;

let controls: ControlsFixture;

beforeAll(async () => {
  controls = await openControls('projector', ['projector']);
}, 120_000);

afterAll(async () => {
  await controls.close();
}, 60_000);

const set = (scope: string, version: number): ControlStateRecord => {
  const state = { ...openScope(decodeScope(scope)), version };
  const change = { reason: 'r', actor: 'ann', commandId: 'c-1', corrId: 'k', at: Date.now() };
  return encodeControlState(state, change);
};

async function publish(...states: ControlStateRecord[]): Promise<void> {
  const { name: topic } = TOPICS.controlEvents;
  await controls.kafka.publish(
    states.map((state) => ({ topic, key: state.scope, value: JSON.stringify(state) })),
  );
}

const versionsOf = async (scope: string): Promise<number[]> =>
  (await controls.states(scope)).map(({ version }) => version);

describe('the projector', () => {
  test('writes each higher version once, and drops what is not higher', async () => {
    await publish(...[1, 2, 2, 1, 5, 3, 4, 6].map((version) => set('SYMBOL:A', version)));
    await controls.until('the last is there', 'SYMBOL:A', ({ version }) => version === 6);
    expect(await versionsOf('SYMBOL:A')).toEqual([1, 2, 5, 6]);
  });

  test('passes over what is no state, or lies under another scope’s key', async () => {
    const { name: topic } = TOPICS.controlEvents;
    await controls.kafka.publish([
      { topic, key: 'SYMBOL:B', value: '{}' },
      { topic, key: 'SYMBOL:B', value: JSON.stringify(set('SYMBOL:OTHER', 9)) },
    ]);
    await publish(set('SYMBOL:B', 1));
    await controls.until('what follows is there', 'SYMBOL:B', ({ version }) => version === 1);
    expect(await versionsOf('SYMBOL:OTHER')).toEqual([]);
  });

  test('killed -9 in the middle, and twice there, writes every version once, in order', async () => {
    const scopes = ['GLOBAL', 'SYMBOL:C', 'SYMBOL:D', 'STRATEGY:E'];
    const last = 60;
    const environment = {
      SENTINEL_TOPIC_PREFIX: controls.kafka.topicPrefix,
      SENTINEL_PARTITIONS: String(controls.kafka.partitions),
    };
    const first = controls.parts.get('projector');
    let second: Awaited<ReturnType<typeof startPart>> | undefined;
    for (let version = 1; version <= last; version += 1) {
      await publish(...scopes.map((scope) => set(scope, version)));
      // A stale writer's late words in between.
      await publish(...scopes.map((scope) => set(scope, Math.max(1, version - 2))));
      if (version === last / 3) {
        second = await startPart('consumers/control-projector/main.ts', environment);
      }
      if (version === (last / 3) * 2) await first?.kill();
    }
    controls.parts.delete('projector');
    for (const scope of scopes) {
      await eventually(`${scope} is whole`, LONG_MS, async () =>
        (await versionsOf(scope)).includes(last),
      );
      const versions = await versionsOf(scope);
      expect(versions).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    }
    expect(await second?.stop()).toBe(0);
  });

  test('writes nothing lower after a state of another release, which it cannot read', async () => {
    const { name: topic } = TOPICS.controlState;
    const scope = 'SYMBOL:F';
    const foreign = JSON.stringify({ ...set(scope, 7), status: 'PAUSED', paused_by: 'ann' });
    await controls.kafka.publish([{ topic, key: scope, value: foreign }]);
    await controls.start('projector');
    await publish(set(scope, 6), set(scope, 8));
    const versions = await eventually('the higher one', LONG_MS, async () => {
      const records = await controls.kafka.readAll(topic);
      const all = records.filter(({ key }) => key === scope).map(({ value }) => String(value));
      return all.length > 1 && all.map((each) => /"version":(\d+)/.exec(each)?.[1]);
    });
    expect(versions).toEqual(['7', '8']);
  });
});
