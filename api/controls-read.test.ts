import { openScope } from '#domain/controls/control-state.ts';
import { encodeControlState } from '#contracts/control-states.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { InboundRecord } from '#ports/records.ts';
import { describe, expect, test } from '@jest/globals';
import { ControlsRead } from './controls-read.ts';

const SCOPE = 'SYMBOL:NVDA';
const CHANGE = { reason: 'halted', actor: 'ann', commandId: 'C1', corrId: 'corr-1', at: 1 };

function stateOf(version: number, coversOffset = -1): InboundRecord {
  const state = { ...openScope({ kind: 'SYMBOL', id: 'NVDA' }), version, coversOffset };
  return {
    topic: TOPICS.controlState.name,
    partition: 0,
    offset: version,
    key: SCOPE,
    value: Buffer.from(JSON.stringify(encodeControlState(state, CHANGE))),
    timestamp: 1,
  };
}

function command(offset: number, said: object, key = SCOPE): InboundRecord {
  const common = { cmd_id: `C${String(offset)}`, ts: 1, scope: SCOPE, reason: 'runaway' };
  return {
    topic: TOPICS.controlCommands.name,
    partition: 0,
    offset,
    key,
    value: Buffer.from(JSON.stringify({ ...common, triggered_by: 'ann', ...said })),
    timestamp: 9,
  };
}

const KILL = { action: 'KILL', mode: 'BLOCK' };
const throttle = (rate: number): object => ({ action: 'THROTTLE', max_rate_per_second: rate });

function open(): ControlsRead {
  const reader = { caughtUp: () => Promise.resolve() };
  return new ControlsRead(reader, reader, () => 0);
}

describe('who was answered with a version of a scope', () => {
  test('waits until that version is read, and for no older one', async () => {
    const book = open();
    let shown: boolean | undefined;
    const waiting = book.stateShown(SCOPE, 3, 50_000).then((is) => (shown = is));
    book.takeControls([stateOf(2)]);
    await Promise.resolve();
    expect(shown).toBeUndefined();
    book.takeControls([stateOf(4)]);
    await waiting;
    expect(shown).toBe(true);
    expect(await book.stateShown(SCOPE, 4, 50_000)).toBe(true);
  });

  test('does not wait for ever: nobody may be there who writes it', async () => {
    expect(await open().stateShown(SCOPE, 1, 5)).toBe(false);
  });
});

describe('commands that the state of their scope does not cover', () => {
  test('are listed as gates hold them, with or without a state', () => {
    const book = open();
    book.takeControls([command(4, throttle(8)), command(5, KILL)]);
    expect(book.listedAll()).toMatchObject([
      {
        scope: SCOPE,
        status: 'KILLED',
        version: 0,
        told: [4, 5],
        holders: [
          { name: 'operator', mode: 'BLOCK', actor: 'ann', epoch: 5, since: 9, reason: 'runaway' },
          { name: 'operator', mode: 'THROTTLE', max_rate_per_second: 8, epoch: 4 },
        ],
      },
    ]);
    book.takeControls([stateOf(1, 4)]);
    expect(book.listed(SCOPE)).toMatchObject({ version: 1, told: [5], status: 'KILLED' });
  });

  test('are told no more once a state covers them, whichever is read first', () => {
    const book = open();
    book.takeControls([stateOf(2, 5), command(5, KILL)]);
    expect(book.listed(SCOPE)).toMatchObject({ told: [], status: 'ACTIVE' });
    book.takeControls([command(6, KILL), stateOf(3, 6)]);
    expect(book.listed(SCOPE)).toMatchObject({ told: [], status: 'ACTIVE' });
  });

  test('never loosen: the stricter of two by the same holder stays, at the later epoch', () => {
    const book = open();
    book.takeControls([command(4, throttle(8)), command(6, throttle(16))]);
    expect(book.listed(SCOPE)).toMatchObject({
      told: [6],
      max_rate_per_second: 8,
      holders: [{ epoch: 6 }],
    });
  });

  test('are none of what loosens, cannot be read, or lies under another key or elsewhere', () => {
    const book = open();
    const broken = { ...command(5, KILL), value: Buffer.from('{') };
    const elsewhere = { ...command(7, KILL), partition: 1 };
    book.takeControls([command(4, { action: 'UNKILL' }), broken, command(6, KILL, 'GLOBAL')]);
    book.takeControls([elsewhere]);
    expect(book.listedAll()).toEqual([]);
  });

  test('are waited for, not for ever', async () => {
    const book = open();
    book.takeControls([command(4, KILL)]);
    expect(await book.toldCovered(SCOPE, 5)).toBe(false);
    const covered = book.toldCovered(SCOPE, 50_000);
    book.takeControls([stateOf(1, 4)]);
    expect(await covered).toBe(true);
  });
});
