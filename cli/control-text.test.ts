import { describe, expect, test } from '@jest/globals';
import type { KillSwitchList } from '#contracts/control-rest.ts';
import type { ControlMode } from '#domain/controls/control-state.ts';
import { controlState } from '#test/control-state-fixture.ts';
import { plain } from './account-text.ts';
import { killSwitchText } from './control-text.ts';

const NOTHING: KillSwitchList = { scopes: [], others: 0, over: [], stopped: [], leases: [] };
const NOW = Date.now();

describe('the list of what stands', () => {
  const modes: [ControlMode, string][] = [
    [{ kind: 'BLOCK' }, 'Orders of ACCOUNT:A do not pass, because of GLOBAL.'],
    [{ kind: 'REDUCE_ONLY' }, 'pass only where they reduce a position, because of GLOBAL'],
    [{ kind: 'THROTTLE', maxRatePerSecond: 8 }, 'only within the 8 a second of all'],
  ];
  test.each(modes)(
    'of a scope that nobody holds tells what GLOBAL means for it: %j',
    (mode, says) => {
      const list = { ...NOTHING, over: [{ ...controlState('GLOBAL', [{ mode }]), told: [] }] };
      const text = killSwitchText(list, { scope: 'ACCOUNT:A' }, NOW, plain);
      expect(text).toContain('Nobody holds ACCOUNT:A itself.');
      expect(text).toContain(' GLOBAL\n  operator: ');
      expect(text).toContain(says);
      expect(text).not.toContain('orders pass');
    },
  );

  test('marks what is told and not in the state yet', () => {
    const mode = { kind: 'THROTTLE', maxRatePerSecond: 8 } as const;
    const held = controlState('GLOBAL', [{ epoch: 7 }, { epoch: 3, mode }]);
    const list = { ...NOTHING, scopes: [{ ...held, told: [7] }] };
    const text = killSwitchText(list, {}, NOW, plain);
    expect(text).toMatch(/operator: blocks since .*, epoch 7 \(told: not in the state yet\): /);
    expect(text).toMatch(/at most 8 a second since .*, epoch 3: /);
  });

  test.each([
    [{}, 'No scope is held: orders pass.'],
    [{ scope: 'ACCOUNT:A' }, 'Nobody holds ACCOUNT:A itself.'],
    [{ status: 'THROTTLED' }, 'No scope is THROTTLED.'],
    [{ scope: 'ACCOUNT:A', status: 'KILLED' }, 'ACCOUNT:A is not KILLED.'],
  ])('with nothing in it speaks of what was asked for, no more: %j', (asked, says) => {
    expect(killSwitchText(NOTHING, asked, NOW, plain)).toBe(`${says}\n\nNo gate lives now.\n`);
  });
});
