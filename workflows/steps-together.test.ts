import { LadderWalk } from '#test/ladder-walk.ts';
import type { CaseAction, LadderAction } from '#domain/ladder-actions.ts';
import { describe, expect, test } from '@jest/globals';
import { stepsTogether } from './steps-together.ts';

/** Everything that a case does which falls, is called, and is never paid. */
const TAKEN: readonly CaseAction[] = new LadderWalk()
  .price(390)
  .wait(60_000)
  .taken.map(({ action }) => action);

const READ: LadderAction = {
  type: 'READ_FIGURES',
  attempt: 1,
  executionId: null,
  request: {
    accountId: 'ACC_1',
    atLeast: null,
    quoteAgeMaxMs: 1,
    heartbeatAgeMaxMs: 1,
    calendarVersion: 1,
    start: null,
  },
  leadsToCallAtMost: true,
};

function actionOf(type: CaseAction['type']): CaseAction {
  const found = TAKEN.find((action) => action.type === type);
  if (found === undefined) throw new Error(`the walk has no ${type}`);
  return found;
}

/** Such as `WARN>CALL`, an activity each. */
function told(actions: readonly LadderAction[]): string[] {
  return stepsTogether(actions).map((asked) =>
    asked.type === 'READ_FIGURES'
      ? asked.type
      : [...asked.leadingUp, asked.step].map(({ type }) => type).join('>'),
  );
}

describe('the steps of one decision', () => {
  test.each<[says: string, given: readonly CaseAction['type'][], then: readonly string[]]>([
    ['a warning goes on record with the call', ['WARN', 'CALL'], ['WARN>CALL']],
    ['a warning alone is its own step', ['WARN'], ['WARN']],
    ['past due and close-only are one', ['PAST_DUE', 'CLOSE_ONLY'], ['PAST_DUE>CLOSE_ONLY']],
    ['what waits for the call’s clock does not lead up to it', ['CALL', 'WARN'], ['CALL', 'WARN']],
    ['orders go after the trigger is on record', ['TRIGGER', 'ORDERS'], ['TRIGGER', 'ORDERS']],
  ])('%s', (_says, given, then) => {
    expect(told(given.map(actionOf))).toEqual(then);
  });

  test('are on record before the figures are read', () => {
    expect(told([actionOf('WARN'), READ])).toEqual(['WARN', 'READ_FIGURES']);
  });

  test('stay in their order, each once', () => {
    const flat = stepsTogether(TAKEN).flatMap((asked) =>
      asked.type === 'READ_FIGURES' ? [] : [...asked.leadingUp, asked.step],
    );
    expect(flat).toEqual(TAKEN);
  });
});
