import { acknowledgedAlert, clearedAlert, raisedAlert } from '#contracts/alerts.ts';
import type { AlertRecord } from '#contracts/alerts.ts';
import { describe, expect, test } from '@jest/globals';
import { OpenAlerts } from './open-entries.ts';

const SINCE = 1_795_000_000_000;
const EVERY_MS = 60_000;
const RAISED = raisedAlert({
  severity: 'CRITICAL',
  code: 'ESCALATION_HELD',
  subject: 'ACC_1',
  what: 'ACC_1 is held',
  since: SINCE,
  timestamp: SINCE,
  correlation_id: 'c1',
});
/** As the notifier writes it: from what it knew when it paged. */
const PAGED: AlertRecord = { ...RAISED, event: 'PAGED', pages: 1, paged_at: SINCE + 10 };

/** The alerts after these records of the log, from its beginning. */
function read(...records: readonly AlertRecord[]): OpenAlerts {
  const alerts = new OpenAlerts(EVERY_MS, 10);
  for (const [offset, record] of records.entries()) alerts.take(record, offset);
  return alerts;
}
const dueLater = (alerts: OpenAlerts): number => alerts.due(SINCE + 10 * EVERY_MS, 10).length;

describe('an alert', () => {
  test('is due again after its interval, and not before its page has been read back', () => {
    const alerts = read(RAISED);
    expect(alerts.due(SINCE, 10)).toEqual([RAISED]);
    expect(dueLater(alerts)).toBe(0);
    alerts.concluded(PAGED, 1);
    alerts.take(PAGED, 1);
    expect(alerts.due(SINCE + EVERY_MS, 10)).toHaveLength(0);
    expect(dueLater(alerts)).toBe(1);
  });

  test.each([
    ['over', clearedAlert(RAISED, SINCE + 5)],
    ['acknowledged', acknowledgedAlert(RAISED, 'ann', SINCE + 5)],
  ])('that is %s while it is paged stays so when the page comes in', (_what, end) => {
    const alerts = read(RAISED);
    alerts.due(SINCE, 10);
    alerts.take(end, 1);
    // A restart now has to begin at the end, or it would see nothing but the page.
    expect(alerts.firstOffset()).toBe(1);
    alerts.concluded(PAGED, 2);
    alerts.take(PAGED, 2);
    expect(dueLater(alerts)).toBe(0);
    expect([alerts.size, alerts.firstOffset()]).toEqual([0, null]);
  });

  test('that is over stays so for a notifier that begins there', () => {
    const alerts = read(clearedAlert(RAISED, SINCE + 5), PAGED);
    expect([alerts.size, dueLater(alerts)]).toEqual([0, 0]);
  });

  test('whose page reached nobody is due again, unless it is over', () => {
    const alerts = read(RAISED);
    alerts.due(SINCE, 10);
    alerts.free(RAISED);
    expect(alerts.due(SINCE, 10)).toHaveLength(1);
    alerts.take(clearedAlert(RAISED, SINCE + 5), 1);
    alerts.free(RAISED);
    expect([alerts.size, dueLater(alerts)]).toEqual([0, 0]);
  });

  test('goes on from its last page after a restart', () => {
    expect(dueLater(read(PAGED))).toBe(1);
  });
});
