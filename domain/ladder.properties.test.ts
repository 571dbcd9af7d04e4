import { LadderWalk, WALK_POLICY } from '#test/ladder-walk.ts';
import type { Taken } from '#test/ladder-walk.ts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CaseCommand } from './case-commands.ts';
import type { CaseEvent, StaleReason } from './case-events.ts';
import { isCritical } from './critical.ts';
import type { FirmScope, StartAnswer } from './firm-enforcement.ts';
import type { CaseAction } from './ladder-actions.ts';
import { isAwaitingRelease } from './ladder-people.ts';
import type { CaseOrder } from './ladder-state.ts';
import { STEPS } from './ladder-table.ts';
import type { Position } from './margin.ts';
import { E4 } from './money.ts';

const STALE: StaleReason = { code: 'QUOTE_OLD', what: 'NVDA', observed: '9 s', limit: '5 s' };

const FIRM_HOLD = { by: 'ann', since: 1, reason: 'nonsense', resumeAskedBy: null } as const;

/** Something that happens to an account, to its venue, to the messages or to the clock. */
type Happening =
  | { readonly kind: 'PRICE'; readonly dollars: number | null; readonly told: boolean }
  | { readonly kind: 'DEPOSIT'; readonly dollars: number }
  | { readonly kind: 'WAIT'; readonly ms: number }
  | { readonly kind: 'STALE'; readonly stale: boolean }
  | { readonly kind: 'SLOW'; readonly readingMs: number; readonly publishingMs: number }
  | { readonly kind: 'FILL'; readonly percent: number; readonly told: boolean }
  | { readonly kind: 'END'; readonly status: 'EXPIRED' | 'REJECTED' | 'CANCELLED' }
  | { readonly kind: 'REPEAT'; readonly ago: number }
  | { readonly kind: 'POLICY'; readonly graceMs: number }
  | { readonly kind: 'FIRM'; readonly scope: FirmScope | null }
  | { readonly kind: 'BRAKE'; readonly answer: StartAnswer }
  | {
      readonly kind: 'COMMAND';
      readonly type: CaseCommand['type'];
      readonly by: string;
      readonly ms: number;
      /** Of the episode before, as somebody with an old page would say it. */
      readonly isOld: boolean;
    };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('PRICE' as const),
      dollars: fc.constantFrom(250, 300, 370, 380, 385, 390, 395, 399, 401, 404, 410, 500),
      told: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'PRICE', dollars: null, told: true } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('DEPOSIT' as const),
      dollars: fc.constantFrom(-20_000, 100, 2_000, 5_000, 60_000),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('WAIT' as const),
      ms: fc.constantFrom(1, 400, 1_000, 2_100, 3_100, 6_100, 12_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('STALE' as const), stale: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('SLOW' as const),
      readingMs: fc.constantFrom(0, 5, 3_000, 6_000),
      publishingMs: fc.constantFrom(0, 5, 700, 20_000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('FILL' as const),
      percent: fc.constantFrom(10, 50, 100),
      told: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('END' as const),
      status: fc.constantFrom('EXPIRED', 'REJECTED', 'CANCELLED'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('REPEAT' as const), ago: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('POLICY' as const),
      graceMs: fc.constantFrom(0, 1_000, 3_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('FIRM' as const),
      scope: fc.constantFrom<FirmScope | null>('GLOBAL', 'SYMBOL:NVDA', 'SYMBOL:KO', null, null),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('BRAKE' as const),
      answer: fc.constantFrom<StartAnswer>('BRAKED', 'GRANTED'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('COMMAND' as const),
      type: fc.constantFrom(
        'PENDING_FUNDS',
        'EXTEND',
        'RELEASE',
        'RELEASE',
        'HOLD',
        'RESUME',
        'RESUME',
      ),
      by: fc.constantFrom('ann', 'bob'),
      ms: fc.constantFrom(1, 500, 3_000, 6_000),
      isOld: fc.constantFrom(false, false, false, false, true),
    }),
  },
);

/** A beginning and what comes of it. */
interface Story {
  /** Without positions nothing can be sold. */
  readonly isFlat: boolean;
  readonly liquidationRelease: 'AUTOMATIC' | 'ONE_PERSON';
  readonly happenings: readonly Happening[];
}

const story: fc.Arbitrary<Story> = fc.record({
  isFlat: fc.constantFrom(false, false, false, false, true),
  liquidationRelease: fc.constantFrom('AUTOMATIC', 'AUTOMATIC', 'AUTOMATIC', 'ONE_PERSON'),
  happenings: fc.array(happening, { maxLength: 60, size: 'max' }),
});

/** An order as the venue has it. */
interface VenueOrder {
  order: CaseOrder;
  ended: boolean;
}

/** A walk with a venue and a post office that may lose, repeat and delay. */
class World {
  readonly walk: LadderWalk;
  readonly venue = new Map<string, VenueOrder>();
  /** Every message that was or could have been sent. */
  readonly messages: CaseEvent[] = [];
  readonly #seen = new Set<CaseAction>();
  /** Orders that were sent while the venue still had earlier ones. */
  readonly overlapping: CaseAction[] = [];

  constructor({ isFlat, liquidationRelease }: Story) {
    const twoPersonNotionalE4 = 20_000 * E4;
    this.walk = new LadderWalk({ ...WALK_POLICY, liquidationRelease, twoPersonNotionalE4 });
    const held: Position[] = [
      { symbol: 'NVDA', qtyE4: 500 * E4, priceE4: 500 * E4, betaE4: 18_000 },
      { symbol: 'KO', qtyE4: -20.5 * E4, priceE4: 60 * E4, betaE4: 5_000 },
    ];
    this.walk.positions = isFlat ? [] : held;
  }

  happens(what: Happening): void {
    const { walk } = this;
    switch (what.kind) {
      case 'PRICE':
        this.#setPrice(what.dollars);
        if (what.told) this.#tell();
        break;
      case 'DEPOSIT':
        walk.cashE4 += what.dollars * E4;
        walk.creditedTotalE4 += what.dollars * E4;
        walk.sequence += 1;
        this.#tell();
        break;
      case 'WAIT':
        walk.wait(what.ms);
        break;
      case 'FIRM':
        walk.holds = what.scope === null ? [] : [{ ...FIRM_HOLD, scope: what.scope }];
        break;
      case 'BRAKE':
        walk.brake = what.answer;
        break;
      case 'STALE':
        walk.stale = what.stale ? STALE : null;
        break;
      case 'SLOW':
        walk.readingMs = what.readingMs;
        walk.publishingMs = what.publishingMs;
        break;
      case 'FILL':
        this.#fill(what.percent, what.told);
        break;
      case 'END':
        this.#end(what.status);
        break;
      case 'REPEAT': {
        const message = this.messages.at(-1 - what.ago);
        if (message !== undefined) walk.give(message);
        break;
      }
      case 'COMMAND':
        this.#send({ type: 'COMMAND', command: this.#command(what) });
        break;
      case 'POLICY':
        walk.policyInForce = {
          ...walk.policyInForce,
          version: `walk.${String(what.graceMs)}`,
          graceMs: what.graceMs,
        };
        break;
    }
    this.#accept();
  }

  #command(what: Extract<Happening, { kind: 'COMMAND' }>): CaseCommand {
    const { state, now } = this.walk;
    const { by, type } = what;
    const episode = state.episode - (what.isOld ? 1 : 0);
    const said = { commandId: `c${String(this.messages.length)}`, at: now, by, episode };
    const reason = 'a story';
    switch (type) {
      case 'PENDING_FUNDS': {
        const amountE4 = 60_000 * E4;
        return { ...said, type, amountE4, evidence: reason, fundsExpireAt: now + what.ms };
      }
      case 'EXTEND': {
        const dueAt = (state.call?.dueAt ?? now) + what.ms;
        return { ...said, type, dueAt, reason, authorityReference: null };
      }
      case 'RELEASE':
      case 'HOLD':
      case 'RESUME':
        return { ...said, type, reason };
    }
  }

  /** Only NVDA moves. */
  #setPrice(dollars: number | null): void {
    const { walk } = this;
    walk.sequence += 1;
    walk.positions = walk.positions.map((held) =>
      held.symbol === 'NVDA' ? { ...held, priceE4: dollars === null ? null : dollars * E4 } : held,
    );
  }

  #tell(): void {
    this.#send({ type: 'FIGURES', figures: this.walk.figures() });
  }

  #send(message: CaseEvent): void {
    this.messages.push(message);
    this.walk.give(message);
  }

  /** The venue takes the orders that were published. */
  #accept(): void {
    for (const { action } of this.walk.taken) {
      if (action.type !== 'ORDERS' || this.#seen.has(action)) continue;
      this.#seen.add(action);
      const working = [...this.venue.values()].some(({ ended }) => !ended);
      if (working) this.overlapping.push(action);
      for (const order of action.orders) this.venue.set(order.orderId, { order, ended: false });
    }
  }

  #fill(percent: number, told: boolean): void {
    const open = [...this.venue.values()].find(({ ended }) => !ended);
    if (open === undefined || this.walk.figures().status === 'INDETERMINATE') return;
    const left = open.order.qtyE4 - open.order.cumQtyE4;
    const qtyE4 = percent === 100 ? left : Math.max(1, Math.floor((left * percent) / 100));
    const execution = this.walk.execute(open.order, qtyE4);
    open.order = { ...open.order, cumQtyE4: execution.cumQtyE4 };
    open.ended = execution.status === 'FILLED';
    const message: CaseEvent = { type: 'EXECUTION', execution };
    if (told) this.#send(message);
    else this.messages.push(message);
    this.#tell();
  }

  #end(status: 'EXPIRED' | 'REJECTED' | 'CANCELLED'): void {
    const open = [...this.venue.values()].find(({ ended }) => !ended);
    if (open === undefined) return;
    open.ended = true;
    const { orderId, cumQtyE4 } = open.order;
    const execution = { execId: `${orderId}-end`, orderId, cumQtyE4, status, fillOffset: null };
    this.#send({ type: 'EXECUTION', execution });
  }
}

/** Runs a story and gives what came of it. */
function run(told: Story): World {
  const world = new World(told);
  for (const what of told.happenings) world.happens(what);
  return world;
}

function holds(property: (world: World) => void): void {
  fc.assert(
    fc.property(story, (told) => property(run(told))),
    { numRuns: 1_000 },
  );
}

function episodes({ walk }: World): Map<number, Taken[]> {
  const byEpisode = new Map<number, Taken[]>();
  for (const taken of walk.taken) {
    const known = byEpisode.get(taken.action.episode) ?? [];
    byEpisode.set(taken.action.episode, [...known, taken]);
  }
  return byEpisode;
}

const types = (taken: readonly Taken[]): CaseAction['type'][] =>
  taken.map(({ action }) => action.type);

const ESCALATIONS = [
  'WARN',
  'CALL',
  'ACCELERATE',
  'PAST_DUE',
  'CLOSE_ONLY',
  'AWAIT_RELEASE',
  'TRIGGER',
  'ORDERS',
  'HAND_OVER',
];

/** What has to have happened in the episode before a step. */
const AFTER: Partial<Record<CaseAction['type'], CaseAction['type']>> = {
  PAST_DUE: 'CALL',
  CLOSE_ONLY: 'PAST_DUE',
  TRIGGER: 'CLOSE_ONLY',
  ORDERS: 'TRIGGER',
  HAND_OVER: 'COMPLETE',
  COMPLETE: 'TRIGGER',
  MET: 'CALL',
  LIFT: 'CLOSE_ONLY',
};

describe('whatever happens to an account', () => {
  test('is told by stories that take every step', () => {
    const stories = fc.sample(story, { numRuns: 1_000, seed: 1 });
    const taken = new Set(stories.flatMap((told) => run(told).walk.story));
    expect(STEPS.filter((step) => !taken.has(step))).toEqual([]);
  });

  test('no rung is skipped', () => {
    holds((world) => {
      for (const [episode, taken] of episodes(world)) {
        types(taken).forEach((type, at) => {
          const before = types(taken).slice(0, at);
          const needed = AFTER[type];
          if (needed !== undefined) expect(before).toContain(needed);
          // An episode that began with a cure is on WARNING without a warning.
          const curedInto = types(episodes(world).get(episode - 1) ?? []).includes('MET');
          if (type === 'CALL' && !curedInto) expect(before).toContain('WARN');
        });
      }
    });
  });

  test('each step of an episode happens once', () => {
    holds((world) => {
      for (const taken of episodes(world).values()) {
        for (const step of [...ESCALATIONS, 'MET', 'LIFT', 'COMPLETE']) {
          if (step === 'ORDERS') continue;
          // Asked for again when the plan has outgrown one person, and when it is urgent.
          const most = step === 'AWAIT_RELEASE' ? 3 : 1;
          expect(types(taken).filter((type) => type === step).length).toBeLessThanOrEqual(most);
        }
        const slices = types(taken).filter((type) => type === 'ORDERS').length;
        const reports = types(taken).filter((type) => type === 'REPORT_STUCK').length;
        // One more for orders of an earlier call that are not settled yet.
        expect(reports).toBeLessThanOrEqual(slices + 1);
      }
    });
  });

  test('nothing happens before its instant', () => {
    holds((world) => {
      for (const taken of episodes(world).values()) {
        const of = (type: CaseAction['type']): Taken | undefined =>
          taken.find(({ action }) => action.type === type);
        // Acceleration makes the instants come.
        if (of('ACCELERATE') !== undefined) continue;
        const dueAfter =
          (of('PAST_DUE')?.action.decidedAt ?? Infinity) - (of('CALL')?.acknowledgedAt ?? 0);
        expect(dueAfter).toBeGreaterThanOrEqual(WALK_POLICY.dueAfterMs);
        const closed = of('CLOSE_ONLY');
        if (closed?.action.type !== 'CLOSE_ONLY') continue;
        const { liquidateAt, decidedAt } = closed.action.restriction;
        const grace = (of('TRIGGER')?.action.decidedAt ?? Infinity) - closed.acknowledgedAt;
        expect(grace).toBeGreaterThanOrEqual(liquidateAt - decidedAt);
      }
    });
  });

  test('nothing escalates but on figures that were just proved fresh', () => {
    holds(({ walk }) => {
      for (const { action, reading } of walk.taken) {
        if (!ESCALATIONS.includes(action.type)) continue;
        expect(action.proof).toBe('FRESH');
        if (reading?.outcome !== 'FRESH') throw new Error('it escalated on a stale reading');
        expect(action.seen?.version).toEqual(reading.figures.version);
        expect(reading.figures.status).not.toBe('INDETERMINATE');
        expect(action.decidedAt - reading.readAt).toBeLessThanOrEqual(
          WALK_POLICY.heartbeatAgeMaxMs,
        );
      }
    });
  });

  test('nothing escalates while the firm holds everything, and no held symbol is traded', () => {
    holds(({ walk }) => {
      for (const { action, reading } of walk.taken) {
        if (!ESCALATIONS.includes(action.type) || reading?.outcome !== 'FRESH') continue;
        const scopes = reading.enforcement.holds.map(({ scope }) => scope);
        expect(scopes).not.toContain('GLOBAL');
        if (action.type !== 'ORDERS') continue;
        for (const { symbol } of action.orders) expect(scopes).not.toContain(`SYMBOL:${symbol}`);
      }
    });
  });

  test('no liquidation starts that the brake has not let go', () => {
    holds(({ walk }) => {
      for (const { action, reading } of walk.taken) {
        if (action.type !== 'TRIGGER' || action.parts.length === 0) continue;
        expect(reading).toMatchObject({ enforcement: { start: 'GRANTED' } });
      }
    });
  });

  test('a cure returns, and takes off what the call put on', () => {
    holds((world) => {
      for (const taken of episodes(world).values()) {
        if (!types(taken).includes('MET')) continue;
        expect(types(taken).includes('LIFT')).toBe(types(taken).includes('CLOSE_ONLY'));
        expect(types(taken).includes('COMPLETE')).toBe(types(taken).includes('TRIGGER'));
      }
      const { state } = world.walk;
      const hasCall = state.rung !== 'ACTIVE' && state.rung !== 'WARNING';
      expect(state.call !== null).toBe(hasCall);
      if (!hasCall) {
        expect(state).toMatchObject({ restriction: null, slice: 0, release: null, funds: null });
      }
    });
  });

  test('nothing escalates while funds are pending or enforcement is held', () => {
    holds(({ walk }) => {
      let isHeld = false;
      let fundsUntil = 0;
      for (const { action } of walk.taken) {
        if (action.type === 'COMMANDED' && action.command.type === 'HOLD') isHeld = true;
        if (action.type === 'COMMANDED' && action.command.type === 'RESUME') {
          isHeld = action.outcome !== 'DONE';
        }
        if (action.type === 'COMMANDED' && action.command.type === 'PENDING_FUNDS') {
          fundsUntil = action.command.fundsExpireAt;
        }
        if (action.type === 'MET') fundsUntil = 0;
        if (!ESCALATIONS.includes(action.type)) continue;
        expect(isHeld).toBe(false);
        expect(action.decidedAt).toBeGreaterThanOrEqual(fundsUntil);
      }
    });
  });

  test('a due instant moves only by an extension, and never back', () => {
    holds((world) => {
      for (const taken of episodes(world).values()) {
        const extended = taken.flatMap(({ action }) =>
          action.type === 'COMMANDED' && action.command.type === 'EXTEND'
            ? [action.command.dueAt]
            : [],
        );
        expect([...extended].sort((a, b) => a - b)).toEqual(extended);
        for (const { action, acknowledgedAt } of taken) {
          if (action.type !== 'PAST_DUE' || types(taken).includes('ACCELERATE')) continue;
          const issued = taken.find((each) => each.action.type === 'CALL');
          const byPolicy = (issued?.acknowledgedAt ?? 0) + WALK_POLICY.dueAfterMs;
          expect(action.call.dueAt).toBe(extended.at(-1) ?? byPolicy);
          expect(acknowledgedAt).toBeGreaterThanOrEqual(action.call.dueAt);
        }
      }
    });
  });

  test('a call is re-notified only on fresh figures and by at least the step, and moves no instant', () => {
    holds((world) => {
      for (const taken of episodes(world).values()) {
        let notifiedE4 = Infinity;
        for (const { action } of taken) {
          if (action.type === 'CALL') notifiedE4 = action.call.notifiedDemandE4;
          if (action.type !== 'RENOTIFY') continue;
          expect(action.proof).toBe('FRESH');
          const { notifiedDemandE4, peakDemandE4, originalDueAt } = action.call;
          const least = Math.max(WALK_POLICY.deficiencyStepE4, notifiedE4 / 10);
          expect(notifiedDemandE4 - notifiedE4).toBeGreaterThanOrEqual(least);
          expect(peakDemandE4).toBeGreaterThanOrEqual(notifiedDemandE4);
          const issued = taken.find((each) => each.action.type === 'CALL')?.acknowledgedAt ?? 0;
          expect(originalDueAt).toBe(issued + WALK_POLICY.dueAfterMs);
          notifiedE4 = notifiedDemandE4;
        }
      }
    });
  });

  test('a call is accelerated only after it was critical for as long as policy says', () => {
    holds(({ walk }) => {
      for (const { action } of walk.taken) {
        if (action.type !== 'ACCELERATE') continue;
        const lasted = action.decidedAt - action.criticalSince;
        expect(lasted).toBeGreaterThanOrEqual(WALK_POLICY.accelerationMs);
        if (action.seen === null || action.seen.status === 'INDETERMINATE') {
          throw new Error('it was accelerated on no figures');
        }
        expect(isCritical(action.seen, WALK_POLICY)).toBe(true);
      }
    });
  });

  test('an episode keeps its policy and has one call', () => {
    holds((world) => {
      for (const taken of episodes(world).values()) {
        const inside = taken.filter(({ action }) => ESCALATIONS.includes(action.type));
        expect(new Set(inside.map(({ action }) => action.policyVersion)).size).toBeLessThanOrEqual(
          1,
        );
        expect(types(taken).filter((type) => type === 'CALL').length).toBeLessThanOrEqual(1);
      }
    });
  });

  test('orders never exceed the position, and no slice overlaps another', () => {
    holds((world) => {
      for (const { action, held } of world.walk.taken) {
        if (action.type !== 'ORDERS') continue;
        for (const { symbol, side, qtyE4 } of action.orders) {
          const position = held.find((each) => each.symbol === symbol)?.qtyE4 ?? 0;
          expect(side).toBe(position > 0 ? 'SELL' : 'BUY');
          expect(qtyE4).toBeGreaterThan(0);
          expect(qtyE4).toBeLessThanOrEqual(Math.abs(position));
        }
        const symbols = action.orders.map(({ symbol }) => symbol);
        expect(new Set(symbols).size).toBe(symbols.length);
      }
      expect(world.overlapping).toEqual([]);
    });
  });

  test('a repeated message changes nothing', () => {
    holds(({ walk, messages }) => {
      // What time alone has brought about by now.
      walk.wait(0);
      const before = walk.state;
      const last = messages.at(-1);
      if (last === undefined) return;
      walk.give(last);
      const settled = walk.state;
      const story = walk.story.length;
      for (const message of [...messages].reverse()) {
        // An execution that was lost so far is news the first time.
        if (message.type === 'FIGURES' || message.type === 'COMMAND') walk.give(message);
      }
      walk.give(last);
      expect(walk.state).toBe(settled);
      expect(walk.story).toHaveLength(story);
      if (last.type !== 'EXECUTION') expect(settled).toBe(before);
    });
  });

  test('a deficiency ends in a cure or with a person, once the world works again', () => {
    fc.assert(
      fc.property(story, (told) => {
        const world = run(told);
        const { walk } = world;
        walk.stale = null;
        walk.holds = [];
        walk.readingMs = 5;
        walk.publishingMs = 5;
        for (const message of [...world.messages]) walk.give(message);
        world.happens({ kind: 'PRICE', dollars: 390, told: true });
        for (let round = 0; round < 12; round += 1) {
          world.happens({ kind: 'WAIT', ms: 12_000 });
          for (let fill = 0; fill < 4; fill += 1) {
            world.happens({ kind: 'FILL', percent: 100, told: true });
          }
        }
        const figures = walk.figures();
        const deficient = figures.status === 'MARGIN_CALL';
        const { rung, stuckReported } = walk.state;
        const withAPerson =
          rung === 'UNSECURED_DEFICIT' ||
          stuckReported !== null ||
          walk.state.enforcementHold !== null ||
          isAwaitingRelease(walk.state);
        expect(deficient && !withAPerson).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
