import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NativeConnection, Worker } from '@temporalio/worker';
import { generateKeyPair } from 'jose';
import { createFirmActivities } from '#activities/firm-enforcement.ts';
import { withFirmProof } from '#activities/firm-proof.ts';
import { alertSchema } from '#contracts/alerts.ts';
import { auditSchema } from '#contracts/case-events.ts';
import { firmCommandedSchema } from '#contracts/firm-rest.ts';
import { firmEnforcementId } from '#contracts/firm-messages.ts';
import { enforcementSchema } from '#contracts/firm-records.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { ReadingRequest } from '#domain/case-events.ts';
import type { StartRequest } from '#domain/firm-enforcement.ts';
import { releaseBrake } from '#demo/brake-desk.ts';
import { createCommandSigner, createCommandVerifier } from '#platform/identity/command-envelope.ts';
import { mintToken } from '#platform/identity/mint-token.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { controlTaskQueue } from '#platform/temporal/control-task-queue.ts';
import { createFirmEnforcement } from '#platform/temporal/firm-enforcement.ts';
import { FirmHoldsReader, FirmHoldsView } from '../workers/firm-holds.ts';
import { openApi } from './api-fixture.ts';
import type { Answer, ApiFixture } from './api-fixture.ts';
import { openCli } from './cli-on-api.ts';
import type { CliOnApi } from './cli-on-api.ts';
import { testLogger } from './kafka-fixture.ts';
import { LadderWalk, WALK_POLICY } from './ladder-walk.ts';

/** The firm's enforcement on the real servers: its workflow, its log, the API and the command line. */

const WORKFLOWS = fileURLToPath(new URL('../workflows/control-workflows.ts', import.meta.url));
const LIMIT = { accountsMax: 10, windowMs: 600_000 };
const HOUR_MS = 3_600_000;

let api: ApiFixture;
let connection: NativeConnection;
let worker: Worker;
let running: Promise<void>;
let cli: CliOnApi;
let stopReading: () => Promise<void>;
let reader: FirmHoldsReader;

beforeAll(async () => {
  let held: FirmHoldsReader | undefined;
  api = await openApi('firm', () => ({
    firm: {
      command: (message) => desk().command(message),
      holds: () => held?.holds() ?? Promise.reject(new Error('not yet')),
    },
  }));
  const view = new FirmHoldsView(testLogger);
  const log = createLogReader(api.kafka.surroundings, { onFatal: () => undefined });
  await log.start([TOPICS.enforcement.name], (records) => view.take(records));
  stopReading = () => log.stop();
  reader = held = new FirmHoldsReader(view, log);
  connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS ?? '' });
  worker = await Worker.create({
    connection,
    taskQueue: controlTaskQueue(api.kafka.topicPrefix),
    workflowsPath: WORKFLOWS,
    activities: createFirmActivities({
      publisher: api.kafka,
      commands: createCommandVerifier(api.publicKey),
      clock: { now: () => Date.now() },
      adopted: () => reader.adopted(),
    }),
  });
  running = worker.run();
  cli = await openCli(api);
}, 120_000);
afterAll(async () => {
  worker.shutdown();
  await running;
  await workflow().terminate('the test is over');
  await connection.close();
  await stopReading();
  await api.close();
  await cli.close();
}, 60_000);

const desk = () => createFirmEnforcement(api.temporal, { prefix: api.kafka.topicPrefix });
const workflow = () => api.temporal.workflow.getHandle(firmEnforcementId(api.kafka.topicPrefix));
const request = (account: number, changes: Partial<StartRequest> = {}): StartRequest => ({
  accountId: `ACC_${String(account)}`,
  caseId: `case-${String(account)}`,
  episode: 1,
  isReleased: false,
  ...changes,
});

interface Saying {
  readonly subject?: string;
  readonly as?: 'operator' | 'approver';
  readonly key?: string;
}
const say = (
  word: 'hold' | 'resume',
  scope: string,
  { subject = 'ann', as = 'approver', key }: Saying = {},
): Promise<Answer> =>
  api.send('POST', `/enforcement/${word}`, {
    as: [as],
    subject,
    body: { scope, reason: 'a vendor sends nonsense' },
    headers: key === undefined ? {} : { 'idempotency-key': key },
  });
const show = async (): Promise<unknown> =>
  (await api.send('GET', '/enforcement', { as: ['viewer'] })).body.holds;

async function read<T>(
  topic: string,
  schema: { parse(content: unknown): T },
): Promise<{ readonly key: string | null; readonly record: T }[]> {
  const records = await api.kafka.readAll(topic);
  return records.map(({ key, value }) => ({
    key,
    record: schema.parse(JSON.parse(Buffer.from(value ?? []).toString())),
  }));
}
const audited = async (scope: string) => {
  const events = await read(TOPICS.audit.name, auditSchema);
  return events.filter(({ key }) => key === scope).map(({ record }) => record);
};

describe('a hold', () => {
  test('is put on by one person at once, and ended by two', async () => {
    expect(await show()).toEqual([]);
    const held = await say('hold', 'GLOBAL', { as: 'operator', subject: 'carol', key: 'desk:1' });
    expect(held.status).toBe(200);
    expect(firmCommandedSchema.parse(held.body)).toMatchObject({ outcome: 'DONE', by: 'carol' });
    // Whoever reads from now on sees it.
    expect(await reader.holds()).toMatchObject([{ scope: 'GLOBAL', by: 'carol' }]);
    expect(await show()).toMatchObject([{ scope: 'GLOBAL', resume_asked_by: null }]);
    const again = await say('hold', 'GLOBAL', { as: 'operator', subject: 'carol', key: 'desk:1' });
    expect(again.body).toEqual(held.body);

    const twice = await say('hold', 'GLOBAL', { subject: 'bob' });
    expect([twice.status, twice.body.code]).toEqual([409, 'ALREADY_HELD']);
    expect((await say('resume', 'GLOBAL', { as: 'operator' })).status).toBe(403);
    expect((await say('resume', 'GLOBAL')).body.outcome).toBe('AWAITING_SECOND_PERSON');
    const alone = await say('resume', 'GLOBAL');
    expect([alone.status, alone.body.code]).toEqual([403, 'SAME_PERSON']);
    expect((await say('resume', 'GLOBAL', { subject: 'bob' })).body).toMatchObject({
      outcome: 'DONE',
      holds: [],
    });
    expect(await reader.holds()).toEqual([]);
    const events = await audited('GLOBAL');
    expect(events.map(({ event_type, actor }) => [event_type, actor])).toEqual([
      ['ENFORCEMENT_HELD', 'carol'],
      ['COMMAND_REFUSED', 'firm-enforcement'],
      ['ENFORCEMENT_RESUME_REQUESTED', 'ann'],
      ['COMMAND_REFUSED', 'firm-enforcement'],
      ['ENFORCEMENT_RESUMED', 'bob'],
    ]);
  }, 60_000);

  test('of a symbol stands beside others, and other scopes are refused', async () => {
    expect((await say('hold', 'SYMBOL:NVDA')).status).toBe(200);
    expect(await show()).toMatchObject([{ scope: 'SYMBOL:NVDA' }]);
    for (const scope of ['ACCOUNT:ACC_1', 'SYMBOL:', 'symbol:NVDA', '']) {
      expect((await say('hold', scope)).status).toBe(422);
    }
    await say('resume', 'SYMBOL:NVDA');
    await say('resume', 'SYMBOL:NVDA', { subject: 'bob' });
    expect(await show()).toEqual([]);
  }, 60_000);

  test('signed by a stranger, or for a case, holds nothing', async () => {
    const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    const at = Date.now();
    const command = { type: 'HOLD', commandId: 'c-1', at, scope: 'GLOBAL', reason: 'r' } as const;
    const content = { command, expiresAt: at + 30_000 };
    const forged = await createCommandSigner(privateKey).seal(content, 'eve', 'approver');
    expect(await desk().command(forged)).toMatchObject({
      kind: 'REFUSED',
      refusal: { code: 'BAD_SIGNATURE' },
    });
    const ofCase = { type: 'HOLD', commandId: 'c-2', at, episode: 1, reason: 'r' } as const;
    const { envelope } = await createCommandSigner(api.privateKey).seal(
      { accountId: 'GLOBAL', command: ofCase, expiresAt: content.expiresAt },
      'ann',
      'approver',
    );
    const swapped = { ...content, command: { ...command, commandId: 'c-2' }, envelope };
    expect(await desk().command(swapped)).toMatchObject({
      refusal: { code: 'CONTENT_NOT_SIGNED' },
    });
    const late = await createCommandSigner(api.privateKey).seal(
      { command: { ...command, commandId: 'c-3' }, expiresAt: at },
      'ann',
      'approver',
    );
    expect(await desk().command(late)).toMatchObject({ refusal: { code: 'COMMAND_EXPIRED' } });
    expect(await show()).toEqual([]);
  }, 60_000);
});

describe('the liquidation brake', () => {
  test('lets ten of thirty go that ask at once through three workers, pages, and is released by two', async () => {
    const workers = [desk(), desk(), desk()];
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        (workers[index % 3] ?? desk()).askToStart(request(index), LIMIT),
      ),
    );
    expect(answers.filter((answer) => answer === 'GRANTED')).toHaveLength(10);
    expect(await reader.holds()).toMatchObject([
      { scope: 'LIQUIDATIONS', by: 'liquidation-brake' },
    ]);
    // Who asks again gets the same answer: a repeated attempt of an activity counts once.
    const again = await Promise.all(
      answers.map((_, index) => (workers[index % 3] ?? desk()).askToStart(request(index), LIMIT)),
    );
    expect(again).toEqual(answers);
    const released = request(31, { isReleased: true });
    expect(await desk().askToStart(released, LIMIT)).toBe('GRANTED');

    const alerts = (await read(TOPICS.alerts.name, alertSchema)).map(({ record }) => record);
    expect(alerts).toMatchObject([
      { event: 'RAISED', severity: 'CRITICAL', code: 'LIQUIDATION_BRAKE', subject: 'LIQUIDATIONS' },
    ]);
    expect(alerts[0]?.what).toMatch(/would be liquidation 11 within 10 min; policy allows 10/);
    await say('resume', 'LIQUIDATIONS');
    await say('resume', 'LIQUIDATIONS', { subject: 'bob' });
    const cleared = (await read(TOPICS.alerts.name, alertSchema)).at(-1)?.record;
    expect(cleared).toMatchObject({ event: 'CLEARED', alert_id: alerts[0]?.alert_id });
    expect(await desk().askToStart(request(40), LIMIT)).toBe('GRANTED');
    const changes = (await read(TOPICS.enforcement.name, enforcementSchema)).filter(
      ({ key }) => key === 'LIQUIDATIONS',
    );
    expect(changes.map(({ record: { change } }) => change)).toEqual([
      'BRAKED',
      'RESUME_ASKED',
      'RESUMED',
    ]);
  }, 60_000);

  test('is released by the two at the desk, also when one of them has asked before', async () => {
    const people = {
      apiUrl: api.url,
      tokenOf: (role: 'approver', subject: string) =>
        mintToken({ subject, roles: [role] }, api.privateKey, Date.now(), HOUR_MS),
    };
    for (const askedBefore of [[], ['ann'], ['bob'], ['carol']]) {
      await say('hold', 'LIQUIDATIONS', { as: 'operator', subject: 'dan' });
      for (const subject of askedBefore) await say('resume', 'LIQUIDATIONS', { subject });
      expect(await releaseBrake(people, 'all were looked at')).toBe(true);
      expect(await show()).toEqual([]);
    }
    expect(await releaseBrake(people, 'all were looked at')).toBe(false);
  }, 60_000);

  test('comes on for a workflow that was lost: what the log says is held is adopted', async () => {
    await say('hold', 'LIQUIDATIONS');
    await workflow().terminate('lost');
    expect(await desk().askToStart(request(50), LIMIT)).toBe('BRAKED');
    expect((await say('hold', 'LIQUIDATIONS')).body.code).toBe('ALREADY_HELD');
    await say('resume', 'LIQUIDATIONS');
    await say('resume', 'LIQUIDATIONS', { subject: 'bob' });
    const versions = (await read(TOPICS.enforcement.name, enforcementSchema)).map(
      ({ record: { version } }) => version,
    );
    expect(new Set(versions).size).toBe(versions.length);
  }, 60_000);
});

describe('what a case is told', () => {
  const walk = new LadderWalk();
  const figures = {
    outcome: 'FRESH',
    readAt: Date.now(),
    figures: walk.figures(),
    cashE4: walk.cashE4,
    positions: walk.positions,
  } as const;
  const asks: ReadingRequest = {
    accountId: 'ACC_60',
    atLeast: null,
    quoteAgeMaxMs: 1,
    heartbeatAgeMaxMs: 1,
    calendarVersion: 1,
    start: request(60),
  };
  const ports = (firm: Parameters<typeof withFirmProof>[0]['firm']) => ({
    firm,
    policy: WALK_POLICY,
    clock: { now: () => 7 },
    logger: testLogger,
  });

  test('is what is held, and the answer of the brake where a liquidation would start', async () => {
    const firm = { holds: () => reader.holds(), askToStart: desk().askToStart };
    expect(await withFirmProof(ports(firm), asks, figures)).toEqual({
      ...figures,
      enforcement: { holds: [], start: 'GRANTED' },
    });
    expect(await withFirmProof(ports(firm), { ...asks, start: null }, figures)).toMatchObject({
      enforcement: { start: null },
    });
  }, 60_000);

  test.each([
    ['the log cannot be read', true, false],
    ['the brake does not answer', false, true],
  ])('is STALE when %s: nothing escalates', async (_what, logIsAway, brakeIsAway) => {
    const away = (): Promise<never> => Promise.reject(new Error('away'));
    const firm = {
      holds: logIsAway ? away : () => Promise.resolve([]),
      askToStart: brakeIsAway ? away : () => Promise.resolve('GRANTED' as const),
    };
    expect(await withFirmProof(ports(firm), asks, figures)).toMatchObject({
      outcome: 'STALE',
      readAt: 7,
      reason: { code: 'ENFORCEMENT_UNREAD', observed: 'away' },
    });
  });

  test('is what the highest version says, and nothing at all once a record cannot be read', () => {
    const view = new FirmHoldsView(testLogger);
    const record = (version: number, held: boolean) => ({
      ...{ topic: TOPICS.enforcement.name, partition: 0, offset: version, key: 'GLOBAL' },
      ...{ timestamp: 1, headers: {} },
      value: Buffer.from(
        JSON.stringify({
          ...{ event_id: 'e', scope: 'GLOBAL', version, change: held ? 'HELD' : 'RESUMED', held },
          ...{ held_by: 'ann', since: 1, hold_reason: 'r', resume_asked_by: null },
          ...{ by: 'ann', reason: 'r', timestamp: 1, correlation_id: 'c' },
        }),
      ),
    });
    view.take([record(3, true), record(2, false)]);
    expect(view.adopted()).toMatchObject({ version: 3, holds: [{ scope: 'GLOBAL' }] });
    view.take([{ ...record(4, false), value: Buffer.from('{}') }]);
    expect(() => view.holds()).toThrow('enforcement.v1:0:4 cannot be read');
  });
});

test('a person at a terminal holds, looks and resumes with another', async () => {
  const run = (...words: string[]) => cli.run(['enforcement', ...words]);
  const reason = ['--reason', 'a split is not booked'];
  expect((await run()).out).toBe('Nothing is held: enforcement goes on.\n');
  const held = await run('hold', 'SYMBOL:AMD', ...reason);
  expect(held).toMatchObject({ exitCode: 0, err: '' });
  expect(held.out).toMatch(/^Held by \S+: SYMBOL:AMD\. Two persons resume it/);
  expect((await run('show')).out).toMatch(/SYMBOL:AMD +\S+ +2.* a split is not booked/);
  expect((await run('resume', 'SYMBOL:AMD', ...reason)).out).toContain('second, different person');
  const alone = await run('resume', 'SYMBOL:AMD', ...reason);
  expect(alone.exitCode).toBe(1);
  expect(alone.err).toMatch(/SAME_PERSON.*\n.*--subject bob/);
  const wrong = await run('hold', 'ACCOUNT:ACC_1', ...reason);
  expect(wrong.exitCode).toBe(2);
  expect(wrong.err).toContain('sentinel case hold ACC_1');
  const token = await mintToken(
    { subject: 'bob', roles: ['approver'] },
    api.privateKey,
    Date.now(),
    HOUR_MS,
  );
  const words = ['enforcement', 'resume', 'SYMBOL:AMD', ...reason];
  const second = await cli.run(words, { SENTINEL_TOKEN: token });
  expect(second.out).toBe('Resumed by bob: SYMBOL:AMD.\n');
}, 120_000);
