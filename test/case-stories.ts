import { dayOf } from '#domain/calendar.ts';
import type { StaleReason } from '#domain/case-events.ts';
import type { Policy } from '#domain/policy.ts';
import type { Say } from './case-people.ts';
import type { CaseWorld } from './case-world.ts';
import { WALK_POLICY } from './ladder-walk.ts';
import { seen, until } from './temporal.ts';

/** A path of the ladder, played by a real case on a real server; test/histories keeps one of each. */
export interface CaseStory {
  /** The file's name in test/histories, without its ending, and what the case is in it. */
  readonly name: string;
  readonly tells: string;
  readonly policy: Policy;
  /** Which run is kept: the longest, or the one that began with the state of another. */
  readonly run: 'LONGEST' | 'CONTINUED';
  readonly play: (world: CaseWorld, say: Say) => Promise<void>;
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
/** Time enough for a person to say something before the call is due. */
const UNHURRIED: Policy = { ...POLICY, dueAfterMs: 3_000 };
const LONG_GRACE: Policy = { ...POLICY, graceMs: 60_000 };
const LONG_CURE: Policy = { ...POLICY, dueAfterMs: 1_500, marketCureMs: 60_000 };
const STUCK: Policy = { ...POLICY, orderTtlMs: 300 };
const ONE_PERSON: Policy = { ...POLICY, liquidationRelease: 'ONE_PERSON' };
/** Above one dollar. */
const TWO_PERSONS: Policy = { ...ONE_PERSON, twoPersonNotionalE4: 10_000 };
const DAY_MS = 86_400_000;
/** By the session clock, on days on which the exchange stays shut. */
const CLOSED: Policy = {
  ...SLOW,
  clock: 'SESSION',
  calendar: {
    ...WALK_POLICY.calendar,
    closedDays: [0, 1, 2].map((days) => dayOf(Date.now() + days * DAY_MS)),
  },
};

const HEALTHY = 500;
/** A fall of SPY by 8 % would leave a deficiency. */
const STRESSED = 480;
const THIN = 410;
const DEFICIENT = 390;
const WORSE = 380;
const CRITICAL = 310;
/** The equity is below 0: what is sold does not suffice. */
const LOST = 100;
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

/** The case is deficient and its call's clock runs. */
async function call(world: CaseWorld, dollars = DEFICIENT): Promise<void> {
  await world.price(dollars);
  await audited(world, 'CLOCK_STARTED');
}

/** Every path of the ladder, of what people say about it, and of what a case carries on. */
export const CASE_STORIES: readonly CaseStory[] = [
  story('warned', 'that is warned and recovers', POLICY, async (world) => {
    await world.price(THIN);
    await audited(world, 'WARNING');
    await world.price(HEALTHY);
    await audited(world, 'WARNING_CLEARED');
  }),
  story('all-the-way', 'that goes all the way to liquidation and cure', POLICY, async (world) => {
    await world.price(DEFICIENT);
    await audited(world, 'LIFTED');
  }),
  story('cured-by-deposit', 'that is cured by a deposit', SLOW, async (world) => {
    await call(world);
    await world.deposit(60_000);
    await audited(world, 'MET');
  }),
  story('cured-by-sale', 'that is cured by a sale', SLOW, async (world) => {
    await call(world);
    await world.sell(100);
    await audited(world, 'MET');
  }),
  story('cured-by-market', 'that is cured by the market', SLOW, async (world) => {
    await call(world);
    await world.price(THIN);
    await audited(world, 'ORDER_CANCELS');
    await world.expireOrders();
    await audited(world, 'MET');
  }),
  story(
    'relapsed',
    'whose recovery did not last long enough to cure it',
    LONG_CURE,
    async (world) => {
      await call(world);
      await world.price(THIN);
      await world.price(DEFICIENT);
      await audited(world, 'PAST_DUE');
    },
  ),
  story('renotified', 'whose call is notified anew', SLOW, async (world) => {
    await call(world);
    await world.price(WORSE);
    await audited(world, 'MARGIN_CALL_RENOTIFIED');
    await world.deposit(60_000);
    await audited(world, 'MET');
  }),
  story(
    'restricted-and-cured',
    'that is cured when it is close-only',
    LONG_GRACE,
    async (world) => {
      await world.price(DEFICIENT);
      await audited(world, 'CLOCK_STARTED', 2);
      await world.deposit(60_000);
      await audited(world, 'LIFTED');
    },
  ),
  story('accelerated', 'whose call is accelerated', { ...SLOW, graceMs: 60_000 }, async (world) => {
    await world.price(CRITICAL);
    await audited(world, 'LIFTED');
  }),
  story('market-closed', 'whose liquidation waits for the market', CLOSED, async (world) => {
    await world.price(CRITICAL);
    await audited(world, 'CLOCK_STARTED', 2);
  }),
  story('held-on-stale-figures', 'that holds on stale figures', SLOW, async (world) => {
    world.stale = STALE;
    await world.price(DEFICIENT);
    await until('it has looked again', () => world.readings >= 3);
    world.stale = null;
    await audited(world, 'CLOCK_STARTED');
  }),
  story('indeterminate', 'that loses its price in the middle of a call', POLICY, async (world) => {
    await call(world);
    await world.losePrice();
    await audited(world, 'HELD');
    await world.price(DEFICIENT);
    await audited(world, 'PAST_DUE');
  }),
  story('cured-while-selling', 'that is paid while its orders work', POLICY, async (world) => {
    world.venueIsOpen = false;
    await world.price(DEFICIENT);
    await audited(world, 'LIQUIDATION_ORDERS');
    await world.deposit(60_000);
    await audited(world, 'ORDER_CANCELS');
    await world.expireOrders();
    await audited(world, 'LIFTED');
  }),
  story('excess-back', 'whose excess comes back while its orders work', POLICY, async (world) => {
    world.venueIsOpen = false;
    await world.price(DEFICIENT);
    await audited(world, 'LIQUIDATION_ORDERS');
    await world.price(THIN);
    await audited(world, 'MET');
  }),
  story('sold-again', 'whose first orders expire unfilled', POLICY, async (world) => {
    world.venueIsOpen = false;
    await world.price(DEFICIENT);
    await audited(world, 'LIQUIDATION_ORDERS');
    await world.expireOrders();
    world.venueIsOpen = true;
    await audited(world, 'LIFTED');
  }),
  story('stuck', 'whose orders outlive their lifetime', STUCK, async (world) => {
    world.venueIsOpen = false;
    await world.price(DEFICIENT);
    await audited(world, 'LIQUIDATION_STUCK');
  }),
  story('unsecured', 'that has nothing left to sell', POLICY, async (world) => {
    await world.price(LOST);
    await audited(world, 'UNSECURED_DEFICIT');
    await world.deposit(200_000);
    await audited(world, 'LIFTED');
  }),
  story('awaiting-release', 'whose liquidation awaits release', ONE_PERSON, async (world) => {
    await world.price(DEFICIENT);
    await audited(world, 'AWAITING_RELEASE');
  }),
  story('released', 'whose liquidation one person releases', ONE_PERSON, async (world, say) => {
    await world.price(DEFICIENT);
    await audited(world, 'AWAITING_RELEASE');
    await say('RELEASE', 'ann');
    await audited(world, 'LIFTED');
  }),
  story('released-by-two', 'whose liquidation two release', TWO_PERSONS, async (world, say) => {
    await world.price(DEFICIENT);
    await audited(world, 'AWAITING_RELEASE');
    await say('RELEASE', 'ann');
    await say('RELEASE', 'bob');
    await audited(world, 'LIFTED');
  }),
  story('funds-came', 'whose pending funds come', UNHURRIED, async (world, say) => {
    await call(world);
    await say('PENDING_FUNDS', 'ann', { fundsExpireAt: Date.now() + 5_000 });
    await world.deposit(60_000);
    await audited(world, 'MET');
  }),
  story('funds-failed', 'whose pending funds do not come', UNHURRIED, async (world, say) => {
    await call(world);
    await say('PENDING_FUNDS', 'ann', { fundsExpireAt: Date.now() + 4_000 });
    await audited(world, 'PAST_DUE');
  }),
  story('extended', 'whose call is extended', UNHURRIED, async (world, say) => {
    await call(world);
    await say('EXTEND', 'ann', { dueAt: Date.now() + 5_000 });
    await audited(world, 'PAST_DUE');
  }),
  story('enforcement-held', 'that a person holds and two resume', UNHURRIED, async (world, say) => {
    await call(world);
    await say('HOLD', 'ann');
    await new Promise((resolve) => setTimeout(resolve, UNHURRIED.dueAfterMs + 500));
    await say('RESUME', 'ann');
    await say('RESUME', 'bob');
    await audited(world, 'PAST_DUE');
  }),
  story(
    'stressed',
    'that is close-only for stress',
    { ...POLICY, stressMs: 300 },
    async (world) => {
      await world.price(STRESSED);
      await audited(world, 'STRESS_CLOSE_ONLY');
      await world.deposit(60_000);
      await audited(world, 'STRESS_LIFTED');
    },
  ),
  {
    ...story('continued', 'that began with what an earlier run knew', SLOW, async (world) => {
      await call(world);
      const before = await world.runId();
      await world.deposit(60_000);
      await seen(
        'another run',
        () => world.runId(),
        (runId) => runId !== before,
      );
      await world.price(200);
      await audited(world, 'CLOCK_STARTED', 2);
    }),
    run: 'CONTINUED',
  },
  {
    ...story(
      'continued-under-hold',
      'that began held by a person, and answers a command of the earlier run as before',
      SLOW,
      async (world, say) => {
        await call(world);
        await say('HOLD', 'ann', { commandId: 'hold-1' });
        const before = await world.runId();
        await world.deposit(60_000);
        while ((await world.runId()) === before) await new Promise((done) => setTimeout(done, 50));
        await say('HOLD', 'ann', { commandId: 'hold-1' });
        await world.price(200);
        await say('RESUME', 'ann');
        await say('RESUME', 'bob');
        await audited(world, 'CLOCK_STARTED', 2);
      },
    ),
    run: 'CONTINUED',
  },
  story(
    'braked',
    'whose liquidation the brake stops until two persons release it',
    POLICY,
    async (world, say) => {
      world.brake = 'BRAKED';
      await world.price(DEFICIENT);
      await audited(world, 'AWAITING_RELEASE');
      await say('RELEASE', 'ann');
      await say('RELEASE', 'bob');
      await audited(world, 'LIFTED');
    },
  ),
  story('firm-held', 'that the firm holds and lets go again', POLICY, async (world) => {
    const reason = 'the price vendor sends nonsense';
    world.held = [{ scope: 'GLOBAL', by: 'ann', since: 1, reason, resumeAskedBy: null }];
    await world.price(DEFICIENT);
    await audited(world, 'HELD');
    world.held = [];
    await audited(world, 'CLOCK_STARTED');
  }),
  story(
    'orders-withheld',
    'whose orders the firm holds while the customer is told',
    POLICY,
    withheld,
  ),
];

async function withheld(world: CaseWorld): Promise<void> {
  world.holdWhenTelling('LIQUIDATION_STARTED');
  await world.price(DEFICIENT);
  await audited(world, 'LIQUIDATION_ORDERS_WITHHELD');
  await audited(world, 'HELD');
  world.held = [];
  await audited(world, 'LIFTED');
}

function story(name: string, tells: string, policy: Policy, play: CaseStory['play']): CaseStory {
  return { name, tells, policy, run: 'LONGEST', play };
}
