import { openScope } from '#domain/controls/control-state.ts';
import { encodeControlState } from '#contracts/control-states.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { InboundRecord } from '#ports/records.ts';
import { describe, expect, test } from '@jest/globals';
import { ControlsRead } from './controls-read.ts';

const SCOPE = 'SYMBOL:NVDA';
const CHANGE = { reason: 'halted', actor: 'ann', commandId: 'C1', corrId: 'corr-1', at: 1 };

function stateOf(version: number): InboundRecord {
  const state = { ...openScope({ kind: 'SYMBOL', id: 'NVDA' }), version };
  return {
    topic: TOPICS.controlState.name,
    partition: 0,
    offset: version,
    key: SCOPE,
    value: Buffer.from(JSON.stringify(encodeControlState(state, CHANGE))),
    timestamp: 1,
  };
}

function open(): ControlsRead {
  const reader = { caughtUp: () => Promise.resolve() };
  return new ControlsRead(reader, reader);
}

describe('who was answered with a version of a scope', () => {
  test('waits until that version is read, and for no older one', async () => {
    const book = open();
    let shown: boolean | undefined;
    const waiting = book.stateShown(SCOPE, 3, 50_000).then((is) => (shown = is));
    book.takeStates([stateOf(2)]);
    await Promise.resolve();
    expect(shown).toBeUndefined();
    book.takeStates([stateOf(4)]);
    await waiting;
    expect(shown).toBe(true);
    expect(await book.stateShown(SCOPE, 4, 50_000)).toBe(true);
  });

  test('does not wait for ever: nobody may be there who writes it', async () => {
    expect(await open().stateShown(SCOPE, 1, 5)).toBe(false);
  });
});
