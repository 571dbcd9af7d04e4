import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ControlView } from '../gate/control-view.ts';
import type { Scope } from '../scopes.ts';
import { AppliedControls, effectiveOf, NOTHING_HELD, showControls } from './applied-controls.ts';
import type {
  AppliedCommand,
  AppliedState,
  EffectiveControls,
  UnreadableControl,
} from './applied-controls.ts';
import { openScope } from './control-state.ts';
import type { ControlMode, ControlState, HolderName } from './control-state.ts';
import { decideControls } from './controls.ts';
import type { ControlPolicy } from './controls.ts';

const NVDA: Scope = { kind: 'SYMBOL', id: 'NVDA' };
const BLOCK: ControlMode = { kind: 'BLOCK' };
const REDUCE_ONLY: ControlMode = { kind: 'REDUCE_ONLY' };
const CASH_ONLY: ControlMode = { kind: 'NO_NEW_DEBIT_OR_SHORT' };
const throttleAt = (maxRatePerSecond: number): ControlMode => ({
  kind: 'THROTTLE',
  maxRatePerSecond,
});

const KILLED = { ...NOTHING_HELD, kill: 'BLOCK' };
const REDUCING = { ...NOTHING_HELD, kill: 'REDUCE_ONLY' };

const command = (offset: number, mode: ControlMode = BLOCK): AppliedCommand => ({
  scope: NVDA,
  offset,
  mode,
});

const holder = (mode: ControlMode, name: HolderName = 'operator', epoch: number | null = 0) => ({
  name,
  mode,
  reason: 'r',
  actor: 'ann',
  commandId: 'c',
  since: 0,
  epoch,
});

const state = (
  version: number,
  coversOffset: number,
  holders: AppliedState['holders'] = [],
  cancelsPendingSince: number | null = null,
): AppliedState => ({ scope: NVDA, version, coversOffset, holders, cancelsPendingSince });

const unread = (topic: string, offset: number): UnreadableControl => ({
  ...{ scope: NVDA, topic, partition: 0, offset, at: 1 },
});

type Given = AppliedCommand | AppliedState;

function after(...given: readonly Given[]): EffectiveControls {
  const applied = new AppliedControls();
  for (const one of given) {
    if ('version' in one) applied.takeState(one);
    else applied.takeCommand(one);
  }
  return applied.of(NVDA);
}

describe('a state that cannot be read', () => {
  test('stops its scope until a later one is read that covers its commands', () => {
    const applied = new AppliedControls();
    applied.takeState(state(1, -1, [holder(throttleAt(5))]));
    const held = applied.takeUnreadableState(unread('killswitch.state.v1', 7));
    expect(held).toMatchObject({ kill: 'BLOCK', maxRatePerSecond: 5 });
    expect(applied.takeUnreadableState(unread('killswitch.state.v1', 8))).toBeNull();
    expect([...applied.unreadable()]).toEqual([unread('killswitch.state.v1', 8)]);
    applied.takeCommand(command(3));
    applied.takeState(state(2, 2));
    expect(applied.of(NVDA).kill).toBe('BLOCK');
    expect([...applied.unreadable()]).toHaveLength(1);
    applied.takeState(state(3, 3));
    expect(applied.of(NVDA)).toEqual(NOTHING_HELD);
    expect([...applied.unreadable()]).toEqual([]);
  });
  test('nor can a command: it is named until a state covers it, and not when one has', () => {
    const applied = new AppliedControls();
    applied.takeState(state(1, 4));
    expect(applied.takeUnreadableCommand(unread('killswitch.commands.v1', 4))).toBeNull();
    expect([...applied.unreadable()]).toEqual([]);
    const one = unread('killswitch.commands.v1', 5);
    expect(applied.takeUnreadableCommand(one)).toEqual(KILLED);
    applied.takeState(state(2, 4));
    expect([...applied.unreadable()]).toEqual([one]);
    applied.takeState(state(3, 5));
    expect([...applied.unreadable()]).toEqual([]);
  });
});

describe('a gate’s controls', () => {
  const cases: [string, Given[], object][] = [
    ['are open before anything came', [], NOTHING_HELD],
    ['stop at a kill at once, without any state', [command(5)], KILLED],
    ['stay stopped by a state that has not seen the kill', [command(5), state(3, 4)], KILLED],
    ['open by a state that has', [command(5), state(4, 5)], NOTHING_HELD],
    [
      'stay stopped when an unkill raced a kill that it had not seen',
      [command(5), state(1, 5, [holder(BLOCK)]), command(6), state(2, 5)],
      KILLED,
    ],
    [
      'loosen by no state that has not seen the last command, however mild that was',
      [command(5), state(1, 5, [holder(BLOCK)]), command(6, throttleAt(9)), state(2, 5)],
      { ...KILLED, maxRatePerSecond: 9 },
    ],
    ['drop a lower version', [state(4, 5, [holder(BLOCK)]), state(3, 5)], KILLED],
    ['drop the same version again', [state(4, 5), state(4, 5, [holder(BLOCK)])], NOTHING_HELD],
    ['pass over a command that the state covers', [state(4, 5), command(5)], NOTHING_HELD],
    ['pass over a repeated command', [command(5), state(1, 5), command(5)], NOTHING_HELD],
    ['apply a command after what the state covers', [state(4, 5), command(6)], KILLED],
    ['never loosen by a milder command', [command(5), command(6, REDUCE_ONLY)], KILLED],
    [
      'take a stricter state that is behind',
      [command(5, REDUCE_ONLY), state(1, 4, [holder(BLOCK)])],
      KILLED,
    ],
    [
      'end where the last state says, whichever topic was read first',
      [state(2, 6, [holder(REDUCE_ONLY)]), command(5), command(6)],
      REDUCING,
    ],
  ];
  test.each(cases)('%s', (_what, given, expected) => {
    expect(after(...given)).toEqual(expected);
  });

  test('say what changed, and null when nothing did', () => {
    const applied = new AppliedControls();
    expect(applied.takeCommand(command(5))).toEqual(KILLED);
    expect(applied.takeCommand(command(6))).toBeNull();
    expect(applied.takeState(state(1, 6, [holder(BLOCK)]))).toBeNull();
    expect(applied.takeState(state(2, 6))).toEqual(NOTHING_HELD);
  });

  test('keep scopes apart', () => {
    const applied = new AppliedControls();
    applied.takeCommand(command(5));
    expect(applied.of({ kind: 'GLOBAL' })).toEqual(NOTHING_HELD);
    expect(applied.of({ kind: 'STRATEGY', id: 'NVDA' })).toEqual(NOTHING_HELD);
  });
});

describe('purchases under a restriction to available cash', () => {
  const restricted = { ...NOTHING_HELD, noNewDebitOrShort: true };
  const waiting = { ...restricted, purchasesWait: true };
  const held = [holder(CASH_ONLY)];
  const cases: [string, Given[], object][] = [
    ['wait from the command on', [command(5, CASH_ONLY)], waiting],
    ['while cancels are pending', [command(5, CASH_ONLY), state(1, 5, held, 1)], waiting],
    [
      'no longer when all are confirmed',
      [command(5, CASH_ONLY), state(1, 5, held, 1), state(2, 5, held)],
      restricted,
    ],
    [
      'though an earlier state says that none are pending',
      [state(1, 4, held), command(5, CASH_ONLY), state(2, 4, held)],
      waiting,
    ],
    ['of a process that starts later not', [state(2, 5, held), command(5, CASH_ONLY)], restricted],
    ['nor for the cancels of a kill alone', [state(1, 5, [holder(BLOCK)], 1)], KILLED],
  ];
  test.each(cases)('%s', (_what, given, expected) => {
    expect(after(...given)).toEqual(expected);
  });
});

describe('the holders of a scope', () => {
  test('come to the strictest kill and the lowest rate', () => {
    const held = [
      holder(REDUCE_ONLY),
      holder(throttleAt(9), 'order-monitor'),
      holder(throttleAt(5)),
    ];
    expect(effectiveOf(held)).toEqual({
      ...NOTHING_HELD,
      kill: 'REDUCE_ONLY',
      maxRatePerSecond: 5,
    });
  });
  test('of different sorts stand side by side', () => {
    expect(effectiveOf([holder(BLOCK), holder(CASH_ONLY)])).toEqual({
      ...NOTHING_HELD,
      kill: 'BLOCK',
      noNewDebitOrShort: true,
    });
  });
  test('that are a margin case’s make close-only, which is no kill', () => {
    expect(effectiveOf([holder(REDUCE_ONLY, 'stress')])).toEqual({
      ...NOTHING_HELD,
      closeOnly: true,
    });
  });
  test('show in front of the gate’s orders', () => {
    const view = new ControlView(5_000);
    const account: Scope = { kind: 'ACCOUNT', id: 'A' };
    showControls(view, account, { ...NOTHING_HELD, closeOnly: true, noNewDebitOrShort: true });
    const over = view.over({ accountId: 'A', symbol: 'XYZ', strategy: 'alpha' });
    expect(over).toMatchObject({ closeOnly: true, noNewDebitOrShort: true });
    showControls(view, account, NOTHING_HELD);
    expect(over).toMatchObject({ closeOnly: false, noNewDebitOrShort: false });
  });
});

/** One writer decides on commands and lifts; a gate reads both topics at its own pace. */
describe('however a gate reads the two topics', () => {
  const policy: ControlPolicy = {
    twoPersons: () => false,
    approvalMs: 1_000,
    cooldownMs: null,
    cooldownRatePerSecond: 1,
  };
  const mode = fc.constantFrom<ControlMode>(BLOCK, REDUCE_ONLY, throttleAt(5), throttleAt(9));
  const name = fc.constantFrom<HolderName>('operator', 'order-monitor');
  const step = fc.oneof(
    fc.record({ kind: fc.constant('COMMAND' as const), mode, name }),
    fc.record({ kind: fc.constant('LIFT' as const), name }),
    /** The writer is late by so many commands when it decides. */
    fc.record({ kind: fc.constant('CATCH_UP' as const), count: fc.integer({ min: 0, max: 3 }) }),
  );

  interface Written {
    readonly commands: (AppliedCommand & { readonly name: HolderName })[];
    readonly states: ControlState[];
  }

  function write(steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]) {
    const written: Written = { commands: [], states: [] };
    let now = openScope(NVDA);
    let taken = 0;
    const take = (event: Parameters<typeof decideControls>[1]) => {
      const before = now.version;
      now = decideControls(now, event, policy, 0).state;
      if (now.version > before) written.states.push(now);
    };
    const catchUp = (count: number) => {
      for (const { offset, mode: of, name: by } of written.commands.slice(taken, taken + count)) {
        take({
          type: 'RESTRICT',
          commandId: 'c',
          offset,
          holder: by,
          mode: of,
          reason: '',
          actor: by,
        });
        taken += 1;
      }
    };
    for (const one of steps) {
      if (one.kind === 'COMMAND') {
        const offset = written.commands.length;
        written.commands.push({ scope: NVDA, offset, mode: one.mode, name: one.name });
      } else if (one.kind === 'CATCH_UP') catchUp(one.count);
      else {
        const epoch = now.holders.find((held) => held.name === one.name)?.epoch ?? -1;
        const lift = { requestId: 'R', holder: one.name, to: null, epoch, reason: '' };
        take({ type: 'LIFT_ASKED', ...lift, subject: 'bob' });
      }
    }
    catchUp(written.commands.length);
    return { ...written, last: now };
  }

  const reading = fc.array(fc.constantFrom('COMMAND' as const, 'STATE' as const), {
    minLength: 80,
    maxLength: 80,
  });

  test('it lets nothing pass that its last command forbids until a state covers that; all read, it is where the writer is', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), reading, (steps, order) => {
        const { commands, states, last } = write(steps);
        const applied = new AppliedControls();
        const left = { commands: [...commands], states: [...states] };
        let lastRead: AppliedCommand | undefined;
        let covered = -1;
        for (const next of [
          ...order,
          ...Array<'STATE'>(40).fill('STATE'),
          ...Array<'COMMAND'>(40).fill('COMMAND'),
        ]) {
          if (next === 'COMMAND') {
            const one = left.commands.shift();
            if (one !== undefined) applied.takeCommand((lastRead = one));
          } else {
            const one = left.states.shift();
            if (one !== undefined) applied.takeState(one);
            covered = one?.coversOffset ?? covered;
          }
          if (lastRead !== undefined && covered < lastRead.offset) {
            const { kill, maxRatePerSecond } = applied.of(NVDA);
            const { mode: asked } = lastRead;
            if (asked.kind === 'BLOCK') expect(kill).toBe('BLOCK');
            if (asked.kind === 'REDUCE_ONLY') expect(kill).not.toBeNull();
            if (asked.kind === 'THROTTLE') {
              expect(maxRatePerSecond).toBeLessThanOrEqual(asked.maxRatePerSecond);
            }
          }
        }
        expect(applied.of(NVDA)).toEqual(effectiveOf(last.holders));
      }),
    );
  });
});
