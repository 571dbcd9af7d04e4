import { describe, expect, test } from '@jest/globals';
import { summaryOf } from '#domain/case-summary.ts';
import type { CaseAction } from '#domain/ladder-actions.ts';
import { LadderWalk, WALK_POLICY } from '#test/ladder-walk.ts';
import type { CaseOrder } from '#domain/ladder-state.ts';
import type { Policy } from '#domain/policy.ts';
import { isOpenAlert, mergeAlert } from './alerts.ts';
import type { AlertRecord } from './alerts.ts';
import { caseAlerts } from './case-alerts.ts';

/** Every alert that a walk's actions raise or end, in their order. */
function alertsOf(walk: LadderWalk): AlertRecord[] {
  return walk.taken.flatMap(({ action }) => caseAlerts(requestOf(walk, action)));
}

function requestOf(walk: LadderWalk, action: CaseAction): Parameters<typeof caseAlerts>[0] {
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

const ONE_PERSON: Policy = { ...WALK_POLICY, liquidationRelease: 'ONE_PERSON' };

function firstOrder({ orders }: LadderWalk): CaseOrder {
  const [order] = orders;
  if (order === undefined) throw new Error('no order was sent');
  return order;
}

function release(walk: LadderWalk): LadderWalk {
  const common = { commandId: 'c-1', at: walk.now, by: 'ann', episode: 1, reason: 'looked at' };
  walk.give({ type: 'COMMAND', command: { ...common, type: 'RELEASE' } });
  return walk.give({
    type: 'COMMAND',
    command: { ...common, commandId: 'c-2', by: 'bob', type: 'RELEASE' },
  });
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

  test.each<[AlertRecord['code'], Policy, (walk: LadderWalk) => LadderWalk]>([
    ['AWAITING_RELEASE', ONE_PERSON, (walk) => release(walk)],
    ['AWAITING_RELEASE', ONE_PERSON, (walk) => walk.deposit(60_000)],
    ['LIQUIDATION_STUCK', WALK_POLICY, (walk) => walk.end(firstOrder(walk), 'EXPIRED')],
    ['LIQUIDATION_STUCK', WALK_POLICY, (walk) => walk.fill(firstOrder(walk))],
  ])('for %s only until its reason is over', (code, policy, end) => {
    const walk = new LadderWalk(policy).price(390).wait(60_000);
    const open = (): AlertRecord[] => {
      const known = new Map<string, AlertRecord>();
      for (const alert of alertsOf(walk)) {
        known.set(alert.alert_id, mergeAlert(known.get(alert.alert_id), alert));
      }
      return [...known.values()].filter(isOpenAlert);
    };
    expect(open()).toMatchObject([{ code, subject: 'ACC_1' }]);
    end(walk);
    expect(open()).toEqual([]);
    expect(alertsOf(walk).at(-1)).toMatchObject({ event: 'CLEARED', code });
  });

  test('for a deficit that nothing covers, until it is paid', () => {
    const walk = new LadderWalk().price(100).wait(60_000);
    walk.fill(firstOrder(walk));
    const [raised] = alertsOf(walk).filter(({ code }) => code === 'UNSECURED_DEFICIT');
    expect(raised).toMatchObject({ event: 'RAISED' });
    walk.deposit(200_000);
    expect(alertsOf(walk).at(-1)).toMatchObject({ event: 'CLEARED', alert_id: raised?.alert_id });
  });

  test('not for the steps that the case takes by itself', () => {
    const walk = new LadderWalk().price(390);
    expect(walk.story).toEqual(['WARN', 'CALL']);
    expect(alertsOf(walk)).toEqual([]);
  });
});
