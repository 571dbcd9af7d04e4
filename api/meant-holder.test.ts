import type { ControlMode } from '#domain/controls/control-state.ts';
import { controlState } from '#test/control-state-fixture.ts';
import { describe, expect, test } from '@jest/globals';
import { meantHolder } from './meant-holder.ts';

const THROTTLE: ControlMode = { kind: 'THROTTLE', maxRatePerSecond: 5 };
const SCOPE = { scope: 'SYMBOL:NVDA' };
const both = controlState(SCOPE.scope, [{ epoch: 4 }, { epoch: 3, mode: THROTTLE }]);

describe('what a person lifts', () => {
  test.each([
    ['of a holder that kills and throttles, is its kill', {}, 4],
    ['is what the epoch names', { epoch: 3 }, 3],
    ['of a holder that is named, is its kill too', { holder: 'operator' as const }, 4],
  ])('%s', (_what, named, epoch) => {
    expect(meantHolder({ ...SCOPE, ...named }, both)).toEqual({ holder: 'operator', epoch });
  });

  test('is a restriction to available cash only when its epoch is named', () => {
    const mode: ControlMode = { kind: 'NO_NEW_DEBIT_OR_SHORT' };
    const killedToo = controlState('ACCOUNT:A', [{ epoch: 40 }, { epoch: 12, mode }]);
    const alone = controlState('ACCOUNT:A', [{ epoch: 12, mode }]);
    const scope = 'ACCOUNT:A';
    expect(meantHolder({ scope }, killedToo)).toEqual({ holder: 'operator', epoch: 40 });
    expect(meantHolder({ scope }, alone)).toMatchObject({
      kind: 'control-conflict',
      detail: expect.stringContaining('by its epoch: 12'),
    });
    for (const state of [killedToo, alone]) {
      expect(meantHolder({ scope, epoch: 12 }, state)).toEqual({ holder: 'operator', epoch: 12 });
    }
  });

  test('has to be named when there are several holders', () => {
    const two = controlState(SCOPE.scope, [{}, { name: 'order-monitor', mode: THROTTLE }]);
    expect(meantHolder(SCOPE, two)).toMatchObject({ kind: 'control-conflict' });
  });
});
