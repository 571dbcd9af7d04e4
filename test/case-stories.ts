import type { StaleReason } from '#domain/case-events.ts';
import type { Policy } from '#domain/policy.ts';
import type { CaseWorld } from './case-world.ts';
import { WALK_POLICY } from './ladder-walk.ts';
import { until } from './temporal.ts';

/** A path of the ladder, played by a real case on a real server; test/histories keeps one of each. */
export interface CaseStory {
  /** The file's name in test/histories, without its ending, and what the case is in it. */
  readonly name: string;
  readonly tells: string;
  readonly policy: Policy;
  /** Which run is kept: the longest, or the one that began with the state of another. */
  readonly run: 'LONGEST' | 'CONTINUED';
  readonly play: (world: CaseWorld) => Promise<void>;
}

/** Durations of hundreds of milliseconds. */
const POLICY: Policy = {
  ...WALK_POLICY,
  dueAfterMs: 900,
  graceMs: 400,
  marketCureMs: 400,
  staleRetryMs: 200,
  accelerationMs: 300,
  orderTtlMs: 2_000,
};
const SLOW: Policy = { ...POLICY, dueAfterMs: 60_000 };
const ONE_PERSON: Policy = { ...POLICY, liquidationRelease: 'ONE_PERSON' };

const DEFICIENT = 390;
const WORSE = 380;
const BARELY_MORE = 410;
const CRITICAL = 310;
const STALE: StaleReason = {
  code: 'QUOTE_OLD',
  what: 'NVDA',
  observed: '9000 ms',
  limit: '5000 ms',
};

const audited = (world: CaseWorld, event: string, count = 1): Promise<void> =>
  until(`${event} is audited`, () => {
    const events = world.actions('audit.v1');
    return events.filter((each) => each === event).length >= count;
  });

/** Every path that a case can take with the messages that it takes today. */
export const CASE_STORIES: readonly CaseStory[] = [
  {
    name: 'all-the-way',
    tells: 'that goes all the way to liquidation and cure',
    policy: POLICY,
    run: 'LONGEST',
    play: async (world: CaseWorld): Promise<void> => {
      await world.price(DEFICIENT);
      await audited(world, 'LIFTED');
    },
  },
  {
    name: 'cured-by-deposit',
    tells: 'that is cured by a deposit',
    policy: SLOW,
    run: 'LONGEST',
    play: async (world: CaseWorld): Promise<void> => {
      await world.price(DEFICIENT);
      await audited(world, 'CLOCK_STARTED');
      await world.deposit(60_000);
      await audited(world, 'MET');
    },
  },
  {
    name: 'cured-by-market',
    tells: 'that is cured by the market',
    policy: SLOW,
    run: 'LONGEST',
    play: async (world: CaseWorld): Promise<void> => {
      await world.price(DEFICIENT);
      await audited(world, 'CLOCK_STARTED');
      await world.price(BARELY_MORE);
      await audited(world, 'MET');
    },
  },
  {
    name: 'renotified',
    tells: 'whose call is notified anew',
    policy: SLOW,
    run: 'LONGEST',
    play: async (world: CaseWorld): Promise<void> => {
      await world.price(DEFICIENT);
      await audited(world, 'CLOCK_STARTED');
      await world.price(WORSE);
      await audited(world, 'MARGIN_CALL_RENOTIFIED');
      await world.deposit(60_000);
      await audited(world, 'MET');
    },
  },
  {
    name: 'accelerated',
    tells: 'whose call is accelerated',
    policy: { ...SLOW, graceMs: 60_000 },
    run: 'LONGEST',
    play: async (world: CaseWorld): Promise<void> => {
      await world.price(CRITICAL);
      await audited(world, 'LIFTED');
    },
  },
  {
    name: 'held-on-stale-figures',
    tells: 'that holds on stale figures',
    policy: SLOW,
    run: 'LONGEST',
    play: async (world: CaseWorld): Promise<void> => {
      world.stale = STALE;
      await world.price(DEFICIENT);
      await until('it has looked again', () => world.readings >= 3);
      world.stale = null;
      await audited(world, 'CLOCK_STARTED');
    },
  },
  {
    name: 'awaiting-release',
    tells: 'whose liquidation awaits release',
    policy: ONE_PERSON,
    run: 'LONGEST',
    play: async (world: CaseWorld): Promise<void> => {
      await world.price(DEFICIENT);
      await audited(world, 'AWAITING_RELEASE');
    },
  },
  {
    name: 'continued',
    tells: 'that began with what an earlier run knew',
    policy: SLOW,
    run: 'CONTINUED',
    play: async (world: CaseWorld): Promise<void> => {
      await world.price(DEFICIENT);
      await audited(world, 'CLOCK_STARTED');
      const before = await world.runId();
      await world.deposit(60_000);
      while ((await world.runId()) === before) await new Promise((done) => setTimeout(done, 50));
      await world.price(200);
      await audited(world, 'CLOCK_STARTED', 2);
    },
  },
];
