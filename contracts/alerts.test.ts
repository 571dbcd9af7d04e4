import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { alertSchema, clearedAlert, isOpenAlert, mergeAlert, raisedAlert } from './alerts.ts';
import type { AlertRecord, RaisedAlert } from './alerts.ts';

const SINCE = 1_795_000_000_000;

const STUCK: RaisedAlert = {
  severity: 'CRITICAL',
  code: 'LIQUIDATION_STUCK',
  subject: 'ACC_1',
  what: 'orders of ACC_1 outlive their lifetime',
  since: SINCE,
  timestamp: SINCE,
  correlation_id: 'c1',
};

function acknowledged(alert: AlertRecord, by: string, at: number): AlertRecord {
  return { ...alert, event: 'ACKNOWLEDGED', acknowledged_by: by, acknowledged_at: at };
}

describe('an alert', () => {
  test('raised twice for the same occurrence is the same alert', () => {
    expect(raisedAlert({ ...STUCK, count: 2 }).alert_id).toBe(raisedAlert(STUCK).alert_id);
  });

  test.each<[string, Partial<RaisedAlert>]>([
    ['code', { code: 'UNSECURED_DEFICIT' }],
    ['subject', { subject: 'ACC_2' }],
    ['beginning', { since: SINCE + 1 }],
    ['occurrence', { occurrence: 'smtp' }],
  ])('with another %s is another alert', (_what, change) => {
    expect(raisedAlert({ ...STUCK, ...change }).alert_id).not.toBe(raisedAlert(STUCK).alert_id);
  });

  test('is of the topic’s schema, whatever its subject and words', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9_.:-]{1,64}$/);
    fc.assert(
      fc.property(word, fc.string({ minLength: 1, maxLength: 2_000 }), (subject, what) => {
        alertSchema.parse(raisedAlert({ ...STUCK, subject, what }));
      }),
    );
  });

  test('stays acknowledged by whoever was first', () => {
    const raised = raisedAlert(STUCK);
    const first = mergeAlert(raised, acknowledged(raised, 'ann', SINCE + 5));
    const again = mergeAlert(first, raisedAlert({ ...STUCK, count: 2 }));
    const second = mergeAlert(again, acknowledged(raised, 'bob', SINCE + 9));
    expect(second).toMatchObject({ acknowledged_by: 'ann', count: 2 });
    expect(isOpenAlert(second)).toBe(false);
  });

  test('that is cleared stays so when a page comes in late', () => {
    const raised = raisedAlert(STUCK);
    const over = mergeAlert(raised, clearedAlert(raised, SINCE + 3));
    const page: AlertRecord = { ...raised, event: 'PAGED', pages: 1, paged_at: SINCE + 4 };
    const merged = mergeAlert(over, page);
    expect(merged).toMatchObject({ cleared_at: SINCE + 3, pages: 1 });
    expect(isOpenAlert(merged)).toBe(false);
  });

  test('whose records come in any order ends as open or as settled', () => {
    const raised = raisedAlert(STUCK);
    const records = [
      raised,
      raisedAlert({ ...STUCK, count: 3 }),
      acknowledged(raised, 'ann', SINCE + 5),
      { ...raised, event: 'PAGED', pages: 2, paged_at: SINCE + 4 } as const,
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(records, { minLength: 4 }), (order) => {
        const end = order.reduce<AlertRecord | undefined>(mergeAlert, undefined);
        expect(end).toMatchObject({ count: 3, pages: 2, acknowledged_by: 'ann' });
      }),
    );
  });
});
