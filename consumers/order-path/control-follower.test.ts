import { encodeControlState } from '#contracts/control-states.ts';
import { TOPICS } from '#contracts/topics.ts';
import { openScope } from '#domain/controls/control-state.ts';
import type { InboundRecord } from '#ports/records.ts';
import { testLogger } from '#test/kafka-fixture.ts';
import { describe, expect, test } from '@jest/globals';
import { ControlFollower } from './control-follower.ts';

const NVDA = { kind: 'SYMBOL', id: 'NVDA' } as const;
const KEY = 'SYMBOL:NVDA';
const PARTITION = 1;
const COMMANDS = TOPICS.controlCommands.name;
const STATES = TOPICS.controlState.name;

/** A follower to whom a test hands the records of both topics. */
async function open() {
  let take: (records: readonly InboundRecord[]) => void | Promise<void> = () => undefined;
  let position = 0;
  const follower = new ControlFollower({
    reader: {
      start: (_topics, onRecords) => {
        take = onRecords;
        return Promise.resolve();
      },
      caughtUp: () => Promise.resolve(),
      caughtUpAdvancing: () => Promise.resolve(),
      positions: () => [position],
      stop: () => Promise.resolve(),
    },
    ends: { endOffsets: () => Promise.resolve([]) },
    partitionOf: () => PARTITION,
    clock: { now: () => 0 },
    logger: testLogger,
    unreadable: { inc: () => undefined },
  });
  await follower.start();
  let offset = 0;
  const give = (topic: string, content: unknown, key = KEY, partition = PARTITION): void => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const value = Buffer.from(text);
    void take([{ topic, partition, offset: offset++, key, value, timestamp: 0 }]);
    position = offset;
  };
  return { follower, give, kill: () => follower.of(NVDA).kill };
}

function stateOf(version: number, coversOffset: number): object {
  const change = { reason: 'r', actor: 'ann', commandId: 'c', corrId: 'k', at: 1 };
  return encodeControlState({ ...openScope(NVDA), version, coversOffset }, change);
}

describe('a control that cannot be read', () => {
  test.each([
    ['a command that is no JSON', COMMANDS, '{'],
    ['a command of an unknown action', COMMANDS, { action: 'HALT', scope: KEY }],
    ['a state that is no JSON', STATES, '{'],
    ['a state without its version', STATES, { ...stateOf(3, 5), version: undefined }],
    [
      'a state of an unknown holder',
      STATES,
      { ...stateOf(3, 5), holders: [{ name: 'regulator' }] },
    ],
  ])('stops its scope: %s', async (_what, topic, content) => {
    const { follower, give, kill } = await open();
    const told: unknown[] = [];
    follower.subscribe((scope, held) => told.push([scope, held.kill]));
    give(topic, content);
    expect(kill()).toBe('BLOCK');
    expect(told).toEqual([[NVDA, 'BLOCK']]);
    const place = { topic, partition: PARTITION, offset: 0, at: 0 };
    expect([...follower.unreadable()]).toEqual([{ scope: NVDA, ...place }]);
    // A later state that covers it is what stands.
    give(STATES, stateOf(9, 9));
    expect(kill()).toBeNull();
    expect([...follower.unreadable()]).toEqual([]);
    await follower.stop();
  });

  test.each([
    ['whose key names no scope', 'DESK:1', PARTITION],
    ['in a partition that is not its scope’s', KEY, PARTITION + 1],
  ])('%s stops nothing', async (_what, key, partition) => {
    const { follower, give, kill } = await open();
    give(COMMANDS, '{', key, partition);
    give(STATES, '{', key, partition);
    expect(kill()).toBeNull();
    await follower.stop();
  });
});

test('it tells what it has applied when its position has moved, also when nothing is stricter for it', async () => {
  const { follower, give } = await open();
  const told: unknown[] = [];
  follower.onApplied(() => told.push(follower.applied()[COMMANDS]));
  for (const position of [1, 2]) {
    give(COMMANDS, '{');
    await new Promise((resolve) => setImmediate(resolve));
    expect(told.at(-1)).toEqual([position]);
  }
  expect(told).toHaveLength(2);
  await follower.stop();
});
