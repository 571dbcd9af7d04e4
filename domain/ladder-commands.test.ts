import { LadderWalk, WALK_POLICY } from '#test/ladder-walk.ts';
import { describe, expect, test } from '@jest/globals';
import { answerTo } from './case-answers.ts';
import type { CaseCommand } from './case-commands.ts';
import { refusalOf } from './case-refusals.ts';
import { nextDeadline } from './ladder-deadlines.ts';
import { isAwaitingRelease } from './ladder-people.ts';
import { ANSWERS_MAX } from './ladder-state.ts';
import type { CaseOrder } from './ladder-state.ts';
import { E4 } from './money.ts';
import type { Policy } from './policy.ts';

/** At $390 the account of a walk lacks $3,750; the demand is $5,700. */
const HEALTHY = 500;
const THIN = 410;
const BARELY = 401;
const DEFICIENT = 390;
const DEMAND = 5_700;

const ONE_PERSON: Policy = { ...WALK_POLICY, liquidationRelease: 'ONE_PERSON' };
/** 59 NVDA at $390 are $23,010: above this one person does not suffice. */
const TWO_PERSONS: Policy = { ...ONE_PERSON, twoPersonNotionalE4: 20_000 * E4 };

/** What a command says besides who, when and under which id. */
type Said<Type extends CaseCommand['type'] = CaseCommand['type']> = Type extends unknown
  ? Omit<Extract<CaseCommand, { type: Type }>, 'commandId' | 'at' | 'by' | 'episode'>
  : never;

let commands = 0;

/** Somebody commands the case of a walk, as it is. */
function command(walk: LadderWalk, said: Said, by = 'ann'): CaseCommand {
  commands += 1;
  const { episode } = walk.state;
  return { ...said, by, commandId: `c${String(commands)}`, at: walk.now, episode };
}

function give(walk: LadderWalk, said: Said, by = 'ann'): LadderWalk {
  return walk.give({ type: 'COMMAND', command: command(walk, said, by) });
}

const funds = (walk: LadderWalk, ms = 5_000, dollars = DEMAND): Said => ({
  type: 'PENDING_FUNDS',
  amountE4: dollars * E4,
  evidence: 'wire 77',
  fundsExpireAt: walk.now + ms,
});
const extend = (dueAt: number, authorityReference: string | null = null): Said => ({
  type: 'EXTEND',
  dueAt,
  reason: 'the bank is closed',
  authorityReference,
});
const RELEASE: Said = { type: 'RELEASE', reason: 'nobody answers' };
const HOLD: Said = { type: 'HOLD', reason: 'prices look wrong' };
const RESUME: Said = { type: 'RESUME', reason: 'prices are right' };

const called = (policy?: Policy): LadderWalk => new LadderWalk(policy).price(DEFICIENT);
const awaiting = (policy = ONE_PERSON): LadderWalk => called(policy).wait(20_000);
const dueOf = ({ state }: LadderWalk): number => state.call?.dueAt ?? 0;
const firstOrder = ({ orders }: LadderWalk): CaseOrder => {
  const [order] = orders;
  if (order === undefined) throw new Error('the case has no order');
  return order;
};

describe('a refusal', () => {
  interface Case {
    readonly name: string;
    readonly walk: LadderWalk;
    readonly said: (walk: LadderWalk) => Said;
    readonly by?: string;
  }
  const held = give(called(), HOLD);
  const asked = give(give(called(), HOLD), RESUME, 'bob');
  const cases: readonly (Case & { readonly code: string | null })[] = [
    {
      name: 'funds without a call',
      walk: new LadderWalk().price(THIN),
      said: funds,
      code: 'NO_OPEN_CALL',
    },
    { name: 'funds that suffice', walk: called(), said: funds, code: null },
    {
      name: 'less than is outstanding',
      walk: called(),
      said: (w) => funds(w, 5_000, DEMAND - 1),
      code: 'AMOUNT_BELOW_OUTSTANDING',
    },
    {
      name: 'what is outstanding after a deposit',
      walk: called().deposit(1_000),
      said: (w) => funds(w, 5_000, DEMAND - 1_000),
      code: null,
    },
    {
      name: 'funds of the past',
      walk: called(),
      said: (w) => funds(w, 0),
      code: 'FUNDS_EXPIRE_IN_THE_PAST',
    },
    {
      name: 'funds as late as policy allows',
      walk: called(),
      said: (w) => funds(w, WALK_POLICY.pendingFundsMaxMs),
      code: null,
    },
    {
      name: 'funds later than that',
      walk: called(),
      said: (w) => funds(w, WALK_POLICY.pendingFundsMaxMs + 1),
      code: 'FUNDS_EXPIRE_TOO_LATE',
    },
    {
      name: 'an extension without a call',
      walk: new LadderWalk().price(THIN),
      said: (w) => extend(w.now + 1),
      code: 'NO_OPEN_CALL',
    },
    {
      name: 'an extension within policy',
      walk: called(),
      said: (w) => extend(dueOf(w) + WALK_POLICY.extendMaxMs),
      code: null,
    },
    {
      name: 'an extension beyond policy',
      walk: called(),
      said: (w) => extend(dueOf(w) + WALK_POLICY.extendMaxMs + 1),
      code: 'DUE_BEYOND_POLICY',
    },
    {
      name: 'an extension with a reference',
      walk: called(),
      said: (w) => extend(dueOf(w) * 2, 'FINRA 7'),
      code: null,
    },
    {
      name: 'an extension to the same instant',
      walk: called(),
      said: (w) => extend(dueOf(w)),
      code: 'DUE_NOT_LATER',
    },
    {
      name: 'an extension past the due instant',
      walk: called().wait(7_000),
      said: (w) => extend(dueOf(w) + 1),
      code: 'PAST_DUE_ALREADY',
    },
    {
      name: 'an extension past the due instant of an account that recovered',
      walk: called().price(BARELY).wait(7_000),
      said: (w) => extend(dueOf(w) + 1),
      code: 'PAST_DUE_ALREADY',
    },
    {
      name: 'a release of nothing',
      walk: called(),
      said: () => RELEASE,
      code: 'NOT_AWAITING_RELEASE',
    },
    { name: 'a release', walk: awaiting(), said: () => RELEASE, code: null },
    {
      name: 'a second release by the same person',
      walk: give(awaiting(TWO_PERSONS), RELEASE),
      said: () => RELEASE,
      code: 'SAME_PERSON',
    },
    { name: 'a second hold', walk: held, said: () => HOLD, by: 'bob', code: 'ALREADY_HELD' },
    { name: 'an end of no hold', walk: called(), said: () => RESUME, code: 'NOT_HELD' },
    {
      name: 'an end of a hold asked for twice by one person',
      walk: asked,
      said: () => RESUME,
      by: 'bob',
      code: 'SAME_PERSON',
    },
    {
      name: 'an end of a hold by another one',
      walk: asked,
      said: () => RESUME,
      by: 'ann',
      code: null,
    },
  ];

  test.each(cases)('of $name is $code', ({ walk, said, by, code }) => {
    const given = command(walk, said(walk), by);
    const refusal = refusalOf(walk.state, given, walk.policyInForce, walk.now);
    expect(refusal?.code ?? null).toBe(code);
  });

  test.each([funds, () => extend(2e12), () => RELEASE, () => RESUME])(
    'is due to whoever saw another episode',
    (said) => {
      const walk = called();
      const given = { ...command(walk, said(walk)), episode: 0 };
      expect(refusalOf(walk.state, given, WALK_POLICY, walk.now)).toEqual({
        code: 'WRONG_EPISODE',
        observed: 'episode 0',
        limit: 'episode 1',
      });
    },
  );

  test('is never due to a hold for the episode that was seen: it only stops', () => {
    const walk = called();
    const given = { ...command(walk, HOLD), episode: 0 };
    expect(refusalOf(walk.state, given, WALK_POLICY, walk.now)).toBeNull();
  });

  test('is the answer when the case has moved on meanwhile, and changes nothing else', () => {
    const walk = called();
    const given = command(walk, funds(walk));
    walk.deposit(60_000);
    const before = walk.state;
    walk.give({ type: 'COMMAND', command: given });
    expect(answerTo(walk.state, given.commandId)?.refusal?.code).toBe('NO_OPEN_CALL');
    expect({ ...walk.state, answers: [] }).toEqual({ ...before, answers: [] });
  });
});

describe('a command', () => {
  test('given twice is answered alike and changes nothing', () => {
    const walk = called();
    const given = command(walk, funds(walk));
    walk.give({ type: 'COMMAND', command: given });
    const before = walk.state;
    walk.wait(100).give({ type: 'COMMAND', command: given });
    expect(walk.state).toBe(before);
    expect(refusalOf(walk.state, given, WALK_POLICY, walk.now)).toBeNull();
    expect(answerTo(walk.state, given.commandId)).toMatchObject({ outcome: 'DONE' });
  });

  test('is recorded with who, which and why', () => {
    const walk = called();
    const given = command(walk, HOLD);
    walk.give({ type: 'COMMAND', command: given });
    expect(walk.taken.at(-1)?.action).toMatchObject({ type: 'COMMANDED', command: given });
  });

  test('is remembered among the last answers, and they are bounded', () => {
    const walk = called();
    for (let round = 0; round <= ANSWERS_MAX; round += 1) give(walk, RESUME);
    expect(walk.state.answers).toHaveLength(ANSWERS_MAX);
  });
});

describe('funds on their way', () => {
  test('hold the escalation at the due instant, which does not move', () => {
    const walk = called().wait(4_000);
    const due = dueOf(walk);
    give(walk, funds(walk, 5_000)).wait(4_500);
    expect(walk.now).toBeGreaterThan(due);
    expect(walk.state.rung).toBe('MARGIN_CALL');
    expect(dueOf(walk)).toBe(due);
  });

  test('let escalation go on at once from the same rung when they expire', () => {
    const walk = called().wait(4_000);
    give(walk, funds(walk, 5_000));
    const expiresAt = walk.state.funds?.expiresAt ?? 0;
    walk.wait(5_100);
    expect(walk.story.slice(3)).toEqual(['FUNDS_EXPIRED', 'PAST_DUE', 'CLOSE_ONLY']);
    const pastDue = walk.taken.find(({ action }) => action.type === 'PAST_DUE');
    expect(pastDue?.action.decidedAt).toBeGreaterThanOrEqual(expiresAt);
    expect(pastDue?.action.decidedAt).toBeLessThan(expiresAt + 50);
  });

  test('wait for the due instant when they expire before it', () => {
    const walk = called();
    give(walk, funds(walk, 1_000)).wait(3_000);
    expect(walk.story.slice(3)).toEqual(['FUNDS_EXPIRED']);
    walk.wait(4_000);
    expect(walk.story.slice(4)).toEqual(['PAST_DUE', 'CLOSE_ONLY']);
  });

  test('do not hold back the cure when they come', () => {
    const walk = called();
    give(walk, funds(walk)).deposit(DEMAND);
    expect(walk.story.slice(3)).toEqual(['MET']);
    expect(walk.state.funds).toBeNull();
  });

  test('are taken once per call, also when they came to nothing', () => {
    const walk = called();
    give(walk, funds(walk, 1_000)).wait(2_000);
    const again = command(walk, funds(walk, 1_000));
    expect(refusalOf(walk.state, again, WALK_POLICY, walk.now)?.code).toBe('FUNDS_ALREADY_USED');
  });

  test('stop a liquidation: its working orders are cancelled, once, and no slice goes', () => {
    const walk = called().wait(9_500);
    give(walk, funds(walk, 5_000)).price(389);
    walk.end(firstOrder(walk), 'CANCELLED').tell().wait(1_000);
    expect(walk.story.slice(6)).toEqual(['COMMANDED', 'CANCEL_ORDERS']);
    expect(walk.taken.at(-1)?.action).toMatchObject({ why: 'FUNDS_PENDING' });
    walk.wait(5_000);
    expect(walk.story.slice(8)).toEqual(['FUNDS_EXPIRED', 'ORDERS']);
  });
});

describe('an extension', () => {
  test('moves the due instant, and the call is past due then', () => {
    const walk = called().wait(1_000);
    const due = dueOf(walk);
    give(walk, extend(due + 3_000)).wait(7_000);
    expect(walk.state.rung).toBe('MARGIN_CALL');
    expect(nextDeadline(walk.state)).toEqual({ kind: 'CALL_DUE', at: due + 3_000 });
    walk.wait(3_000);
    expect(walk.story.slice(3)).toEqual(['PAST_DUE', 'CLOSE_ONLY']);
  });

  test('counts all of them against the limit', () => {
    const walk = called();
    const due = dueOf(walk);
    give(walk, extend(due + 4_000));
    give(walk, extend(due + WALK_POLICY.extendMaxMs + 1));
    expect(walk.state.answers.at(-1)?.refusal?.code).toBe('DUE_BEYOND_POLICY');
  });

  test('before the acknowledgement is kept by it', () => {
    const walk = called();
    const { call } = walk.state;
    if (call === null) throw new Error('there is no call');
    walk.state = { ...walk.state, call: { ...call, issuedAt: null } };
    give(walk, extend(call.dueAt + 3_000));
    const ackAt = walk.now;
    walk.give({ type: 'CALL_PUBLISHED', episode: 1, ackAt });
    expect(dueOf(walk)).toBe(call.dueAt + 3_000);
    expect(walk.state.call?.originalDueAt).toBe(ackAt + WALK_POLICY.dueAfterMs);
  });
});

describe('a liquidation that awaits release', () => {
  test('says how much would be traded and how many have to agree', () => {
    const walk = awaiting(TWO_PERSONS);
    expect(walk.taken.at(-1)?.action).toMatchObject({
      type: 'AWAIT_RELEASE',
      notionalE4: 23_010 * E4,
      persons: 2,
    });
  });

  test('goes as soon as one person releases it', () => {
    const walk = give(awaiting(), RELEASE);
    expect(walk.story.slice(5)).toEqual(['COMMANDED', 'TRIGGER', 'ORDERS']);
    expect(walk.state.answers.at(-1)).toMatchObject({ outcome: 'DONE' });
  });

  test('above the notional takes two different persons', () => {
    const walk = give(awaiting(TWO_PERSONS), RELEASE, 'ann');
    expect(walk.state.answers.at(-1)).toMatchObject({ outcome: 'AWAITING_SECOND_PERSON' });
    give(walk, RELEASE, 'ann');
    expect(walk.state.answers.at(-1)?.refusal?.code).toBe('SAME_PERSON');
    expect(walk.state.rung).toBe('RESTRICTED');
    give(walk, RELEASE, 'bob');
    expect(walk.story.slice(5)).toEqual(['COMMANDED', 'COMMANDED', 'TRIGGER', 'ORDERS']);
  });

  test('asks a second person when the plan has grown beyond what one releases', () => {
    const walk = awaiting({ ...ONE_PERSON, twoPersonNotionalE4: 30_000 * E4 }).setPrice(380);
    give(walk, RELEASE);
    expect(walk.story.slice(5)).toEqual(['COMMANDED', 'RENOTIFY', 'AWAIT_RELEASE']);
    expect(isAwaitingRelease(walk.state)).toBe(true);
    give(walk, RELEASE, 'bob');
    expect(walk.state.rung).toBe('LIQUIDATING');
  });

  test('needs no release any more when it is cured', () => {
    const walk = awaiting().deposit(60_000);
    expect(walk.state.release).toBeNull();
  });
});

describe('enforcement that is held', () => {
  test('makes every escalation wait, and goes on when two persons resume it', () => {
    const walk = give(called(), HOLD).wait(30_000);
    expect(walk.state.rung).toBe('MARGIN_CALL');
    give(walk, RESUME, 'ann');
    expect(walk.state.answers.at(-1)).toMatchObject({ outcome: 'AWAITING_SECOND_PERSON' });
    walk.wait(5_000);
    expect(walk.state.rung).toBe('MARGIN_CALL');
    give(walk, RESUME, 'bob');
    expect(walk.story.slice(3)).toEqual(['COMMANDED', 'COMMANDED', 'PAST_DUE', 'CLOSE_ONLY']);
  });

  test.each([THIN, DEFICIENT])('of a healthy account lets nothing begin at $%p', (dollars) => {
    const walk = give(new LadderWalk().price(HEALTHY), HOLD).price(dollars).wait(5_000);
    expect(walk.story).toEqual(['COMMANDED']);
    expect(walk.readings).toEqual([]);
  });

  test('does not hold back a cure', () => {
    const walk = give(called(), HOLD).deposit(DEMAND);
    expect(walk.story.slice(3)).toEqual(['MET']);
    expect(walk.state.enforcementHold).not.toBeNull();
  });

  test('stops a liquidation, and plans anew after it', () => {
    const walk = give(called().wait(9_500), HOLD);
    expect(walk.taken.at(-1)?.action).toMatchObject({
      type: 'CANCEL_ORDERS',
      why: 'ENFORCEMENT_HELD',
    });
    walk.end(firstOrder(walk), 'CANCELLED').tell().wait(20_000);
    give(give(walk, RESUME, 'ann'), RESUME, 'bob');
    expect(walk.story.slice(8)).toEqual(['COMMANDED', 'COMMANDED', 'ORDERS']);
  });
});

describe('a liquidation whose excess is back before the call is met', () => {
  test('cancels its working orders, once', () => {
    const walk = called()
      .wait(9_500)
      .price(BARELY)
      .price(BARELY + 1)
      .wait(1_000);
    expect(walk.story.slice(6)).toEqual(['CANCEL_ORDERS']);
    expect(walk.taken.at(-1)?.action).toMatchObject({ why: 'EXCESS_BACK' });
  });

  test('is met by what it had sold when the orders are over', () => {
    const walk = called().wait(9_500);
    walk.fill(firstOrder(walk), 10 * E4).price(BARELY + 1);
    walk.end(firstOrder(walk), 'CANCELLED').tell();
    expect(walk.story.slice(6)).toEqual(['CANCEL_ORDERS', 'MET', 'COMPLETE', 'LIFT']);
  });
});
