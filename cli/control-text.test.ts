import { describe, expect, test } from '@jest/globals';
import type { Killed, KillSwitchList } from '#contracts/control-rest.ts';
import type { ControlMode } from '#domain/controls/control-state.ts';
import { controlState } from '#test/control-state-fixture.ts';
import { plain } from './account-text.ts';
import { killedText, killSwitchText } from './control-text.ts';

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

describe('the answer to a kill or throttle', () => {
  const KILLED: Killed = {
    ...{ cmd_id: 'C1', scope: 'GLOBAL', action: 'KILL', mode: 'BLOCK', max_rate_per_second: null },
    ...{ by: 'ann', epoch: 5, stricter: [], effect: 'EFFECTIVE', leases: 1, applied: 1 },
    ...{ lapsed: [], waiting_for: [], took_ms: 12 },
  };
  const throttled: Partial<Killed> = { action: 'THROTTLE', mode: 'THROTTLE' };
  const held = { name: 'operator', max_rate_per_second: null, epoch: 3 } as const;

  test.each<[Partial<Killed>, string]>([
    [{}, 'Killed by ann: GLOBAL at epoch 5, effective on 1 of 1 leases (12 ms).'],
    [{ mode: 'REDUCE_ONLY' }, 'Made reduce only by ann: GLOBAL'],
    [{ mode: 'NO_NEW_DEBIT_OR_SHORT' }, 'Restricted to available cash and no new short by ann:'],
    [{ ...throttled, max_rate_per_second: 8 }, 'Throttled to at most 8 a second by ann: GLOBAL'],
  ])('names its mode: %j', (asked, says) => {
    const text = killedText({ ...KILLED, ...asked });
    expect(text.startsWith(says)).toBe(true);
    expect(text).not.toContain('stays');
  });

  test('of a higher rate than stands says that the lower one stays', () => {
    const stricter = [{ ...held, mode: 'THROTTLE' as const, max_rate_per_second: 8, epoch: 5 }];
    const text = killedText({ ...KILLED, ...throttled, max_rate_per_second: 16, stricter });
    expect(text).toMatch(/^Recorded by ann: GLOBAL at epoch 5, effective on /);
    expect(text).toContain(
      'It asks for at most 16 a second; what is stricter stays (operator: at most 8 a second, epoch 5).',
    );
    expect(text).toContain(
      'sentinel unkill GLOBAL --holder operator --epoch 5 --rate 16 --reason …',
    );
  });

  test('of what a margin case holds stricter names no way that people have not', () => {
    const block = { ...held, mode: 'BLOCK' as const };
    const asked = { ...KILLED, mode: 'REDUCE_ONLY' as const };
    expect(killedText({ ...asked, stricter: [block] })).toContain('--epoch 3 --reduce-only');
    expect(killedText({ ...asked, stricter: [{ ...block, epoch: null }] })).not.toContain('unkill');
  });
});
