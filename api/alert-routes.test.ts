import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { alertListSchema } from '#contracts/alert-list.ts';
import { alertSchema, clearedAlert, mergeAlert, raisedAlert } from '#contracts/alerts.ts';
import type { AlertRecord } from '#contracts/alerts.ts';
import { auditSchema } from '#contracts/case-events.ts';
import { TOPICS } from '#contracts/topics.ts';
import { openApi } from '#test/api-fixture.ts';
import type { ApiFixture } from '#test/api-fixture.ts';
import { AlertsRead } from './alerts-read.ts';

const NOW = 1_795_000_000_000;

/** An alert about an account, so many seconds old. */
function alert(
  subject: string,
  agoS: number,
  severity: AlertRecord['severity'] = 'WARNING',
): AlertRecord {
  const since = NOW - agoS * 1_000;
  return raisedAlert({
    severity,
    code: severity === 'CRITICAL' ? 'UNSECURED_DEFICIT' : 'ESCALATION_HELD',
    subject,
    what: `what happened to ${subject}`,
    since,
    timestamp: since,
    correlation_id: 'c-1',
  });
}

const OLD = alert('ACC_1', 60);
const NEW = alert('ACC_2', 10);
const SEVERE = alert('ACC_3', 1, 'CRITICAL');
const OVER = alert('ACC_4', 90);

describe('the alerts over REST', () => {
  const alerts = new AlertsRead();
  let api: ApiFixture;

  beforeAll(async () => {
    api = await openApi('api-alerts', () => ({ alerts }));
    for (const one of [NEW, OLD, SEVERE, OVER, clearedAlert(OVER, NOW)]) alerts.take(one);
  });
  afterAll(async () => {
    await api.close();
  });

  async function subjects(query: string): Promise<string[]> {
    const { body } = await api.send('GET', `/alerts${query}`, { as: ['viewer'] });
    return alertListSchema.parse(body).alerts.map(({ subject }) => subject);
  }

  test.each([
    ['', ['ACC_3', 'ACC_1', 'ACC_2']],
    ['?state=all', ['ACC_3', 'ACC_4', 'ACC_1', 'ACC_2']],
    ['?severity=WARNING', ['ACC_1', 'ACC_2']],
    ['?code=UNSECURED_DEFICIT', ['ACC_3']],
    ['?subject=ACC_2', ['ACC_2']],
    ['?limit=1', ['ACC_3']],
  ])('%s are listed by severity and age', async (query, expected) => {
    expect(await subjects(query)).toEqual(expected);
  });

  test('that do not fit are counted', async () => {
    const { body } = await api.send('GET', '/alerts?limit=1', { as: ['viewer'] });
    expect(body.others).toBe(2);
  });

  test('are acknowledged once, in the name of who asks, on alerts.v1 and in the audit', async () => {
    const path = `/alerts/${OLD.alert_id}/acknowledge`;
    const answer = await api.send('POST', path, { as: ['operator'] });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ acknowledged_by: 'ann', event: 'ACKNOWLEDGED' });
    expect((await api.send('POST', path, { as: ['approver'] })).body).toEqual(answer.body);
    expect(await subjects('?subject=ACC_1')).toEqual([]);

    const written = await api.kafka.readAll(TOPICS.alerts.name);
    const records = written.map(({ value }) =>
      alertSchema.parse(JSON.parse(Buffer.from(value ?? []).toString('utf8'))),
    );
    expect(records).toEqual([answer.body]);
    expect(written[0]?.key).toBe('ACC_1');

    const audited = await api.kafka.readAll(TOPICS.audit.name);
    const events = audited.map(({ value }) =>
      auditSchema.parse(JSON.parse(Buffer.from(value ?? []).toString('utf8'))),
    );
    expect(events).toMatchObject([
      {
        event_type: 'ALERT_ACKNOWLEDGED',
        account_id: 'ACC_1',
        actor: 'ann',
        details: { alert_id: OLD.alert_id, code: 'ESCALATION_HELD' },
      },
    ]);
  });

  test('that are over stay as they are', async () => {
    const answer = await api.send('POST', `/alerts/${OVER.alert_id}/acknowledge`, {
      as: ['operator'],
    });
    expect(answer.body).toMatchObject({ event: 'CLEARED', acknowledged_by: null });
  });

  test('that are not there are 404', async () => {
    const answer = await api.send('POST', '/alerts/NOBODY.1/acknowledge', { as: ['operator'] });
    expect(answer.status).toBe(404);
  });
});

describe('the alerts read', () => {
  test('keep open ones when there is no room for all', () => {
    const alerts = new AlertsRead(2);
    for (const one of [OVER, clearedAlert(OVER, NOW), OLD, NEW]) alerts.take(one);
    expect(alerts.get(OVER.alert_id)).toBeNull();
    expect(alerts.list({ openOnly: false })).toEqual([OLD, NEW]);
  });

  test('say what all records of an alert say together, and pass over what is none', () => {
    const alerts = new AlertsRead();
    const again = { ...OLD, count: 3 };
    const record = (value: string) => ({
      ...{ topic: TOPICS.alerts.name, partition: 0, offset: 0, timestamp: NOW },
      ...{ key: 'ACC_1', value: Buffer.from(value) },
    });
    alerts.read(['{', JSON.stringify(OLD), JSON.stringify(again)].map(record));
    expect(alerts.get(OLD.alert_id)).toEqual(mergeAlert(OLD, again));
  });
});
