import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ACCOUNT_CASE_WORKFLOW, accountCaseId } from '#contracts/case-messages.ts';
import { accountDetailSchema, accountListSchema } from '#contracts/rest.ts';
import { connectTemporal } from '#platform/temporal/connection.ts';
import { createCases } from '#platform/temporal/cases.ts';
import { createAccountIndex } from '#platform/dynamodb/account-index.ts';
import { createDynamoDb } from '#platform/dynamodb/client.ts';
import { caseSnapshot, marginCalc, NOON } from '#test/account-records.ts';
import { openApi } from '#test/api-fixture.ts';
import type { Answer, ApiFixture } from '#test/api-fixture.ts';
import { shownAccounts } from '#test/recovery/shown-accounts.ts';

let api: ApiFixture;

beforeAll(async () => {
  api = await openApi('api-accounts');
  const { writer } = api.stateIndex;
  for (const account_id of ['ACC_1', 'ACC_2', 'ACC_3']) {
    await writer.writeFigures(marginCalc({ account_id }));
  }
  await writer.writeFigures(marginCalc({ account_id: 'ACC_9', status: 'MARGIN_CALL' }));
  await writer.writeCase(
    'ACC_9',
    caseSnapshot({ workflow_id: 'account-case:ACC_9', run_id: 'r1' }),
  );
});
afterAll(async () => {
  await api.close();
});

const get = (path: string): Promise<Answer> => api.send('GET', path, { as: ['viewer'] });
const ids = (answer: Answer): string[] =>
  accountListSchema.parse(answer.body).accounts.map(({ account_id }) => account_id);

describe('the list of accounts', () => {
  test('has the account with a call first', async () => {
    const answer = await get('/accounts');
    expect(ids(answer)).toEqual(['ACC_9', 'ACC_1', 'ACC_2', 'ACC_3']);
    expect(answer.body.next_cursor).toBeNull();
    expect(accountListSchema.parse(answer.body).accounts[0]).toMatchObject({
      rung: 'MARGIN_CALL',
      status: 'MARGIN_CALL',
      demand: 10_000,
      due_at: NOON + 6_000,
    });
  });
  test('goes on where its cursor says', async () => {
    const bodyOf = async (path: string): Promise<unknown> => (await get(path)).body;
    const seen = [...(await shownAccounts(bodyOf, 2)).keys()];
    expect(seen).toEqual(['ACC_9', 'ACC_1', 'ACC_2', 'ACC_3']);
  });
  test('can be of one rung and of one status', async () => {
    expect(ids(await get('/accounts?rung=MARGIN_CALL'))).toEqual(['ACC_9']);
    expect(ids(await get('/accounts?status=ACTIVE'))).toEqual(['ACC_1', 'ACC_2', 'ACC_3']);
    expect(ids(await get('/accounts?rung=ACTIVE&status=WARNING'))).toEqual([]);
  });
  const wrong: [string, string][] = [
    ['limit=0', 'limit must be at least 1'],
    ['limit=501', 'limit must be at most 500'],
    ['limit=ten', 'limit must be a finite number'],
    ['limit=1.5', 'limit must be a whole number'],
    ['rung=FINE', 'rung must be one of'],
    ['status=', 'status must not be empty'],
    ['rung=ACTIVE&rung=WARNING', 'rung must be one of'],
    ['cursor=nonsense', 'cursor must be the next_cursor'],
    ['sort=excess', 'sort is not a known field'],
  ];
  test.each(wrong)('?%s is refused: %s', async (query, words) => {
    const answer = await get(`/accounts?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toContain(words);
  });
});

describe('an account', () => {
  test('is shown with its figures, its case and the place to look further', async () => {
    const answer = await get('/accounts/ACC_9');
    expect(answer.status).toBe(200);
    const detail = accountDetailSchema.parse(answer.body);
    expect(detail).toMatchObject({
      account_id: 'ACC_9',
      status: 'MARGIN_CALL',
      rung: 'MARGIN_CALL',
      figures: { equity: 250_000, positions: [{ symbol: 'NVDA', qty: 500 }] },
      case: { demand: 10_000 },
      links: { self: '/accounts/ACC_9', case: 'http://ui.example/account-case:ACC_9/r1' },
    });
  });
  test('without a case has no link to one', async () => {
    const detail = accountDetailSchema.parse((await get('/accounts/ACC_1')).body);
    expect(detail).toMatchObject({ rung: 'ACTIVE', case: null, links: { case: null } });
  });
  test('that nobody has heard of is 404', async () => {
    expect((await get('/accounts/NOBODY')).status).toBe(404);
  });
  test('whose id cannot be one is 400', async () => {
    const answer = await get('/accounts/a%20b');
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([
      { parameter: 'account_id', detail: expect.stringContaining('1 to 64 characters') },
    ]);
  });
});

describe('an acknowledgement', () => {
  const acknowledge = (accountId: string, body?: unknown): Promise<Answer> =>
    api.send('POST', `/accounts/${accountId}/acknowledge`, { as: ['operator'], body });

  /** A case on the real server; its signals wait in its history for a worker. */
  async function openCase(accountId: string): Promise<() => Promise<unknown[]>> {
    const workflowId = accountCaseId(api.kafka.topicPrefix, accountId);
    const handle = await api.temporal.workflow.start(ACCOUNT_CASE_WORKFLOW, {
      workflowId,
      taskQueue: `${api.kafka.topicPrefix}nobody-works-here`,
      args: [{ accountId }],
    });
    return async () => {
      const { events } = await handle.fetchHistory();
      return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
        (signal?.input?.payloads ?? []).map(({ data }): unknown =>
          JSON.parse(Buffer.from(data ?? []).toString()),
        ),
      );
    };
  }

  test('tells the case who saw it, when and with what note', async () => {
    const signals = await openCase('ACC_9');
    const before = Date.now();
    const answer = await acknowledge('ACC_9', { note: 'called the customer' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ account_id: 'ACC_9', acknowledged_by: 'ann' });
    const at = Number(answer.body.acknowledged_at);
    expect(at).toBeGreaterThanOrEqual(before);
    expect(await signals()).toEqual([{ by: 'ann', at, note: 'called the customer' }]);
  });
  test('needs no body', async () => {
    const signals = await openCase('ACC_1');
    expect((await acknowledge('ACC_1')).status).toBe(200);
    expect((await acknowledge('ACC_1', {})).status).toBe(200);
    expect(await signals()).toEqual([
      expect.objectContaining({ note: null }),
      expect.objectContaining({ note: null }),
    ]);
  });
  test('of an account without a case is 404', async () => {
    expect((await acknowledge('ACC_2')).status).toBe(404);
  });
  const wrong: [string, unknown][] = [
    ['who', { by: 'somebody else' }],
    ['when', { at: 0 }],
    ['a long note', { note: 'x'.repeat(501) }],
    ['an empty note', { note: '' }],
    ['a note with control characters', { note: 'a\u001b[2J' }],
    ['a list', []],
  ];
  test.each(wrong)('does not take %s from its body', async (_what, body) => {
    expect((await acknowledge('ACC_9', body)).status).toBe(422);
  });
});

test('while Temporal or DynamoDB is away the answer is 503, in time', async () => {
  const nowhere = connectTemporal({ address: '127.0.0.1:1', namespace: 'default', prefix: '' });
  const client = createDynamoDb({ endpoint: 'http://127.0.0.1:1', region: 'us-east-1' });
  const away = await openApi('api-away', () => ({
    cases: createCases(nowhere.client, { prefix: '' }),
    accounts: createAccountIndex(client, 'margin-risk-state'),
  }));
  const begun = Date.now();
  const answers = await Promise.all([
    away.send('POST', '/accounts/A/acknowledge', { as: ['approver'] }),
    away.send('GET', '/accounts/A', { as: ['approver'] }),
    away.send('GET', '/accounts', { as: ['approver'] }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
  for (const { headers } of answers) expect(headers.get('retry-after')).not.toBeNull();
  expect(Date.now() - begun).toBeLessThan(30_000);
  await away.close();
  await nowhere.close();
  client.destroy();
});
