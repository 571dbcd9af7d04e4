import { describe, expect, test } from '@jest/globals';
import { openScope } from '#domain/controls/control-state.ts';
import type { ControlState } from '#domain/controls/control-state.ts';
import { controlCommandSchema, decodeControlCommand } from './control-commands.ts';
import { controlStateSchema, decodeControlState, encodeControlState } from './control-states.ts';

/** As the reference shows it (seeds/001). */
const REFERENCE = {
  cmd_id: 'a6f1',
  ts: 1_710_000_000_000,
  scope: 'ACCOUNT:12345',
  action: 'KILL',
  reason: 'Order rate breach: 150 orders in 60s',
  triggered_by: 'spark',
  metric: 'order_rate_60s',
  value: 150,
  corr_id: 'corr-1',
};

describe('a command of killswitch.commands.v1', () => {
  test('as the reference has it is a BLOCK', () => {
    expect(decodeControlCommand(controlCommandSchema.parse(REFERENCE), 7)).toEqual({
      type: 'RESTRICT',
      commandId: 'a6f1',
      offset: 7,
      holder: 'operator',
      mode: { kind: 'BLOCK' },
      reason: REFERENCE.reason,
      actor: 'spark',
    });
  });
  test('without what a kill does not need is still a kill', () => {
    const { metric: _metric, value: _value, corr_id: _corrId, ...bare } = REFERENCE;
    const record = controlCommandSchema.parse({ ...bare, surprise: true });
    expect(decodeControlCommand(record, 7)).toMatchObject({ type: 'RESTRICT' });
  });
  test.each<[string, object, object]>([
    ['a reason that is too long', { reason: 'x'.repeat(501) }, { kind: 'BLOCK' }],
    ['a name that is none', { triggered_by: 'ann@firm' }, { kind: 'BLOCK' }],
    ['no id', { cmd_id: undefined }, { kind: 'BLOCK' }],
    ['a time that is none', { ts: 'now' }, { kind: 'BLOCK' }],
    ['an unknown mode', { mode: 'HALT' }, { kind: 'BLOCK' }],
    [
      'a mode that only an account can have',
      { scope: 'SYMBOL:NVDA', mode: 'NO_NEW_DEBIT_OR_SHORT' },
      { kind: 'BLOCK' },
    ],
    ['no rate', { action: 'THROTTLE' }, { kind: 'THROTTLE', maxRatePerSecond: 0 }],
  ])('with %s still stops its scope', (_what, changes, mode) => {
    const record = controlCommandSchema.parse({ ...REFERENCE, ...changes });
    expect(decodeControlCommand(record, 7)).toMatchObject({ type: 'RESTRICT', mode });
  });
  test('by a machine holds in the machine’s own name', () => {
    const record = controlCommandSchema.parse({ ...REFERENCE, triggered_by: 'order-monitor' });
    expect(decodeControlCommand(record, 7)).toMatchObject({ holder: 'order-monitor' });
  });
  test('UNKILL loosens nothing', () => {
    const record = controlCommandSchema.parse({ ...REFERENCE, action: 'UNKILL' });
    expect(decodeControlCommand(record, 7)).toMatchObject({ type: 'LOOSE_COMMAND' });
  });
  const refused: [string, object][] = [
    ['a scope of an unknown kind', { scope: 'DESK:1' }],
    ['a scope without an id', { scope: 'ACCOUNT:' }],
    ['a scope with a space', { scope: 'ACCOUNT:a b' }],
    ['GLOBAL with an id', { scope: 'GLOBAL:x' }],
    ['an unknown action', { action: 'PAUSE' }],
  ];
  test.each(refused)('never %s', (_what, changes) => {
    expect(controlCommandSchema.safeParse({ ...REFERENCE, ...changes }).success).toBe(false);
  });
});

test('a state of an older or a newer writer is read', () => {
  const change = { reason: 'r', actor: 'ann', commandId: 'c', corrId: 'k', at: 1 };
  const whole = encodeControlState(openScope({ kind: 'GLOBAL' }), change);
  const { covers_restriction_offset: _none, ...older } = whole;
  expect(controlStateSchema.parse(older).covers_restriction_offset).toBe(-1);
  expect(controlStateSchema.parse({ ...whole, mood: 'calm' })).toEqual(whole);
});

test('a state survives its way over the wire, the request and the throttle with it', () => {
  const state: ControlState = {
    ...openScope({ kind: 'STRATEGY', id: 'alpha:1' }),
    version: 4,
    coversOffset: 9,
    coversRestriction: 3,
    holders: [
      {
        name: 'operator',
        mode: { kind: 'THROTTLE', maxRatePerSecond: 5 },
        reason: 'slow down',
        actor: 'ann',
        commandId: 'c-1',
        since: 1_710_000_000_000,
        epoch: 9,
      },
    ],
    cancelsPendingSince: 3,
    request: {
      requestId: 'R1',
      holder: 'operator',
      to: { kind: 'THROTTLE', maxRatePerSecond: 9 },
      epoch: 9,
      reason: 'better now',
      requestedBy: 'bob',
      expiresAt: 1_710_000_060_000,
    },
    loosensAt: null,
    loosenedAt: null,
  };
  const change = {
    reason: 'r',
    actor: 'ann',
    commandId: 'c-1',
    corrId: 'k',
    at: 1_710_000_000_000,
  };
  const record = controlStateSchema.parse(encodeControlState(state, change));
  expect(record).toMatchObject({
    scope: 'STRATEGY:alpha:1',
    status: 'THROTTLED',
    mode: 'THROTTLE',
    max_rate_per_second: 5,
    covers_offset: 9,
    cancels_pending: true,
    updated_by: 'ann',
  });
  expect(decodeControlState(record)).toEqual(state);
});
