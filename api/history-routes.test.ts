import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { accountHistorySchema, accountTimelineSchema } from '#contracts/account-history.ts';
import { auditEvent, caseSnapshot, marginCalc } from '#test/account-records.ts';
import { openApi } from '#test/api-fixture.ts';
import type { Answer, ApiFixture } from '#test/api-fixture.ts';

let api: ApiFixture;
const MINUTE = 60_000;
const begun = Date.now() - 10 * MINUTE;

beforeAll(async () => {
  api = await openApi('api-history');
  const { historyWriter } = api.stateIndex;
  for (const minute of [0, 1, 2]) {
    const record = marginCalc({ as_of: begun + minute * MINUTE, sequence: minute + 1 });
    await historyWriter.writeFigures(record, Date.now());
  }
  for (const number of [1, 2]) {
    const timestamp = new Date(begun + MINUTE).toISOString();
    const details = { action_number: number, episode: 1, rung: 'WARNING', case: caseSnapshot() };
    const event = auditEvent({ event_id: `e${String(number)}`, timestamp, details });
    await historyWriter.writeStep(event, Date.now());
  }
});
afterAll(async () => {
  await api.close();
});

const get = (path: string): Promise<Answer> => api.send('GET', path, { as: ['viewer'] });

async function story(path: string): Promise<(string | number)[]> {
  const seen: (string | number)[] = [];
  let cursor = '';
  for (;;) {
    const answer = accountHistorySchema.parse((await get(`${path}${cursor}`)).body);
    seen.push(...answer.entries.map((e) => (e.kind === 'STEP' ? e.event_id : e.at - begun)));
    if (answer.next_cursor === null) return seen;
    cursor = `&cursor=${answer.next_cursor}`;
  }
}

describe('the history of an account', () => {
  test('has the newest first, figures and steps', async () => {
    expect(await story('/accounts/ACC_1/history?')).toEqual([2 * MINUTE, 'e2', 'e1', MINUTE, 0]);
  });
  test('can be turned round, cut by time, and read in pages', async () => {
    const all = [0, MINUTE, 'e1', 'e2', 2 * MINUTE];
    for (const limit of [1, 2, 4]) {
      expect(await story(`/accounts/ACC_1/history?order=oldest&limit=${String(limit)}`)).toEqual(
        all,
      );
    }
    const to = String(begun + MINUTE);
    expect(await story(`/accounts/ACC_1/history?order=oldest&to=${to}`)).toEqual(all.slice(0, 4));
    expect(await story(`/accounts/ACC_1/history?from=${to}&to=${to}`)).toEqual([
      'e2',
      'e1',
      MINUTE,
    ]);
  });
  test('of an account that nobody knows is empty', async () => {
    expect(await story('/accounts/NOBODY/history?')).toEqual([]);
  });
  const wrong: [string, string][] = [
    ['from=2&to=1', 'from must not be after to'],
    ['from=yesterday', 'from must be a finite number'],
    ['cursor=nonsense', 'cursor must be the next_cursor'],
    ['limit=501', 'limit must be at most 500'],
    ['order=random', 'order must be one of newest, oldest'],
  ];
  test.each(wrong)('?%s is refused: %s', async (query, words) => {
    const answer = await get(`/accounts/ACC_1/history?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toContain(words);
  });
  test('needs a token', async () => {
    expect((await api.send('GET', '/accounts/ACC_1/history')).status).toBe(401);
    expect((await api.send('GET', '/accounts/A/timeline', { as: ['feed'] })).status).toBe(403);
  });
});

test('the timeline has the steps only, in their order', async () => {
  const { body } = await get('/accounts/ACC_1/timeline?limit=1');
  const first = accountTimelineSchema.parse(body);
  expect(first.steps).toMatchObject([{ event_id: 'e1', rung: 'WARNING', episode: 1 }]);
  const rest = await get(`/accounts/ACC_1/timeline?cursor=${first.next_cursor ?? ''}`);
  expect(accountTimelineSchema.parse(rest.body)).toMatchObject({
    steps: [{ event_id: 'e2' }],
    next_cursor: null,
  });
});
