import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { caseListSchema } from '#contracts/case-list.ts';
import { caseSnapshot, marginCalc, NOON } from '#test/account-records.ts';
import { openApi } from '#test/api-fixture.ts';
import type { Answer, ApiFixture } from '#test/api-fixture.ts';

let api: ApiFixture;

beforeAll(async () => {
  api = await openApi('api-cases');
  const { writer } = api.stateIndex;
  const cases: [string, number, number, boolean][] = [
    ['ACC_1', 500, NOON + 1_000, false],
    ['ACC_2', 90_000, NOON + 3_000, true],
    ['ACC_3', 7_000.25, NOON + 2_000, false],
  ];
  for (const [account_id, deficiency, due_at, held] of cases) {
    await writer.writeFigures(marginCalc({ account_id, deficiency, status: 'MARGIN_CALL' }));
    const hold = held ? { reason: 'QUOTE_OLD: NVDA', since: NOON } : null;
    await writer.writeCase(account_id, caseSnapshot({ due_at, hold }));
  }
  await writer.writeFigures(marginCalc({ account_id: 'HEALTHY' }));
});
afterAll(async () => {
  await api.close();
});

const get = (query: string): Promise<Answer> =>
  api.send('GET', `/cases?${query}`, { as: ['viewer'] });
const numbers = ({ body }: Answer): string =>
  caseListSchema
    .parse(body)
    .cases.map(({ account_id }) => account_id.replace('ACC_', ''))
    .join(' ');

const asked: [string, string][] = [
  ['', '2 3 1'],
  ['order=due', '1 3 2'],
  ['deficiency_min=7000.25', '2 3'],
  [`due_before=${String(NOON + 2_000)}`, '3 1'],
  [`order=due&due_after=${String(NOON + 2_000)}`, '3 2'],
  ['held=true', '2'],
  ['held=false', '3 1'],
  ['rung=MARGIN_CALL&status=MARGIN_CALL', '2 3 1'],
  ['rung=LIQUIDATING', ''],
];
test.each(asked)('cases?%s are %s', async (query, expected) => {
  expect(numbers(await get(query))).toBe(expected);
});

test('a page ends with the place of the next, which holds in its own order only', async () => {
  const first = await get('limit=2&order=due');
  expect(numbers(first)).toBe('1 3');
  const cursor = String(first.body.next_cursor);
  const second = await get(`order=due&cursor=${cursor}`);
  expect(numbers(second)).toBe('2');
  expect(second.body.next_cursor).toBeNull();
  expect((await get(`order=deficiency&cursor=${cursor}`)).status).toBe(400);
});

const wrong: [string, string][] = [
  ['rung=ACTIVE', 'rung must be one of'],
  ['deficiency_min=-1', 'deficiency_min must be at least 0'],
  ['deficiency_min=0.00001', 'four decimals'],
  ['due_after=2&due_before=1', 'due_after must not be after due_before'],
  ['due_before=', 'due_before must not be empty'],
  ['limit=%20', 'limit must not be empty'],
  ['due_before=soon', 'due_before must be a finite number'],
  ['held=yes', 'held must be one of true, false'],
  ['order=size', 'order must be one of deficiency, due'],
  ['cursor=nonsense', 'cursor must be the next_cursor'],
];
test.each(wrong)('cases?%s is refused: %s', async (query, words) => {
  const answer = await get(query);
  expect(answer.status).toBe(400);
  expect(answer.body.detail).toContain(words);
});

test('a viewer sees why a case is held', async () => {
  const { body } = await get('held=true');
  expect(caseListSchema.parse(body).cases).toMatchObject([
    { account_id: 'ACC_2', deficiency: 90_000, hold: { reason: 'QUOTE_OLD: NVDA', since: NOON } },
  ]);
});
