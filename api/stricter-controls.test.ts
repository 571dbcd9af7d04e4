import { describe, expect, test } from '@jest/globals';
import type { ControlMode, Holder } from '#domain/controls/control-state.ts';
import { controlState } from '#test/control-state-fixture.ts';
import { stricterControls } from './stricter-controls.ts';

const throttle = (maxRatePerSecond: number): ControlMode => ({
  kind: 'THROTTLE',
  maxRatePerSecond,
});
const kill = (kind: 'BLOCK' | 'REDUCE_ONLY'): ControlMode => ({ kind });

describe('what is stricter than what was asked', () => {
  const cases: [string, ControlMode, Partial<Holder>[], object[]][] = [
    ['a lower rate', throttle(16), [{ mode: throttle(8) }], [{ max_rate_per_second: 8 }]],
    ['a block', kill('REDUCE_ONLY'), [{}], [{ name: 'operator', mode: 'BLOCK', epoch: 3 }]],
    [
      'everything that is, of every holder',
      throttle(16),
      [{}, { mode: throttle(8) }, { name: 'stress', mode: kill('REDUCE_ONLY'), epoch: null }],
      [{ mode: 'BLOCK' }, { mode: 'THROTTLE' }, { name: 'stress', epoch: null }],
    ],
    ['never what is as strict, or looser', throttle(8), [{ mode: throttle(8) }], []],
    ['nothing of a block', kill('BLOCK'), [{}, { mode: throttle(0) }], []],
  ];
  test.each(cases)('%s', (_what, asked, holders, stricter) => {
    const state = { ...controlState('ACCOUNT:A', holders), told: [] };
    expect(stricterControls(asked, state)).toMatchObject(stricter);
  });
  test('nothing, of a scope that nobody ever held', () => {
    expect(stricterControls(throttle(8), null)).toEqual([]);
  });
});
