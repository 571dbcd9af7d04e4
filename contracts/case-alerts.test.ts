import { describe, expect, test } from '@jest/globals';
import { summaryOf } from '#domain/case-summary.ts';
import type { CaseAction } from '#domain/ladder-actions.ts';
import { LadderWalk, WALK_POLICY } from '#test/ladder-walk.ts';
import { isOpenAlert, mergeAlert } from './alerts.ts';
import type { AlertRecord } from './alerts.ts';
import { caseAlert } from './case-alerts.ts';

/** Every alert that a walk's actions raise or end, in their order. */
function alertsOf(walk: LadderWalk): AlertRecord[] {
  return walk.taken.flatMap(({ action }) => caseAlert(requestOf(walk, action)) ?? []);
}

function requestOf(walk: LadderWalk, action: CaseAction): Parameters<typeof caseAlert>[0] {
  return {
    accountId: 'ACC_1',
    caseId: 'c-1',
    caseStartedAt: 1,
    workflowId: 'account-case:ACC_1',
    runId: 'r-1',
    action,
    summary: summaryOf(walk.state),
  };
}

describe('a person is called', () => {
  test('when a case holds on stale figures, until the hold is over', () => {
    const walk = new LadderWalk();
    walk.stale = { code: 'QUOTE_OLD', what: 'NVDA', observed: '9000 ms', limit: '5000 ms' };
    walk.price(390).wait(3_000);
    const [raised] = alertsOf(walk);
    expect(raised).toMatchObject({
      ...{ code: 'ESCALATION_HELD', severity: 'WARNING', event: 'RAISED', subject: 'ACC_1' },
      what: expect.stringContaining('NVDA'),
    });

    walk.stale = null;
    walk.wait(3_000);
    const [, cleared] = alertsOf(walk);
    if (raised === undefined || cleared === undefined) throw new Error('two alerts were expected');
    expect(cleared).toMatchObject({ event: 'CLEARED', alert_id: raised.alert_id });
    expect(isOpenAlert(raised)).toBe(true);
    expect(isOpenAlert(mergeAlert(raised, cleared))).toBe(false);
    expect(isOpenAlert(mergeAlert(cleared, raised))).toBe(false);
  });

  test('when a liquidation waits for release', () => {
    const walk = new LadderWalk({ ...WALK_POLICY, liquidationRelease: 'ONE_PERSON' });
    walk.price(390).wait(60_000);
    expect(alertsOf(walk)).toMatchObject([{ code: 'AWAITING_RELEASE', severity: 'CRITICAL' }]);
  });

  test('not for the steps that the case takes by itself', () => {
    const walk = new LadderWalk().price(390);
    expect(walk.story).toEqual(['WARN', 'CALL']);
    expect(alertsOf(walk)).toEqual([]);
  });
});
