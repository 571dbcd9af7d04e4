import { describe, expect, test } from '@jest/globals';
import type { ReadControls } from '#contracts/control-activities.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { InboundRecord } from '#ports/records.ts';
import { controlState } from '#test/control-state-fixture.ts';
import { ControlNews } from './control-news.ts';

const SCOPE = 'ACCOUNT:A1';
/** Scopes lie in partition 1, accounts in partition 2. */
const partitionOf = (key: string): number => (key.includes(':') ? 1 : 2);

function record(topic: string, key: string, offset: number, content: object): InboundRecord {
  const value = new TextEncoder().encode(JSON.stringify(content));
  return { topic, key, offset, value, partition: partitionOf(key), timestamp: 0 };
}

const kill = (offset: number, changes: Partial<InboundRecord> = {}): InboundRecord => ({
  ...record(TOPICS.controlCommands.name, SCOPE, offset, {
    cmd_id: `k-${String(offset)}`,
    ts: 1,
    scope: SCOPE,
    action: 'KILL',
    reason: 'runaway',
    triggered_by: 'ann',
  }),
  ...changes,
});

const state = (changes: object): InboundRecord =>
  record(TOPICS.controlState.name, SCOPE, 0, controlState(SCOPE, [{}], changes));

function offsetsAfter(
  records: readonly InboundRecord[],
  asked: Partial<ReadControls> = {},
): number[] | null {
  const news = new ControlNews(partitionOf);
  news.take(records);
  const found = news.after({ scope: SCOPE, coversOffset: -1, coversRestriction: -1, ...asked });
  return found?.map(({ event }) => event.offset) ?? null;
}

describe('news of a scope', () => {
  test('are the commands beyond what the scope says it covers, with the offsets of the log', () => {
    expect(offsetsAfter([kill(3), kill(5), kill(9)])).toEqual([3, 5, 9]);
    expect(offsetsAfter([kill(3), kill(5), kill(9)], { coversOffset: 5 })).toEqual([9]);
    expect(offsetsAfter([kill(3)], { coversOffset: Number.MAX_SAFE_INTEGER })).toEqual([]);
  });
  test('are forgotten when the state covers them, whichever comes first', () => {
    const covering = state({ covers_offset: 5, covers_restriction_offset: -1 });
    const asked = { coversOffset: 5 };
    expect(offsetsAfter([kill(3), kill(5), kill(9), covering], asked)).toEqual([9]);
    expect(offsetsAfter([covering, kill(3), kill(5), kill(9)], asked)).toEqual([9]);
  });
  test('cannot be told to a scope that is behind its own state', () => {
    const covering = state({ covers_offset: 5, covers_restriction_offset: -1 });
    expect(offsetsAfter([covering, kill(9)], { coversOffset: 4 })).toBeNull();
  });
  test.each([
    ['another partition’s', kill(9, { partition: 0 })],
    ['another scope’s', kill(9, { key: 'SYMBOL:X' })],
    ['unreadable', kill(9, { value: new Uint8Array([1]) })],
  ])('are no record of %s', (_what, given) => {
    expect(offsetsAfter([given])).toEqual([]);
  });
});
