import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commandedSchema } from '#contracts/command-rest.ts';
import type { Policy } from '#domain/policy.ts';
import { caseTaskQueue, createCases } from '#platform/temporal/cases.ts';
import { connectTemporal } from '#platform/temporal/connection.ts';
import { caseSnapshot, marginCalc } from '#test/account-records.ts';
import { openApi } from '#test/api-fixture.ts';
import type { Answer, ApiFixture } from '#test/api-fixture.ts';
import type { CaseWorld } from '#test/case-world.ts';
import { WALK_POLICY } from '#test/ladder-walk.ts';
import { CaseServer, until } from '#test/temporal.ts';

let server: CaseServer;
let api: ApiFixture;

const MINUTE_MS = 60_000;
const POLICY: Policy = {
  ...WALK_POLICY,
  dueAfterMs: 10 * MINUTE_MS,
  pendingFundsMaxMs: 60 * MINUTE_MS,
  extendMaxMs: 20 * MINUTE_MS,
};

beforeAll(async () => {
  server = await CaseServer.start();
  api = await openApi('api-commands', () => ({ commands: server.signer }));
  await api.stateIndex.writer.writeFigures(marginCalc({ account_id: 'ACC_FINE' }));
});
afterAll(async () => {
  await api.close();
  await server.stop();
});

/** An account with an open call of $5,700.00, known to the index; `run` has a worker for it. */
async function withCall(
  accountId: string,
  run: (world: CaseWorld) => Promise<void>,
): Promise<void> {
  const prefix = api.kafka.topicPrefix;
  const world = server.world(POLICY, accountId, caseTaskQueue(prefix));
  await server.withWorker(world, async () => {
    const event = { type: 'FIGURES', figures: world.fall(390) } as const;
    await createCases(api.temporal, { prefix }).deliver(accountId, event);
    await until('the call is out', () => world.actions('margin.calls.v1').includes('MARGIN_CALL'));
    await api.stateIndex.writer.writeCase(accountId, caseSnapshot({ episode: 1 }));
    await run(world);
  });
}

const say = (
  accountId: string,
  word: string,
  body: unknown,
  { as = 'approver', subject = 'ann', key }: Saying = {},
): Promise<Answer> =>
  api.send('POST', `/accounts/${accountId}/${word}`, {
    as: [as],
    subject,
    body,
    headers: key === undefined ? {} : { 'idempotency-key': key },
  });
interface Saying {
  readonly as?: 'operator' | 'approver';
  readonly subject?: string;
  readonly key?: string;
}

const soon = (): number => Date.now() + 15 * MINUTE_MS;
const cure = (changes: object = {}): object => ({
  amount: 5_700,
  evidence: 'wire 4711',
  expires_at: soon(),
  ...changes,
});

describe('a person tells a case', () => {
  test('that funds are on their way, in the name of the token', async () => {
    await withCall('ACC_CURE', async (world) => {
      const answer = await say('ACC_CURE', 'cure', cure(), { as: 'operator', subject: 'carol' });
      expect(answer.status).toBe(200);
      expect(commandedSchema.parse(answer.body)).toMatchObject({
        account_id: 'ACC_CURE',
        command: 'PENDING_FUNDS',
        by: 'carol',
        outcome: 'DONE',
        rung: 'MARGIN_CALL',
        episode: 1,
        demand: 5_700,
        outstanding: 5_700,
      });
      await until('it is audited', () => world.actions('audit.v1').includes('PENDING_FUNDS'));
      const audit = world.written.find(({ record }) => record.event_type === 'PENDING_FUNDS');
      expect(audit?.record.causation_id).toBe(answer.body.command_id);
      expect(JSON.stringify(audit?.record.details)).toContain('carol');
    });
  });

  test('what it refuses with code, observed and limit, each with its status', async () => {
    await withCall('ACC_NO', async () => {
      const table: [string, object, number, string][] = [
        ['cure', cure({ amount: 5_699.9999 }), 422, 'AMOUNT_BELOW_OUTSTANDING'],
        ['cure', cure({ expires_at: soon() + 120 * MINUTE_MS }), 422, 'FUNDS_EXPIRE_TOO_LATE'],
        ['extend', { due_at: Date.now() + MINUTE_MS, reason: 'r' }, 422, 'DUE_NOT_LATER'],
        ['extend', { due_at: soon() + 120 * MINUTE_MS, reason: 'r' }, 422, 'DUE_BEYOND_POLICY'],
        ['extend', { due_at: soon(), reason: 'r', episode: 2 }, 409, 'WRONG_EPISODE'],
        ['release', { reason: 'r' }, 409, 'NOT_AWAITING_RELEASE'],
        ['resume', { reason: 'r' }, 409, 'NOT_HELD'],
      ];
      for (const [word, body, status, code] of table) {
        const answer = await say('ACC_NO', word, body);
        expect([code, answer.status]).toEqual([code, status]);
        expect(answer.headers.get('content-type')).toBe('application/problem+json');
        expect(answer.body).toMatchObject({
          code,
          observed: expect.any(String),
          limit: expect.any(String),
          command_id: expect.stringMatching(/^c-[0-9a-f]{40}$/),
          detail: expect.stringContaining(code),
        });
      }
    });
  });

  test('to hold alone and to resume with another', async () => {
    await withCall('ACC_HELD', async () => {
      const reason = { reason: 'a corporate action is booked' };
      const held = await say('ACC_HELD', 'hold', reason, { as: 'operator' });
      expect(held.body).toMatchObject({ outcome: 'DONE', held: true });
      expect((await say('ACC_HELD', 'hold', { reason: 'again' })).body.code).toBe('ALREADY_HELD');
      const first = await say('ACC_HELD', 'resume', reason);
      expect(first.body).toMatchObject({
        outcome: 'AWAITING_SECOND_PERSON',
        held: true,
        resume_asked_by: 'ann',
      });
      const twice = await say('ACC_HELD', 'resume', { reason: 'I insist' });
      expect([twice.status, twice.body.code]).toEqual([403, 'SAME_PERSON']);
      const second = await say('ACC_HELD', 'resume', reason, { subject: 'bob' });
      expect(second.body).toMatchObject({ outcome: 'DONE', held: false });
    });
  });
});

describe('the Idempotency-Key', () => {
  test('lets the same request be carried out once, and another be another', async () => {
    await withCall('ACC_KEY', async (world) => {
      const body = cure();
      const first = await say('ACC_KEY', 'cure', body, { key: 'k1' });
      const again = await say('ACC_KEY', 'cure', body, { key: 'k1' });
      expect(again.status).toBe(200);
      expect(again.body).toEqual(first.body);
      await until('it is audited', () => world.actions('audit.v1').includes('PENDING_FUNDS'));
      const events = world.actions('audit.v1').filter((type) => type === 'PENDING_FUNDS');
      expect(events).toHaveLength(1);
      for (const other of [
        say('ACC_KEY', 'cure', cure({ amount: 6_000 }), { key: 'k1' }),
        say('ACC_KEY', 'cure', body, { key: 'k2' }),
        say('ACC_KEY', 'cure', body, { key: 'k1', subject: 'bob' }),
      ]) {
        expect((await other).body.code).toBe('FUNDS_ALREADY_USED');
      }
    });
  });
});

describe('without an answer', () => {
  test('the command may still be carried out: the answer says until when and how to ask again', async () => {
    await withCall('ACC_AWAY', () => Promise.resolve());
    const reason = { reason: 'no worker runs' };
    const begun = Date.now();
    const answer = await say('ACC_AWAY', 'hold', reason, { key: 'desk:7' });
    expect(answer.status).toBe(504);
    expect(Date.now() - begun).toBeLessThan(30_000);
    expect(answer.body.detail).toMatch(/may still be carried out until 2\d{3}-.*desk:7$/);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    const prefix = api.kafka.topicPrefix;
    const world = server.world(POLICY, 'ACC_AWAY', caseTaskQueue(prefix));
    await server.withWorker(world, async () => {
      await until('it is carried out', () =>
        world.actions('audit.v1').includes('ENFORCEMENT_HELD'),
      );
      const again = await say('ACC_AWAY', 'hold', reason, { key: 'desk:7' });
      expect(again.body).toMatchObject({ outcome: 'DONE', command_id: answer.body.command_id });
    });
  });

  test('of Temporal itself it says the same', async () => {
    const nowhere = connectTemporal({ address: '127.0.0.1:1', namespace: 'default', prefix: '' });
    const cases = createCases(nowhere.client, { prefix: '' });
    const cut = await openApi('api-commands-cut', () => ({ cases }));
    const answer = await cut.send('POST', '/accounts/ACC/hold', {
      as: ['operator'],
      body: { reason: 'the feed is wrong' },
    });
    expect([503, 504]).toContain(answer.status);
    expect(answer.body.detail).toContain('Idempotency-Key: ');
    await cut.close();
    await nowhere.close();
  });
});

describe('an account without a case is 404', () => {
  test.each([
    ['that nobody knows', 'NOBODY', 'extend'],
    ['that is well', 'ACC_FINE', 'release'],
    ['that is well, to hold', 'ACC_FINE', 'hold'],
  ])('%s', async (_what, account, word) => {
    const body = { reason: 'r', ...(word === 'extend' ? { due_at: soon() } : {}) };
    const answer = await say(account, word, body);
    expect(answer.status).toBe(404);
    expect(answer.body.detail).toContain('no case');
  });
});

describe('a body that is wrong is refused with the name of its field', () => {
  const table: [string, string, unknown, string][] = [
    ['an actor', 'hold', { reason: 'r', by: 'bob' }, '#/by is not a known field'],
    ['a time of its own', 'hold', { reason: 'r', at: 1 }, '#/at is not a known field'],
    ['no reason', 'hold', {}, '#/reason is required'],
    ['an empty reason', 'release', { reason: '' }, '#/reason must be at least 1'],
    ['a long reason', 'resume', { reason: 'x'.repeat(501) }, '#/reason must be at most 500'],
    ['control characters', 'hold', { reason: 'a\u001b[2J' }, '#/reason must not have control'],
    ['no amount', 'cure', cure({ amount: undefined }), '#/amount is required'],
    ['an amount of 0', 'cure', cure({ amount: 0 }), '#/amount must be more than 0'],
    ['a fraction of a cent/100', 'cure', cure({ amount: 0.00001 }), '#/amount must have at most'],
    ['an absurd amount', 'cure', cure({ amount: 1e15 }), '#/amount must be at most'],
    ['funds of 1970', 'cure', cure({ expires_at: 0 }), '#/expires_at must be at or after'],
    [
      'funds in 2099',
      'cure',
      cure({ expires_at: Date.UTC(2099, 0) }),
      '#/expires_at must be at or b',
    ],
    ['due in 1970', 'extend', { due_at: 1, reason: 'r' }, '#/due_at must be at or after'],
    ['due in seconds', 'extend', { due_at: Math.floor(soon() / 1_000), reason: 'r' }, '#/due_at'],
    ['an episode below 0', 'hold', { reason: 'r', episode: -1 }, '#/episode must be at least 0'],
    ['a list', 'hold', [], 'an object'],
  ];
  test.each(table)('%s', async (_what, word, body, detail) => {
    const answer = await say('ACC_X', word, body);
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toContain(detail);
  });
  test('and one that is missing as well', async () => {
    expect((await say('ACC_X', 'hold', undefined)).status).toBe(400);
  });
});
