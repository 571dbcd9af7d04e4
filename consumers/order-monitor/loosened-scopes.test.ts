import { openScope } from '#domain/controls/control-state.ts';
import type { ControlMode, Holder } from '#domain/controls/control-state.ts';
import { describe, expect, test } from '@jest/globals';
import { LoosenedScopes } from './loosened-scopes.ts';

const BLOCK: ControlMode = { kind: 'BLOCK' };
const REDUCE_ONLY: ControlMode = { kind: 'REDUCE_ONLY' };
const throttleAt = (maxRatePerSecond: number): ControlMode => ({
  kind: 'THROTTLE',
  maxRatePerSecond,
});
const by = (name: Holder['name'], mode: ControlMode): Holder => ({
  name,
  mode,
  reason: 'r',
  actor: 'ann',
  commandId: 'c',
  since: 0,
  epoch: 0,
});

type Step = readonly [holders: readonly Holder[], isLooser: boolean];

const KILLED = by('order-monitor', BLOCK);
const THROTTLED = by('order-monitor', throttleAt(10));
const CALLED = by('stale-call', REDUCE_ONLY);

describe('a scope is let go', () => {
  test.each<[string, ...Step[]]>([
    ['by an unkill', [[KILLED], false], [[], true]],
    [
      'by an unkill to a rate, and to a higher one',
      [[KILLED], false],
      [[THROTTLED], true],
      [[by('order-monitor', throttleAt(20))], true],
    ],
    ['by an unkill under close-only', [[KILLED, CALLED], false], [[CALLED], true]],
    [
      'by a kill that loosens to reduce-only',
      [[KILLED], false],
      [[by('order-monitor', REDUCE_ONLY)], true],
    ],
    [
      'not while another still kills it',
      [[KILLED, by('operator', BLOCK)], false],
      [[KILLED], false],
    ],
    ['not by close-only and its end', [[CALLED], false], [[], false]],
    ['not by a kill', [[THROTTLED], false], [[THROTTLED, KILLED], false]],
    ['by what is open when it is first heard of', [[], true], [[], false]],
  ])('%s', (_how, ...steps) => {
    const scopes = new LoosenedScopes();
    const scope = { kind: 'ACCOUNT', id: 'ACC_1' } as const;
    const seen = steps.map(([holders], index) =>
      scopes.take({ ...openScope(scope), version: index + 1, holders }),
    );
    expect(seen).toEqual(steps.map(([, isLooser]) => isLooser));
  });
});
