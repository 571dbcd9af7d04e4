import { createHmac } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { noticeConfigurationSchema } from '#contracts/notice-configuration.ts';
import type { Message, MessageChannel, Sent } from '#ports/message-channel.ts';
import { openHookServer, openMailServer } from '#test/notice-receivers.ts';
import type { HookServer, MailServer } from '#test/notice-receivers.ts';
import { createMessageChannels } from './message-channels.ts';

const PATIENT_MS = 50_000;
/** For who never answers. */
const GIVES_UP_MS = 1_000;
const SECRET = 'a secret of sixteen characters';

const MESSAGE: Message = {
  id: 'n-1',
  accountId: 'ACC_1',
  subject: 'Margin call for account ACC_1',
  body: 'Amount: $3,750.01\n.\nDue: soon – at once\n',
  content: { notice_id: 'n-1', amount: 3_750.01 },
};

const silent = (): void => undefined;
const LOGGER = { debug: silent, info: silent, warn: silent, error: silent };

let mail: MailServer;
let hook: HookServer;
let file: string;

beforeAll(async () => {
  mail = await openMailServer();
  hook = await openHookServer();
  file = path.join(await mkdtemp(path.join(tmpdir(), 'notices-')), 'notices.jsonl');
});

afterAll(async () => {
  await Promise.all([mail.close(), hook.close()]);
});

/** The channel of an account by its name, with some of the configuration changed. */
function channel(name: string, changes: object = {}, sendMsMax = PATIENT_MS): MessageChannel {
  const configuration = noticeConfigurationSchema.parse({
    channels: ['log', 'file', 'webhook', 'smtp'],
    file: { path: file },
    webhook: { url: hook.url },
    smtp: { host: '127.0.0.1', port: mail.port, tls: 'none', from: 'margin@broker.example' },
    accounts: {
      ACC_1: { email: 'ann@example.com' },
      ACC_2: { email: 'refused@example.com' },
      ACC_3: { email: 'silent@example.com' },
    },
    ...changes,
  });
  const secrets = { webhookSecret: SECRET, smtpPassword: undefined };
  const found = createMessageChannels(
    // The receivers are in this process, which may stand still for longer than people may configure.
    { ...configuration, send_ms_max: sendMsMax },
    secrets,
    LOGGER,
  )
    .ofCustomer('ACC_1')
    .find((one) => one.name === name);
  if (found === undefined) throw new Error(`no channel ${name}`);
  return found;
}

function to(accountId: string): Message {
  return { ...MESSAGE, accountId };
}

describe('mail', () => {
  test('reaches the customer as it was written', async () => {
    expect(await channel('smtp').send(MESSAGE)).toEqual({ outcome: 'DELIVERED' });
    const got = mail.mails.at(-1);
    expect(got?.to).toBe('ann@example.com');
    expect(got?.raw).toContain('Subject: Margin call for account ACC_1');
    expect(got?.raw).toContain('Message-ID: <n-1@broker.example>');
    expect(got?.raw).toContain('Amount: $3,750.01');
  });

  test.each<[string, string, Sent['outcome'], string]>([
    ['to a mailbox that is refused', 'ACC_2', 'FAILED', 'no such mailbox'],
    ['to a server that stops answering', 'ACC_3', 'UNKNOWN', 'no answer within 1000 ms'],
    ['to an account without an address', 'ACC_4', 'FAILED', 'no e-mail address of ACC_4'],
  ])('%s is not delivered, with the reason, in time', async (_name, accountId, outcome, reason) => {
    const sendMsMax = outcome === 'UNKNOWN' ? GIVES_UP_MS : PATIENT_MS;
    const sent = await channel('smtp', {}, sendMsMax).send(to(accountId));
    expect(sent).toMatchObject({ outcome, reason: expect.stringContaining(reason) });
  });

  test('to a server that never greets fails', async () => {
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    const smtp = { host: '127.0.0.1', port, tls: 'none', from: 'm@broker.example' };
    expect(await channel('smtp', { smtp }, GIVES_UP_MS).send(MESSAGE)).toMatchObject({
      outcome: 'FAILED',
    });
    await new Promise((resolve) => mute.close(resolve));
  });

  test('to a server that is not there fails', async () => {
    const gone = await openMailServer();
    await gone.close();
    const smtp = { host: '127.0.0.1', port: gone.port, tls: 'none', from: 'm@broker.example' };
    expect(await channel('smtp', { smtp }).send(MESSAGE)).toMatchObject({ outcome: 'FAILED' });
  });

  test('without TLS leaves the machine for nobody', () => {
    const smtp = { host: 'mail.example.com', port: 25, tls: 'none', from: 'm@broker.example' };
    expect(() => channel('smtp', { smtp })).toThrow('needs tls');
  });
});

describe('a webhook', () => {
  test('gets JSON signed with the shared secret', async () => {
    hook.answer = { status: 204 };
    expect(await channel('webhook').send(MESSAGE)).toEqual({ outcome: 'DELIVERED' });
    const { headers, body } = hook.hooks.at(-1) ?? { headers: {}, body: '' };
    expect(JSON.parse(body)).toMatchObject({ id: 'n-1', notice_id: 'n-1', amount: 3_750.01 });
    expect(headers['idempotency-key']).toBe('n-1');
    const [, t = '', v1 = ''] =
      /^t=(\d+),v1=(\w+)$/.exec(String(headers['x-sentinel-signature'])) ?? [];
    expect(v1).toBe(createHmac('sha256', SECRET).update(`${t}.${body}`).digest('hex'));
  });

  test.each<[string, HookServer['answer'], Sent['outcome'], string]>([
    ['that refuses', { status: 422 }, 'FAILED', 'answered 422'],
    ['that is not there yet', { status: 503 }, 'FAILED', 'answered 503'],
    ['that sends elsewhere', { status: 302, location: 'http://a.example/' }, 'FAILED', '302'],
    ['whose gateway has no answer', { status: 504 }, 'UNKNOWN', 'answered 504'],
    ['that never answers', null, 'UNKNOWN', 'no answer within 1000 ms'],
  ])('%s has not delivered', async (_name, answer, outcome, reason) => {
    hook.answer = answer;
    const sendMsMax = answer === null ? GIVES_UP_MS : PATIENT_MS;
    const sent: Sent = await channel('webhook', {}, sendMsMax).send(MESSAGE);
    expect(sent).toMatchObject({ outcome, reason: expect.stringContaining(reason) });
  });

  test('that nobody listens at fails, and may be tried again', async () => {
    const gone = await openHookServer();
    await gone.close();
    const webhook = { url: gone.url };
    expect(await channel('webhook', { webhook }).send(MESSAGE)).toMatchObject({
      outcome: 'FAILED',
    });
  });

  test('gets nothing larger than 64 KiB', async () => {
    const before = hook.hooks.length;
    const sent = await channel('webhook').send({ ...MESSAGE, body: 'x'.repeat(70_000) });
    expect(sent).toMatchObject({ outcome: 'FAILED' });
    expect(hook.hooks).toHaveLength(before);
  });

  test.each<[string, object, string]>([
    ['a host that is not allowed', { url: 'https://a.example/' }, 'not in allowed_hosts'],
    [
      'another machine without TLS',
      { url: 'http://a.example/', allowed_hosts: ['a.example'] },
      'https',
    ],
  ])('to %s is refused at the start', (_name, webhook, message) => {
    expect(() => channel('webhook', { webhook })).toThrow(message);
  });
});

describe('a file', () => {
  test('gets one JSON object a line', async () => {
    await channel('file').send(MESSAGE);
    await channel('file').send({ ...MESSAGE, id: 'n-2' });
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { id: 'n-1' },
      { id: 'n-2' },
    ]);
  });

  test('in a folder that is not there has failed', async () => {
    const sent = await channel('file', { file: { path: '/nowhere/at/all' } }).send(MESSAGE);
    expect(sent).toMatchObject({ outcome: 'FAILED', reason: expect.stringContaining('ENOENT') });
  });
});

describe('a configuration', () => {
  test.each<[string, object, string]>([
    ['no channel at all', { channels: [] }, 'at least one channel'],
    ['a channel twice', { channels: ['log', 'log'] }, 'once'],
    ['a channel that is not described', { channels: ['smtp'] }, 'not described'],
    [
      'alerts by mail to nobody',
      {
        channels: ['log'],
        smtp: { host: 'h', port: 25, tls: 'starttls', from: 'a@b.example' },
        alerts: { channels: ['smtp'] },
      },
      'is missing',
    ],
  ])('with %s is refused', (_name, content, message) => {
    expect(noticeConfigurationSchema.safeParse(content).error?.message).toContain(message);
  });
});
