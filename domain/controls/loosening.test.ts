import { describe, expect, test } from '@jest/globals';
import { openScope } from './control-state.ts';
import type { ControlMode, ControlState, Holder } from './control-state.ts';
import { whenLoosened } from './loosening.ts';

const BLOCK: ControlMode = { kind: 'BLOCK' };
const REDUCE_ONLY: ControlMode = { kind: 'REDUCE_ONLY' };
const throttleAt = (maxRatePerSecond: number): ControlMode => ({
  kind: 'THROTTLE',
  maxRatePerSecond,
});
const by = (name: Holder['name'], mode: ControlMode): Holder => ({
  ...{ name, mode, reason: 'r', actor: 'ann', commandId: 'c', since: 0, epoch: 0 },
});
const heldBy = (...holders: readonly Holder[]): ControlState => ({
  ...openScope({ kind: 'ACCOUNT', id: 'ACC_1' }),
  holders,
  loosenedAt: 7,
});

const KILLED = by('order-monitor', BLOCK);
const THROTTLED = by('order-monitor', throttleAt(10));
const CALLED = by('stale-call', REDUCE_ONLY);

describe('a scope is loosened', () => {
  test.each<[string, readonly Holder[], readonly Holder[], boolean]>([
    ['by an unkill', [KILLED], [], true],
    ['by an unkill to a rate', [KILLED], [THROTTLED], true],
    ['to a higher rate', [THROTTLED], [by('order-monitor', throttleAt(20))], true],
    ['by an unkill under close-only', [KILLED, CALLED], [CALLED], true],
    ['to reduce-only', [KILLED], [by('order-monitor', REDUCE_ONLY)], true],
    ['not while another still kills it', [KILLED, by('operator', BLOCK)], [KILLED], false],
    ['not by the end of close-only', [CALLED], [], false],
    ['not by a kill', [THROTTLED], [THROTTLED, KILLED], false],
    ['not by nothing', [], [], false],
  ])('%s', (_how, before, after, isLooser) => {
    const { loosenedAt } = whenLoosened(heldBy(...before), heldBy(...after), 9);
    expect(loosenedAt).toBe(isLooser ? 9 : 7);
  });
});
