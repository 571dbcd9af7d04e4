import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AlertsRead } from '#api/alerts-read.ts';
import { alertListSchema } from '#contracts/alert-list.ts';
import { raisedAlert } from '#contracts/alerts.ts';
import type { AlertRecord } from '#contracts/alerts.ts';
import { openApi } from '#test/api-fixture.ts';
import type { ApiFixture } from '#test/api-fixture.ts';
import { openCli } from '#test/cli-on-api.ts';
import type { CliOnApi } from '#test/cli-on-api.ts';
import type { CliRun } from '#test/cli-fixture.ts';

/** `sentinel alerts` against a running API. */

const MINUTE_MS = 60_000;

const alerts = new AlertsRead();
let api: ApiFixture;
let cli: CliOnApi;

/** Raises an alert about an account, so old. */
function raise(subject: string, agoMs: number, severity: AlertRecord['severity']): AlertRecord {
  const since = Date.now() - agoMs;
  const alert = raisedAlert({
    severity,
    code: 'NOTICE_UNDELIVERED',
    subject,
    what: `MARGIN_CALL of ${subject} was not delivered by smtp`,
    since,
    timestamp: since,
    correlation_id: 'c-1',
  });
  alerts.take(alert);
  return alert;
}

beforeAll(async () => {
  api = await openApi('cli-alerts', () => ({ alerts }));
  cli = await openCli(api);
});
afterAll(async () => {
  await api.close();
  await cli.close();
});

const run = (...words: string[]): Promise<CliRun> => cli.run(words);

describe('sentinel alerts', () => {
  test('says that there are none', async () => {
    expect(await run('alerts')).toEqual({ exitCode: 0, out: 'No alerts.\n', err: '' });
  });

  test('lists the most severe first, with what happened and how to name it', async () => {
    const old = raise('ACC_1', 90 * MINUTE_MS, 'WARNING');
    const severe = raise('ACC_2', 0, 'CRITICAL');
    const { out } = await run('alerts');
    expect(out).toBe(
      [
        'CRITICAL NOTICE_UNDELIVERED ACC_2 since less than a minute, not paged yet',
        '  MARGIN_CALL of ACC_2 was not delivered by smtp',
        `  ${severe.alert_id}`,
        '',
        'WARNING  NOTICE_UNDELIVERED ACC_1 since 1 h, not paged yet',
        '  MARGIN_CALL of ACC_1 was not delivered by smtp',
        `  ${old.alert_id}`,
        '',
      ].join('\n'),
    );
    const limited = await run('alerts', '--limit', '1', '--json');
    expect(alertListSchema.parse(JSON.parse(limited.out)).others).toBe(1);
    expect(limited.err).toContain('1 more');
  });

  test('takes alerts on by their ids; then they are open no more', async () => {
    const mine = raise('ACC_3', MINUTE_MS, 'WARNING');
    const { exitCode, out } = await run('alerts', 'ack', mine.alert_id);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^WARNING .*ACC_3 since 1 min, acknowledged by \w+\n$/);
    expect((await run('alerts', '--subject', 'ACC_3')).out).toBe('No alerts.\n');
    expect((await run('alerts', '--all', '--subject', 'ACC_3')).out).toContain('acknowledged by');
  });

  test('says which alert is not there', async () => {
    const { exitCode, err } = await run('alerts', 'ack', 'NOBODY.1');
    expect(exitCode).toBe(1);
    expect(err).toContain('There is no alert NOBODY.1.');
  });
});
