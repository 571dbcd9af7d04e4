import type { ControlPolicyData } from '#contracts/control-policy.ts';
import { encodeControlState } from '#contracts/control-states.ts';
import type { RestrictCommand } from '#domain/controls/control-events.ts';
import { openScope } from '#domain/controls/control-state.ts';
import { approve, lift } from './controls-fixture.ts';
import type { ScopeLogs, ScopeWorld } from './kill-switch-world.ts';

/** What happens to a scope, played by its real workflow; test/histories keeps one of each. */
export interface KillSwitchStory {
  /** The file's name in test/histories, without its ending, and what the scope is in it. */
  readonly name: string;
  readonly tells: string;
  readonly policy: ControlPolicyData;
  readonly logs: ScopeLogs;
  /** Which run is kept: the first, or the one that began with the state of another. */
  readonly run: 'FIRST' | 'CONTINUED';
  readonly play: (world: ScopeWorld) => Promise<void>;
}

export const TWO: ControlPolicyData = {
  version: 'controls-1',
  twoPersonKinds: ['GLOBAL', 'ACCOUNT', 'SYMBOL', 'STRATEGY'],
  approvalMs: 60_000,
  cooldownMs: null,
  cooldownRatePerSecond: 5,
};
/** Beyond every end of a log. */
export const FORGED_OFFSET = Number.MAX_SAFE_INTEGER;
export const NOTHING: ScopeLogs = { latest: null, told: [] };

export const kill = (offset: number, changes: Partial<RestrictCommand> = {}): RestrictCommand => ({
  type: 'RESTRICT',
  commandId: `kill-${String(offset)}`,
  offset,
  holder: 'operator',
  mode: { kind: 'BLOCK' },
  reason: 'runaway',
  actor: 'ann',
  ...changes,
});

/** A scope that was killed at offset 3, and whose workflow was lost; a throttle came meanwhile. */
function lostScope(): ScopeLogs {
  const holder = { ...kill(3), name: 'operator', since: 1_710_000_000_000, epoch: 3 } as const;
  const { name, mode, reason, actor, commandId, since, epoch } = holder;
  const state = {
    ...openScope({ kind: 'SYMBOL', id: 'X' }),
    version: 4,
    coversOffset: 3,
    holders: [{ name, mode, reason, actor, commandId, since, epoch }],
  };
  const change = { reason, actor, commandId, corrId: 'corr-1', at: since };
  const throttle = kill(5, {
    holder: 'order-monitor',
    mode: { kind: 'THROTTLE', maxRatePerSecond: 5 },
    actor: 'order-monitor',
  });
  return {
    latest: encodeControlState(state, change),
    told: [
      { event: kill(3), corrId: 'corr-1' },
      { event: throttle, corrId: 'corr-2' },
    ],
  };
}

export const KILL_SWITCH_STORIES: readonly KillSwitchStory[] = [
  {
    name: 'scope-killed',
    tells: 'that is killed twice, told of what no log has, and told to loosen by a machine',
    policy: TWO,
    logs: NOTHING,
    run: 'FIRST',
    play: async ({ tell, signal, until }: ScopeWorld): Promise<void> => {
      await tell(kill(1));
      await signal({ type: 'LOGGED', topic: 'killswitch.commands.v1', offset: FORGED_OFFSET });
      await tell(kill(4, { holder: 'order-monitor', actor: 'order-monitor' }));
      await tell({
        type: 'LOOSE_COMMAND',
        commandId: 'loose',
        offset: 5,
        action: 'UNKILL',
        actor: 'mallory',
      });
      await until('both are in', ({ covers_offset }) => covers_offset === 4);
      await signal({ type: 'CANCELS_CONFIRMED', version: 2 });
      await until('cancels are confirmed', ({ cancels_pending }) => !cancels_pending);
    },
  },
  {
    name: 'scope-lifted',
    tells: 'that two persons resume, after another was refused',
    policy: TWO,
    logs: NOTHING,
    run: 'FIRST',
    play: async ({ tell, say, until }: ScopeWorld): Promise<void> => {
      await tell(kill(1));
      await until('it is killed', ({ status }) => status === 'KILLED');
      const asked = lift(1);
      await say(lift(9), 'bob').catch(() => undefined);
      await say(asked, 'bob');
      await say(approve(asked), 'bob').catch(() => undefined);
      await say(approve(asked), 'cleo');
      await until('it is open', ({ status }) => status === 'ACTIVE');
    },
  },
  {
    name: 'scope-continued',
    tells: 'that is killed again in a run of its own after it was resumed',
    policy: { ...TWO, twoPersonKinds: [] },
    logs: NOTHING,
    run: 'CONTINUED',
    play: async ({ tell, say, until }: ScopeWorld): Promise<void> => {
      await tell(kill(1));
      await until('it is killed', ({ status }) => status === 'KILLED');
      await say(lift(1), 'bob');
      await until('it is open', ({ status }) => status === 'ACTIVE');
      await tell(kill(2));
      await until('it is killed again', ({ covers_offset }) => covers_offset === 2);
    },
  },
  {
    name: 'scope-cooled-down',
    tells: 'whose kill by the monitor policy loosens in two steps',
    policy: { ...TWO, cooldownMs: 1_000 },
    logs: NOTHING,
    run: 'FIRST',
    play: async ({ tell, until }: ScopeWorld): Promise<void> => {
      await tell(kill(1, { holder: 'order-monitor', actor: 'order-monitor' }));
      await until('it is throttled', ({ status }) => status === 'THROTTLED');
      await until('it is open', ({ status }) => status === 'ACTIVE');
    },
  },
  {
    name: 'scope-not-approved',
    tells: 'whose request ends before anybody approved it',
    policy: { ...TWO, approvalMs: 1_000 },
    logs: NOTHING,
    run: 'FIRST',
    play: async ({ tell, say, until }: ScopeWorld): Promise<void> => {
      await tell(kill(1));
      await until('it is killed', ({ status }) => status === 'KILLED');
      await say(lift(1), 'bob');
      await until('it waits', ({ request }) => request !== null);
      await until('it waits no more', ({ request }) => request === null);
    },
  },
  {
    name: 'scope-adopted',
    tells: 'whose workflow was lost',
    policy: TWO,
    logs: lostScope(),
    run: 'FIRST',
    play: async ({ tell, until }: ScopeWorld): Promise<void> => {
      await tell(kill(7));
      await until('it is killed anew', ({ covers_offset }) => covers_offset === 7);
    },
  },
];
