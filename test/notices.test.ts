import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TOPICS } from '#contracts/topics.ts';
import type { AlertRecord } from '#contracts/alerts.ts';
import { freePort } from '#stack/ports.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { openHookServer, openMailServer } from './notice-receivers.ts';
import type { HookServer, MailServer } from './notice-receivers.ts';
import {
  actionOf,
  alertsOf,
  attemptsText,
  configurationFile,
  noticesOf,
  perform,
  SEND_MS_MAX,
  WEBHOOK_SECRET,
} from './notices-fixture.ts';
import { startPart, stopInOrder } from './part-fixture.ts';
import type { PartProcess } from './part-fixture.ts';

const MAIN = 'consumers/notifier/main.ts';
const LONG_MS = 60_000;
const TEST_MS = 400_000;

let kafka: KafkaFixture;
let mail: MailServer;
let hook: HookServer;

beforeAll(async () => {
  kafka = await openKafka('notices', 2);
  mail = await openMailServer();
  hook = await openHookServer();
});

afterAll(async () => {
  await Promise.all([kafka.close(), mail.close(), hook.close()]);
});

/** Mail to an address that begins with the account, over this port. */
function byMail(accountId: string, port = mail.port, alertsEveryMs = 1_000): object {
  return {
    channels: ['smtp'],
    smtp: { host: '127.0.0.1', port, tls: 'none', from: 'margin@broker.example' },
    accounts: { [accountId]: { email: `${accountId}@example.com` } },
    alerts: { channels: ['webhook'], every_ms: alertsEveryMs },
    webhook: { url: hook.url },
    send_ms_max: accountId.startsWith('silent') ? 1_000 : SEND_MS_MAX,
  };
}

function byHook(): object {
  return {
    channels: ['webhook'],
    webhook: { url: hook.url },
    alerts: { channels: ['log'] },
    send_ms_max: SEND_MS_MAX,
  };
}

async function startNotifier(configuration: object): Promise<PartProcess> {
  return startPart(MAIN, {
    SENTINEL_TOPIC_PREFIX: kafka.topicPrefix,
    SENTINEL_PARTITIONS: '2',
    SENTINEL_NOTICE_CONFIG: await configurationFile(configuration),
    SENTINEL_NOTICE_WEBHOOK_SECRET: WEBHOOK_SECRET,
  });
}

/** The pages that named this account. */
function pagesAbout(accountId: string): number {
  return hook.hooks.filter(({ body }) => body.includes('"alerts":[') && body.includes(accountId))
    .length;
}

describe('the step of a case', () => {
  test(
    'tells the customer at once: the attempt is on record before the mail goes',
    async () => {
      const call = actionOf('told', 'CALL');
      const before = Date.now();
      const ackAt = await perform(kafka, byMail('told'), call);

      const records = await noticesOf(kafka, 'told');
      expect(attemptsText(records)).toEqual(['smtp 1 case ATTEMPTED', 'smtp 1 case DELIVERED']);
      const [attempted] = records;
      expect(attempted).toMatchObject({ kind: 'MARGIN_CALL', episode: 1, reason: null });
      expect(attempted?.timestamp).toBeGreaterThanOrEqual(before);
      expect(ackAt).toBeGreaterThanOrEqual(attempted?.timestamp ?? Infinity);
      expect(attempted?.due_at).toBeLessThanOrEqual(ackAt + 6_000);
      const got = mail.mails.find(({ to }) => to === 'told@example.com');
      expect(got?.raw).toContain('without further notice');
      expect(await alertsOf(kafka, 'told')).toEqual([]);
    },
    TEST_MS,
  );

  test.each([
    ['refused-1', 'FAILED', 'no such mailbox', 'WARNING'],
    ['silent-1', 'UNKNOWN', 'no answer within 1000 ms', 'CRITICAL'],
  ])(
    'starts the clock also when %s cannot be told, and pages a person',
    async (accountId, state, reason, severity) => {
      const ackAt = await perform(kafka, byMail(accountId), actionOf(accountId, 'CALL'));

      const records = await noticesOf(kafka, accountId);
      expect(attemptsText(records)).toEqual(['smtp 1 case ATTEMPTED', `smtp 1 case ${state}`]);
      expect(records[1]?.reason).toContain(reason);
      expect(ackAt).toBeLessThanOrEqual(records[1]?.timestamp ?? 0);
      expect(await alertsOf(kafka, accountId)).toEqual([
        expect.objectContaining({ code: 'NOTICE_UNDELIVERED', event: 'RAISED', severity }),
      ]);
    },
    TEST_MS,
  );

  test(
    'that is repeated tells nobody twice, and its clock starts where it did',
    async () => {
      const call = actionOf('repeated', 'CALL');
      await perform(kafka, byMail('repeated'), call);
      const ackAt = await perform(kafka, byMail('repeated'), call, true);
      const records = await noticesOf(kafka, 'repeated');
      expect(attemptsText(records)).toEqual(['smtp 1 case ATTEMPTED', 'smtp 1 case DELIVERED']);
      expect(ackAt).toBe(records[0]?.timestamp);
      expect(mail.mails.filter(({ to }) => to === 'repeated@example.com')).toHaveLength(1);
    },
    TEST_MS,
  );

  test(
    'that is repeated tells what its first worker did not come to tell',
    async () => {
      await perform(kafka, byMail('begun'), actionOf('begun', 'CALL'), true);
      expect(mail.mails.filter(({ to }) => to === 'begun@example.com')).toHaveLength(1);
    },
    TEST_MS,
  );
});

describe('the notifier', () => {
  test(
    'delivers when the server is back, and pages until somebody acknowledges',
    async () => {
      const port = await freePort();
      const configuration = byMail('later', port);
      await perform(kafka, configuration, actionOf('later', 'CALL'));
      const notifier = await startNotifier(configuration);
      await eventually('a second page', LONG_MS, () => Promise.resolve(pagesAbout('later') >= 2));

      const back = await openMailServer(port);
      await eventually('the mail', LONG_MS, () => Promise.resolve(back.mails.length > 0));
      const records = await eventually('the delivery on record', LONG_MS, async () => {
        const all = await noticesOf(kafka, 'later');
        return all.at(-1)?.state === 'DELIVERED' && all;
      });
      expect(records.at(-1)?.by).toBe('notifier');
      expect(new Set(records.map(({ notice_id }) => notice_id)).size).toBe(1);

      await acknowledge('later');
      const last = await eventually('pages end', LONG_MS, async () => {
        const pages = pagesAbout('later');
        await new Promise((resolve) => setTimeout(resolve, 2_500));
        return pagesAbout('later') === pages && pages;
      });
      expect(last).toBeGreaterThanOrEqual(2);
      expect(back.mails).toHaveLength(1);
      await stopInOrder(notifier);
      await back.close();
    },
    TEST_MS,
  );

  test(
    'killed while it sends leaves it to a person: nothing that may have arrived is sent again',
    async () => {
      hook.answer = { status: 503 };
      await perform(kafka, byHook(), actionOf('killed', 'CALL'));
      const sent = (): number => hook.hooks.filter(({ body }) => body.includes('"killed"')).length;
      expect(sent()).toBe(1);

      // It takes what is sent and does not answer: the attempt is on record, its outcome is not.
      hook.answer = null;
      const first = await startNotifier(byHook());
      await eventually('the second sending', LONG_MS, () => Promise.resolve(sent() === 2));
      await first.kill();

      hook.answer = { status: 204 };
      const second = await startNotifier(byHook());
      await eventually('the end on record', LONG_MS, async () => {
        return (await noticesOf(kafka, 'killed')).at(-1)?.state === 'UNKNOWN';
      });
      await second.kill();

      // What is over stays over, whoever reads it again.
      const third = await startNotifier(byHook());
      hook.answer = { status: 503 };
      await perform(kafka, byHook(), actionOf('after', 'CALL'));
      hook.answer = { status: 204 };
      await eventually('the notifier has gone on', LONG_MS, async () => {
        return (await noticesOf(kafka, 'after')).at(-1)?.state === 'DELIVERED';
      });
      await third.stop();
      expect(sent()).toBe(2);
      expect(attemptsText(await noticesOf(kafka, 'killed'))).toEqual([
        'webhook 1 case ATTEMPTED',
        'webhook 1 case FAILED',
        'webhook 2 notifier ATTEMPTED',
        'webhook 2 notifier UNKNOWN',
      ]);
      const alerts = await alertsOf(kafka, 'killed');
      // Pages for both alerts come in whichever order they are due.
      expect(alerts.map(({ what }) => what)).toContainEqual(
        expect.stringContaining('may or may not have been delivered'),
      );
      expect(alerts.some(({ severity }) => severity === 'CRITICAL')).toBe(true);
    },
    TEST_MS,
  );
});

async function acknowledge(subject: string): Promise<void> {
  const last = (await alertsOf(kafka, subject)).at(-1);
  if (last === undefined) throw new Error(`nothing is raised about ${subject}`);
  const record: AlertRecord = {
    ...last,
    event: 'ACKNOWLEDGED',
    acknowledged_by: 'ann',
    acknowledged_at: Date.now(),
  };
  await kafka.publish([{ topic: TOPICS.alerts.name, key: subject, value: JSON.stringify(record) }]);
}
