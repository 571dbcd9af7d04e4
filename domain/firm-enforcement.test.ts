import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  askToStart,
  BRAKE,
  commandFirm,
  FIRM_ANSWERS_MAX,
  FIRM_HOLDS_MAX,
  firmAnswerTo,
  holdOf,
  NOTHING_HELD,
  parseFirmScope,
} from './firm-enforcement.ts';
import type {
  BrakeLimit,
  FirmCommand,
  FirmEnforcement,
  FirmScope,
  FirmStep,
  StartRequest,
} from './firm-enforcement.ts';

const MINUTE_MS = 60_000;
const LIMIT: BrakeLimit = { accountsMax: 10, windowMs: 10 * MINUTE_MS };
const NOW = 1_795_000_000_000;
let commands = 0;

const say = (
  type: FirmCommand['type'],
  by: string,
  scope: FirmScope = 'GLOBAL',
  commandId = `c-${String((commands += 1))}`,
): FirmCommand => ({ type, by, scope, commandId, at: NOW, reason: 'a vendor sends nonsense' });

/** The state after commands, and what the last one came to. */
function after(state: FirmEnforcement, ...said: FirmCommand[]) {
  let step: FirmStep = { state, change: null };
  for (const command of said) step = commandFirm(step.state, command, NOW);
  const last = said.at(-1);
  return { ...step, answer: last === undefined ? null : firmAnswerTo(step.state, last.commandId) };
}

const start = (account: number | string, changes: Partial<StartRequest> = {}): StartRequest => ({
  accountId: `ACC_${String(account)}`,
  caseId: `case-${String(account)}`,
  episode: 1,
  isReleased: false,
  ...changes,
});
const starts = (from: number, to: number): StartRequest[] =>
  Array.from({ length: to - from + 1 }, (_, index) => start(from + index));
const ask = (state: FirmEnforcement, requests: readonly StartRequest[], now = NOW) =>
  askToStart(state, requests, LIMIT, now);

describe('people hold enforcement', () => {
  test('one at once, and two different ones resume it', () => {
    const held = after(NOTHING_HELD, say('HOLD', 'ann'));
    expect(held.answer).toEqual({ commandId: expect.any(String), outcome: 'DONE', refusal: null });
    expect(held.change).toMatchObject({ type: 'HELD', version: 1, by: 'ann' });
    const asked = after(held.state, say('RESUME', 'bob'));
    expect(asked.answer?.outcome).toBe('AWAITING_SECOND_PERSON');
    expect(holdOf(asked.state.holds, 'GLOBAL')).toMatchObject({ by: 'ann', resumeAskedBy: 'bob' });
    const resumed = after(asked.state, say('RESUME', 'ann'));
    expect(resumed.answer?.outcome).toBe('DONE');
    expect(resumed.change).toMatchObject({ type: 'RESUMED', version: 3, hold: { by: 'ann' } });
    expect(resumed.state.holds).toEqual([]);
  });

  test('each scope by itself', () => {
    const { state } = after(
      NOTHING_HELD,
      ...[say('HOLD', 'ann', 'SYMBOL:NVDA'), say('HOLD', 'ann', 'GLOBAL')],
      ...[say('RESUME', 'bob', 'GLOBAL'), say('RESUME', 'cat', 'GLOBAL')],
    );
    expect(state.holds.map(({ scope }) => scope)).toEqual(['SYMBOL:NVDA']);
  });

  test.each<[string, FirmCommand[], FirmCommand, string]>([
    ['a second hold', [say('HOLD', 'ann')], say('HOLD', 'bob'), 'ALREADY_HELD'],
    ['a resume of nothing', [], say('RESUME', 'bob'), 'NOT_HELD'],
    [
      'a resume by one person twice',
      [say('HOLD', 'ann'), say('RESUME', 'bob')],
      say('RESUME', 'bob'),
      'SAME_PERSON',
    ],
    [
      'more holds than anyone can watch',
      Array.from({ length: FIRM_HOLDS_MAX }, (_, index) =>
        say('HOLD', 'ann', `SYMBOL:S${String(index)}`),
      ),
      say('HOLD', 'ann', 'SYMBOL:ONE_MORE'),
      'TOO_MANY_HOLDS',
    ],
  ])('and not by %s', (_what, before, command, code) => {
    const { state } = after(NOTHING_HELD, ...before);
    const refused = after(state, command);
    expect(refused.answer?.refusal?.code).toBe(code);
    expect(refused.change).toBeNull();
    expect(refused.state.holds).toEqual(state.holds);
  });

  test('and a repeated command gets its first answer, of the last so many', () => {
    const first = say('HOLD', 'ann');
    const held = after(NOTHING_HELD, first);
    expect(after(held.state, first)).toMatchObject({ state: held.state, change: null });
    const many = Array.from({ length: FIRM_ANSWERS_MAX }, () => say('HOLD', 'ann'));
    const { state } = after(held.state, ...many);
    expect(state.answers).toHaveLength(FIRM_ANSWERS_MAX);
    expect(firmAnswerTo(state, first.commandId)).toBeNull();
  });
});

describe('the liquidation brake', () => {
  test('lets ten accounts go within ten minutes, and holds the eleventh and all after it', () => {
    const ten = ask(NOTHING_HELD, starts(1, 10));
    expect(ten.answers).toEqual(Array.from({ length: 10 }, () => 'GRANTED'));
    expect(ten.change).toBeNull();
    const eleventh = ask(ten.state, starts(11, 12));
    expect(eleventh.answers).toEqual(['BRAKED', 'BRAKED']);
    expect(eleventh.change).toMatchObject({
      type: 'BRAKED',
      by: BRAKE,
      hold: { scope: 'LIQUIDATIONS', by: BRAKE },
      reason: 'ACC_11 would be liquidation 11 within 10 min; policy allows 10',
    });
    // It stays on when the window has passed: people have to look.
    const later = ask(eleventh.state, starts(13, 13), NOW + 11 * MINUTE_MS);
    expect(later).toMatchObject({ answers: ['BRAKED'], change: null });
  });

  test.each([
    ['who asks again', start(3), NOW],
    ['another episode of an account that counts already', start(3, { episode: 2 }), NOW],
    ['an account that two persons released', start(11, { isReleased: true }), NOW],
    ['an account when the window has passed', start(11), NOW + 10 * MINUTE_MS],
  ])('lets go %s', (_what, request, now) => {
    const { state } = ask(NOTHING_HELD, starts(1, 10));
    expect(ask(state, [request], now)).toMatchObject({ answers: ['GRANTED'], change: null });
  });

  test('counts what people released', () => {
    const released = starts(1, 10).map((request) => ({ ...request, isReleased: true }));
    const { state } = ask(NOTHING_HELD, released);
    expect(ask(state, starts(11, 11)).answers).toEqual(['BRAKED']);
  });

  test('is released by two persons, and its window starts anew', () => {
    const { state } = ask(NOTHING_HELD, starts(1, 11));
    const first = after(state, say('RESUME', 'ann', 'LIQUIDATIONS'));
    expect(ask(first.state, starts(11, 11)).answers).toEqual(['BRAKED']);
    const second = after(first.state, say('RESUME', 'bob', 'LIQUIDATIONS'));
    expect(ask(second.state, starts(11, 21)).answers).toEqual([
      ...Array.from({ length: 10 }, () => 'GRANTED'),
      'BRAKED',
    ]);
  });

  test('can be put on by a person before it comes on by itself', () => {
    const { state } = after(NOTHING_HELD, say('HOLD', 'ann', 'LIQUIDATIONS'));
    expect(ask(state, starts(1, 1)).answers).toEqual(['BRAKED']);
  });

  test('put on by a person stops who was let go before and has not begun', () => {
    const granted = ask(NOTHING_HELD, starts(1, 1));
    const { state } = after(granted.state, say('HOLD', 'ann', 'LIQUIDATIONS'));
    expect(ask(state, starts(1, 1)).answers).toEqual(['BRAKED']);
  });

  test('counts who asks again from then on', () => {
    const first = ask(NOTHING_HELD, starts(1, 10));
    const again = ask(first.state, starts(1, 10), NOW + 9 * MINUTE_MS);
    expect(ask(again.state, starts(11, 11), NOW + 11 * MINUTE_MS).answers).toEqual(['BRAKED']);
  });

  test('never lets more accounts go than its limit without people, however they ask', () => {
    const asks = fc.array(
      fc.record({
        afterMs: fc.integer({ min: 0, max: 3 * MINUTE_MS }),
        accounts: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }),
        episode: fc.integer({ min: 1, max: 3 }),
        resumes: fc.boolean(),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(asks, fc.integer({ min: 1, max: 5 }), (all, accountsMax) => {
        const limit = { accountsMax, windowMs: LIMIT.windowMs };
        let state = NOTHING_HELD;
        let now = NOW;
        let granted: { accountId: string; at: number }[] = [];
        for (const { afterMs, accounts, episode, resumes } of all) {
          now += afterMs;
          if (resumes && holdOf(state.holds, 'LIQUIDATIONS') !== null) {
            for (const by of ['ann', 'bob'])
              ({ state } = after(state, say('RESUME', by, 'LIQUIDATIONS')));
            granted = [];
          }
          const requests = accounts.map((account) => start(account, { episode }));
          const step = askToStart(state, requests, limit, now);
          state = step.state;
          step.answers.forEach((answer, index) => {
            const { accountId } = requests[index] ?? start('none');
            if (answer === 'GRANTED') granted.push({ accountId, at: now });
          });
          const inWindow = granted.filter(({ at }) => at > now - limit.windowMs);
          const distinct = new Set(inWindow.map(({ accountId }) => accountId));
          expect(distinct.size).toBeLessThanOrEqual(accountsMax);
        }
      }),
    );
  });
});

test.each([
  ['GLOBAL', 'GLOBAL'],
  ['LIQUIDATIONS', 'LIQUIDATIONS'],
  ['SYMBOL:BRK.B', 'SYMBOL:BRK.B'],
  ['SYMBOL:', null],
  ['ACCOUNT:ACC_1', null],
  ['', null],
])('the scope of %p', (name, scope) => {
  expect(parseFirmScope(name)).toBe(scope);
});
