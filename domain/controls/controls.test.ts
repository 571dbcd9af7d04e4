import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ControlEvent, LiftApproved, LiftAsked, RestrictCommand } from './control-events.ts';
import { effectiveOf } from './applied-controls.ts';
import { openScope, sortOf, statusOf, strictestMode } from './control-state.ts';
import type { ControlMode, ControlState, HolderName } from './control-state.ts';
import { decideControls, nextTickAt } from './controls.ts';
import type { ControlPolicy } from './controls.ts';

const NOW = 1_710_000_000_000;
const BLOCK: ControlMode = { kind: 'BLOCK' };
const REDUCE_ONLY: ControlMode = { kind: 'REDUCE_ONLY' };
const throttleAt = (maxRatePerSecond: number): ControlMode => ({
  kind: 'THROTTLE',
  maxRatePerSecond,
});

const TWO: ControlPolicy = {
  twoPersons: () => true,
  approvalMs: 60_000,
  cooldownMs: null,
  cooldownRatePerSecond: 5,
};
const ONE: ControlPolicy = { ...TWO, twoPersons: () => false };
const COOLING: ControlPolicy = { ...TWO, cooldownMs: 1_000 };

const kill = (offset: number, given: Partial<RestrictCommand> = {}): RestrictCommand => ({
  type: 'RESTRICT',
  commandId: `kill-${String(offset)}`,
  offset,
  holder: 'operator',
  mode: BLOCK,
  reason: 'runaway',
  actor: 'ann',
  ...given,
});

const monitorKill = (offset: number, given: Partial<RestrictCommand> = {}): RestrictCommand =>
  kill(offset, { holder: 'order-monitor', actor: 'order-monitor', ...given });

const lift = (epoch: number, given: Partial<LiftAsked> = {}): LiftAsked => ({
  type: 'LIFT_ASKED',
  requestId: 'R1',
  holder: 'operator',
  to: null,
  epoch,
  reason: 'looked into',
  subject: 'bob',
  ...given,
});

const approve = (epoch: number, given: Partial<LiftApproved> = {}): LiftApproved => ({
  type: 'LIFT_APPROVED',
  approvalId: 'A1',
  requestId: 'R1',
  epoch,
  reason: 'looked into',
  subject: 'cleo',
  ...given,
});

type Given = ControlEvent | readonly [event: ControlEvent, atMs: number];

/** The scope ACCOUNT:12345 after some events, each at NOW or so many ms after. */
function after(policy: ControlPolicy, ...given: readonly Given[]) {
  let state = openScope({ kind: 'ACCOUNT', id: '12345' });
  let last = decideControls(state, { type: 'TICK' }, policy, NOW);
  for (const one of given) {
    const [event, atMs] = 'type' in one ? [one, 0] : one;
    last = decideControls(state, event, policy, NOW + atMs);
    ({ state } = last);
  }
  return { ...last, status: statusOf(state) };
}

describe('a kill', () => {
  test('stops its scope, cancels what works, and is published with the offset that it covers', () => {
    const { state, status, actions } = after(TWO, kill(7));
    expect(status).toBe('KILLED');
    expect(state).toMatchObject({ version: 1, coversOffset: 7, cancelsPendingSince: 1 });
    expect(actions.map(({ type }) => type)).toEqual(['PUBLISH', 'CANCEL_ORDERS', 'AUDIT']);
  });
  test('that comes twice changes nothing', () => {
    const { state, actions } = after(TWO, kill(7), kill(7));
    expect(state).toEqual(after(TWO, kill(7)).state);
    expect(actions).toMatchObject([{ type: 'AUDIT', what: 'REPEATED' }]);
  });
  test('that comes late, after a newer one, changes nothing', () => {
    expect(after(TWO, kill(9), kill(7)).state).toEqual(after(TWO, kill(9)).state);
  });
  test('after a kill moves the epoch, and asks nobody to cancel again', () => {
    const { state, actions } = after(TWO, kill(7), kill(9));
    expect(state).toMatchObject({ coversOffset: 9, holders: [{ epoch: 9 }] });
    expect(actions.map(({ type }) => type)).not.toContain('CANCEL_ORDERS');
  });
  test('of a looser mode by the same holder loosens nothing', () => {
    const { status, state } = after(TWO, kill(7), kill(9, { mode: throttleAt(5) }));
    expect(status).toBe('KILLED');
    expect(state.coversOffset).toBe(9);
  });
});

describe('no new debit or short', () => {
  const restrict = kill(5, { mode: { kind: 'NO_NEW_DEBIT_OR_SHORT' } });
  test('stands beside a kill, and outlives it', () => {
    const { state, status } = after(ONE, restrict, kill(7));
    expect(status).toBe('KILLED');
    expect(state.holders.map(({ mode }) => mode.kind)).toEqual(['BLOCK', 'NO_NEW_DEBIT_OR_SHORT']);
    expect(after(ONE, restrict, kill(7), lift(7)).status).toBe('NO_NEW_DEBIT_OR_SHORT');
  });
  test('has what it does not let stand cancelled', () => {
    const { state, actions } = after(TWO, restrict);
    expect(state.cancelsPendingSince).toBe(1);
    expect(actions.map(({ type }) => type)).toContain('CANCEL_ORDERS');
  });
  test('is looser than a kill, and stricter than a throttle', () => {
    expect(after(TWO, kill(7), { ...restrict, offset: 8 }).status).toBe('KILLED');
    const slow = kill(4, { mode: throttleAt(5) });
    expect(after(TWO, slow, restrict).status).toBe('NO_NEW_DEBIT_OR_SHORT');
  });
});

describe('a command that would loosen, on the command topic', () => {
  test('is ignored and audited, whoever wrote it', () => {
    const unkill: ControlEvent = {
      type: 'LOOSE_COMMAND',
      commandId: 'forged',
      offset: 8,
      action: 'UNKILL',
      actor: 'mallory',
    };
    const { status, state, actions } = after(TWO, kill(7), unkill);
    expect(status).toBe('KILLED');
    expect(state.holders).toEqual(after(TWO, kill(7)).state.holders);
    expect(actions).toMatchObject([{ what: 'LOOSE_COMMAND_IGNORED', subject: 'mallory' }]);
  });
});

describe('people resume', () => {
  test('one person, where policy asks for no second', () => {
    const { status, answer } = after(ONE, kill(7), lift(7));
    expect({ status, answer }).toEqual({ status: 'ACTIVE', answer: { is: 'DONE' } });
  });
  test('two persons, where policy asks for two: until then it stays killed', () => {
    const asked = after(TWO, kill(7), lift(7));
    expect(asked.status).toBe('KILLED');
    expect(asked.answer).toEqual({
      is: 'WAITS_FOR_APPROVAL',
      requestId: 'R1',
      expiresAt: NOW + 60_000,
    });
    const approved = after(TWO, kill(7), lift(7), approve(7));
    expect(approved.status).toBe('ACTIVE');
    expect(approved.actions).toContainEqual(
      expect.objectContaining({ what: 'LIFTED', subject: 'cleo', askedBy: 'bob' }),
    );
  });
  test('loosen in steps: a block becomes a throttle', () => {
    const { status } = after(ONE, kill(7), lift(7, { to: throttleAt(5) }));
    expect(status).toBe('THROTTLED');
  });
  test('and when they did is told, until the next time', () => {
    const loosenedAt = (policy: ControlPolicy, ...given: readonly Given[]) =>
      after(policy, ...given).state.loosenedAt;
    const lifted: Given[] = [kill(7), [lift(7), 30]];
    expect(loosenedAt(ONE, kill(7))).toBeNull();
    expect(loosenedAt(ONE, kill(7), [lift(7, { to: throttleAt(5) }), 30])).toBe(NOW + 30);
    expect(loosenedAt(ONE, ...lifted, [kill(8), 40])).toBe(NOW + 30);
    expect(loosenedAt(ONE, ...lifted, [kill(8), 40], [lift(8), 50])).toBe(NOW + 50);
    expect(loosenedAt(TWO, ...lifted)).toBeNull();
    expect(loosenedAt(TWO, ...lifted, [approve(7), 40])).toBe(NOW + 40);
  });
  test('a holder lifts only what it put on', () => {
    const { status, state } = after(ONE, kill(7), monitorKill(8), lift(7));
    expect(status).toBe('KILLED');
    expect(state.holders.map(({ name }) => name)).toEqual(['order-monitor']);
  });

  const refused: [string, ControlPolicy, Given[], string][] = [
    ['what nobody holds', ONE, [lift(7)], 'NOT_HELD'],
    ['another epoch than the one that stands', ONE, [kill(7), kill(9), lift(7)], 'OTHER_EPOCH'],
    [
      'to something stricter',
      ONE,
      [kill(7, { mode: REDUCE_ONLY }), lift(7, { to: BLOCK })],
      'NOT_LOOSER',
    ],
    ['to the same', ONE, [kill(7), lift(7, { to: BLOCK })], 'NOT_LOOSER'],
    ['while another request waits', TWO, [kill(7), lift(7), lift(7)], 'ALREADY_ASKED'],
    ['an approval of nothing', TWO, [kill(7), approve(7)], 'NO_SUCH_REQUEST'],
    [
      'of another request',
      TWO,
      [kill(7), lift(7), approve(7, { requestId: 'R2' })],
      'NO_SUCH_REQUEST',
    ],
    [
      'by the person who asked',
      TWO,
      [kill(7), lift(7), approve(7, { subject: 'bob' })],
      'SAME_PERSON',
    ],
    [
      'of another reason',
      TWO,
      [kill(7), lift(7), approve(7, { reason: 'hm' })],
      'NOT_WHAT_WAS_ASKED',
    ],
    ['of another epoch', TWO, [kill(7), lift(7), approve(6)], 'NOT_WHAT_WAS_ASKED'],
    ['too late', TWO, [kill(7), lift(7), [approve(7), 60_000]], 'REQUEST_EXPIRED'],
    ['after a new kill', TWO, [kill(7), lift(7), kill(8), approve(7)], 'NO_SUCH_REQUEST'],
  ];
  test.each(refused)('never %s', (_what, policy, given, code) => {
    const before = after(policy, ...given.slice(0, -1));
    const { state, answer, actions } = after(policy, ...given);
    expect(answer).toEqual({ is: 'REFUSED', code });
    expect(state).toEqual(before.state);
    expect(actions).toMatchObject([{ type: 'AUDIT', what: 'REFUSED' }]);
  });

  test('a request that nobody approved ends by itself, and may be asked anew', () => {
    const tick: Given = [{ type: 'TICK' }, 60_000];
    const ended = after(TWO, kill(7), lift(7), tick);
    expect(ended.state.request).toBeNull();
    expect(ended.actions).toContainEqual(expect.objectContaining({ what: 'LIFT_EXPIRED' }));
    expect(after(TWO, kill(7), lift(7), tick, [lift(7), 60_001]).answer.is).toBe(
      'WAITS_FOR_APPROVAL',
    );
  });
});

describe('a cooldown', () => {
  test('is off by default: the monitor’s kill stays until people lift it', () => {
    expect(nextTickAt(after(TWO, monitorKill(7)).state)).toBeNull();
  });
  test('leads by way of THROTTLED to ACTIVE, where policy has one', () => {
    const given: Given[] = [monitorKill(7)];
    expect(nextTickAt(after(COOLING, ...given).state)).toBe(NOW + 1_000);
    expect(after(COOLING, ...given, [{ type: 'TICK' }, 999]).status).toBe('KILLED');
    given.push([{ type: 'TICK' }, 1_000]);
    expect(after(COOLING, ...given).status).toBe('THROTTLED');
    expect(after(COOLING, ...given, [{ type: 'TICK' }, 1_999]).status).toBe('THROTTLED');
    const cooled = after(COOLING, ...given, [{ type: 'TICK' }, 2_000]);
    expect([cooled.status, cooled.state.loosenedAt]).toEqual(['ACTIVE', NOW + 2_000]);
    expect(after(COOLING, ...given).state.loosenedAt).toBe(NOW + 1_000);
  });
  test('loosens nothing that a person put on', () => {
    const { status } = after(COOLING, kill(7), [{ type: 'TICK' }, 1_000_000]);
    expect(status).toBe('KILLED');
    const both = after(COOLING, monitorKill(7), kill(8), [{ type: 'TICK' }, 1_000]);
    expect(both.status).toBe('KILLED');
  });
  test('that policy has taken back loosens nothing, and asks for no further tick', () => {
    const { state } = after(COOLING, monitorKill(7));
    const later = decideControls(state, { type: 'TICK' }, TWO, NOW + 1_000).state;
    expect(statusOf(later)).toBe('KILLED');
    expect(nextTickAt(later)).toBeNull();
  });
  test('takes off no throttle that the monitor asked for', () => {
    const throttled = monitorKill(8, { mode: throttleAt(5) });
    expect(nextTickAt(after(COOLING, throttled).state)).toBeNull();
    expect(nextTickAt(after(COOLING, monitorKill(7), throttled).state)).toBeNull();
  });
  test('begins anew with each breach', () => {
    const { status } = after(
      COOLING,
      monitorKill(7),
      [monitorKill(8), 900],
      [{ type: 'TICK' }, 1_000],
    );
    expect(status).toBe('KILLED');
  });
});

describe('a case’s own holders', () => {
  let restrictions = 0;
  const hold = (mode: ControlMode | null, holder: HolderName = 'stale-call'): ControlEvent => ({
    type: 'HOLD',
    commandId: 'case',
    offset: (restrictions += 1),
    holder,
    mode,
    reason: 'past due',
    actor: 'account-case',
  });
  test('put close-only on and take it off', () => {
    expect(after(TWO, hold(REDUCE_ONLY)).status).toBe('CLOSE_ONLY');
    expect(after(TWO, hold(REDUCE_ONLY), hold(null)).status).toBe('ACTIVE');
  });
  test('that come twice or late change nothing', () => {
    const [on, off] = [hold(REDUCE_ONLY), hold(null)];
    expect(after(TWO, on, off, on).status).toBe('ACTIVE');
    expect(after(TWO, on, off, hold(REDUCE_ONLY), off).status).toBe('CLOSE_ONLY');
  });
  test('lift no kill, and no other holder', () => {
    expect(after(TWO, kill(7), hold(REDUCE_ONLY), hold(null)).status).toBe('KILLED');
    expect(after(TWO, hold(REDUCE_ONLY), hold(REDUCE_ONLY, 'stress'), hold(null)).status).toBe(
      'CLOSE_ONLY',
    );
  });
});

describe('cancels', () => {
  test('are pending until the version that asked for them is confirmed', () => {
    const confirmed = (version: number): ControlEvent => ({ type: 'CANCELS_CONFIRMED', version });
    const pending = (...given: Given[]) => after(TWO, ...given).state.cancelsPendingSince;
    expect(pending(kill(7))).toBe(1);
    expect(pending(kill(7), lift(7), confirmed(1))).toBeNull();
    expect(pending(kill(7), confirmed(2))).toBe(1);
    expect(pending(kill(7, { mode: REDUCE_ONLY }), kill(8), confirmed(1))).toBe(2);
    expect(pending(kill(7, { mode: REDUCE_ONLY }), kill(8), confirmed(2))).toBeNull();
  });
});

test('of several holders the strictest rules; of two throttles the lower', () => {
  const modes = [throttleAt(10), throttleAt(5), REDUCE_ONLY, BLOCK];
  const names: HolderName[] = ['operator', 'order-monitor', 'stale-call', 'stress'];
  const strictest = [1, 2, 3, 4].map((count) =>
    strictestMode(
      modes.slice(0, count).map((mode, index) => ({
        name: names[index] ?? 'operator',
        mode,
        reason: '',
        actor: '',
        commandId: '',
        since: NOW,
        epoch: null,
      })),
    ),
  );
  expect(strictest).toEqual(modes);
});

describe('a kill and a throttle of the same holder', () => {
  const effective = (state: ControlState) => effectiveOf(state.holders);

  test.each<[string, readonly ControlMode[], object]>([
    [
      'a throttle to nothing, then reduce-only',
      [throttleAt(0), REDUCE_ONLY],
      { kill: 'REDUCE_ONLY', maxRatePerSecond: 0 },
    ],
    [
      'reduce-only, then a throttle',
      [REDUCE_ONLY, throttleAt(1)],
      { kill: 'REDUCE_ONLY', maxRatePerSecond: 1 },
    ],
    [
      'a block, a throttle and a looser throttle',
      [BLOCK, throttleAt(1), throttleAt(9)],
      { kill: 'BLOCK', maxRatePerSecond: 1 },
    ],
  ])('stand side by side: %s', (_what, modes, expected) => {
    const { state } = after(TWO, ...modes.map((mode, index) => kill(index + 1, { mode })));
    expect(effective(state)).toMatchObject(expected);
  });

  test('are lifted one by one, each by its epoch', () => {
    const both = [kill(1, { mode: throttleAt(5) }), kill(2, { mode: BLOCK })];
    const thawed = after(ONE, ...both, lift(2)).state;
    expect(effective(thawed)).toMatchObject({ kill: null, maxRatePerSecond: 5 });
    expect(after(ONE, ...both, lift(1)).status).toBe('KILLED');
    expect(after(ONE, ...both, lift(2), lift(1)).status).toBe('ACTIVE');
    expect(after(ONE, ...both, lift(2, { to: throttleAt(9) })).state.holders).toEqual(
      thawed.holders,
    );
    expect(effective(after(ONE, ...both, lift(2, { to: throttleAt(3) })).state)).toMatchObject({
      kill: null,
      maxRatePerSecond: 3,
    });
  });

  test('of the monitor: its cooldown takes off the kill, and not the throttle that it asked for', () => {
    const cooled = after(
      COOLING,
      monitorKill(1, { mode: throttleAt(3) }),
      monitorKill(2),
      [{ type: 'TICK' }, 1_000],
      [{ type: 'TICK' }, 3_000],
    );
    expect(effective(cooled.state)).toMatchObject({ kill: null, maxRatePerSecond: 3 });
  });
});

/** From open to strict. */
const KILLS: readonly unknown[] = [null, 'REDUCE_ONLY', 'BLOCK'];

describe('whatever comes, in whatever order', () => {
  const mode = fc.constantFrom<ControlMode>(
    BLOCK,
    REDUCE_ONLY,
    { kind: 'NO_NEW_DEBIT_OR_SHORT' },
    throttleAt(5),
    throttleAt(9),
  );
  const holder = fc.constantFrom<HolderName>('operator', 'order-monitor');
  const offset = fc.integer({ min: 0, max: 12 });
  const subject = fc.constantFrom('bob', 'cleo');
  const machine: fc.Arbitrary<ControlEvent> = fc.oneof(
    fc.record({ offset, holder, mode }).map((given) => kill(given.offset, given)),
    offset.map((at) => ({
      type: 'LOOSE_COMMAND' as const,
      commandId: 'loose',
      offset: at,
      action: 'UNKILL',
      actor: 'mallory',
    })),
  );
  const person: fc.Arbitrary<ControlEvent> = fc.oneof(
    fc
      .record({ epoch: offset, holder, subject, to: fc.constantFrom(null, throttleAt(9)) })
      .map(({ epoch, ...given }) => lift(epoch, given)),
    fc.record({ epoch: offset, subject }).map(({ epoch, ...given }) => approve(epoch, given)),
    fc.constant({ type: 'TICK' as const }),
  );

  function run(events: readonly ControlEvent[], policy: ControlPolicy): ControlState[] {
    let state = openScope({ kind: 'GLOBAL' });
    const states = [state];
    events.forEach((event, index) => {
      ({ state } = decideControls(state, event, policy, NOW + index * 10_000));
      states.push(state);
    });
    return states;
  }

  test('without a person nothing is ever looser than it was', () => {
    fc.assert(
      fc.property(fc.array(machine, { maxLength: 30 }), (events) => {
        const states = run(events, TWO);
        for (const [index, state] of states.entries()) {
          const before = effectiveOf(states[index - 1]?.holders ?? []);
          const { kill, maxRatePerSecond } = effectiveOf(state.holders);
          expect(KILLS.indexOf(kill)).toBeGreaterThanOrEqual(KILLS.indexOf(before.kill));
          expect(maxRatePerSecond ?? Infinity).toBeLessThanOrEqual(
            before.maxRatePerSecond ?? Infinity,
          );
        }
      }),
    );
  });

  test('a scope loosens only by a person who named the epoch that stands', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(machine, person), { maxLength: 40 }), (events) => {
        const states = run(events, TWO);
        events.forEach((event, index) => {
          const before = states[index];
          const state = states[index + 1];
          if (before === undefined || state === undefined) return;
          const gone = before.holders.filter(
            ({ name, mode: was }) =>
              !state.holders.some((now) => now.name === name && now.mode === was),
          );
          const looser = gone.filter((held) => {
            const now = state.holders.find(
              ({ name, mode: is }) => name === held.name && sortOf(is) === sortOf(held.mode),
            );
            return now === undefined || strictestMode([now, held]) === held.mode;
          });
          if (looser.length === 0) return;
          expect(event.type).toBe('LIFT_APPROVED');
          for (const held of looser) {
            expect(before.request).toMatchObject({ holder: held.name, epoch: held.epoch });
            if (event.type === 'LIFT_APPROVED') {
              expect(event.subject).not.toBe(before.request?.requestedBy);
            }
          }
        });
      }),
    );
  });

  test('versions and covered offsets never fall', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(machine, person), { maxLength: 40 }), (events) => {
        const states = run(events, ONE);
        states.forEach((state, index) => {
          const before = states[index - 1] ?? state;
          expect(state.version).toBeGreaterThanOrEqual(before.version);
          expect(state.coversOffset).toBeGreaterThanOrEqual(before.coversOffset);
        });
      }),
    );
  });
});
