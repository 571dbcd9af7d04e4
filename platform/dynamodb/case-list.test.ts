import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CaseSnapshot } from '#contracts/case-events.ts';
import type { CaseQuery } from '#ports/case-list.ts';
import { caseSnapshot, marginCalc, NOON } from '#test/account-records.ts';
import { openStateIndex } from '#test/dynamodb-fixture.ts';
import type { StateIndexFixture } from '#test/dynamodb-fixture.ts';
import { ensureRiskStateTable } from './risk-state-table.ts';

let fixture: StateIndexFixture;

interface Trouble {
  readonly id: string;
  readonly deficiency: number | null;
  readonly dueAt: number | null;
  readonly rung: CaseSnapshot['rung'];
  readonly held: boolean;
}

const hold = { reason: 'QUOTE_OLD: NVDA', since: NOON };

async function put(
  { id, deficiency, dueAt, rung, held }: Trouble,
  version = 1,
  { writer } = fixture,
): Promise<void> {
  const figures = { account_id: id, deficiency, status: 'MARGIN_CALL', sequence: version } as const;
  await writer.writeFigures(marginCalc(figures));
  await writer.writeCase(
    id,
    caseSnapshot({
      rung,
      due_at: dueAt,
      hold: held ? hold : null,
      case_version: `v${String(version).padStart(5, '0')}`,
    }),
  );
}

async function list(query: Partial<CaseQuery> = {}, { cases } = fixture): Promise<string[]> {
  const ids: string[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await cases.list({ order: 'deficiency', limit: 500, ...query, after });
    ids.push(...page.cases.map(({ account_id }) => account_id));
    if (page.next === null) return ids;
    after = page.next;
  }
}

beforeAll(async () => {
  fixture = await openStateIndex();
});
afterAll(() => {
  fixture.close();
});

describe('the list of open cases', () => {
  const troubles: Trouble[] = [
    { id: 'BIG', deficiency: 90_000.5, dueAt: NOON + 300, rung: 'RESTRICTED', held: false },
    { id: 'MID', deficiency: 9_000, dueAt: NOON + 100, rung: 'MARGIN_CALL', held: true },
    { id: 'SMALL', deficiency: 0.0001, dueAt: NOON + 200, rung: 'MARGIN_CALL', held: false },
    { id: 'WARNED', deficiency: 0, dueAt: null, rung: 'WARNING', held: false },
    { id: 'UNPRICED', deficiency: null, dueAt: NOON + 400, rung: 'MARGIN_CALL', held: true },
    { id: 'HEALTHY', deficiency: 0, dueAt: null, rung: 'ACTIVE', held: false },
  ];
  beforeAll(async () => {
    for (const trouble of troubles) await put(trouble);
  });

  const asked: [string, Partial<CaseQuery>, string[]][] = [
    ['by deficiency', {}, ['BIG', 'MID', 'SMALL', 'WARNED', 'UNPRICED']],
    ['by due', { order: 'due' }, ['MID', 'SMALL', 'BIG', 'UNPRICED', 'WARNED']],
    ['of a rung', { rung: 'MARGIN_CALL' }, ['MID', 'SMALL', 'UNPRICED']],
    ['held', { held: true, order: 'due' }, ['MID', 'UNPRICED']],
    ['not held', { held: false }, ['BIG', 'SMALL', 'WARNED']],
    ['of at least an amount', { deficiencyMin: 9_000 }, ['BIG', 'MID']],
    [
      'of at least an amount, by due',
      { deficiencyMin: 0.0001, order: 'due' },
      ['MID', 'SMALL', 'BIG'],
    ],
    ['due by then', { dueBefore: NOON + 200, order: 'due' }, ['MID', 'SMALL']],
    ['due from then', { dueAfter: NOON + 200, order: 'due' }, ['SMALL', 'BIG', 'UNPRICED']],
    ['due by then, by deficiency', { dueBefore: NOON + 300 }, ['BIG', 'MID', 'SMALL']],
    ['of a status that none has', { status: 'WARNING' }, []],
  ];
  test.each(asked)('%s', async (_what, query, expected) => {
    const ids = await list(query);
    // Of equal rank the order is the account's, either way round.
    expect(ids).toEqual(query.order === 'due' ? expected : byDeficiency(expected));
    for (const limit of [1, 2, 3]) expect(await list({ ...query, limit })).toEqual(ids);
  });

  function byDeficiency(ids: readonly string[]): string[] {
    const rank = (id: string): number => troubles.find((t) => t.id === id)?.deficiency ?? 0;
    return [...ids].sort((a, b) => rank(b) - rank(a) || (a > b ? -1 : 1));
  }

  test('shows why and since when a case is held', async () => {
    const { cases } = await fixture.cases.list({ order: 'due', limit: 1 });
    expect(cases).toMatchObject([{ account_id: 'MID', hold, issued_at: NOON, episode: 1 }]);
  });
});

test('a case shows who holds its enforcement', async () => {
  const enforcement_hold = { by: 'ann', since: NOON, reason: 'in court', resume_asked_by: 'bob' };
  await fixture.writer.writeCase('HELD', caseSnapshot({ enforcement_hold, due_at: NOON + 1 }));
  const { cases } = await fixture.cases.list({ order: 'due', limit: 500 });
  expect(cases.find(({ account_id }) => account_id === 'HELD')).toMatchObject({ enforcement_hold });
  expect(cases.find(({ account_id }) => account_id === 'MID')).toMatchObject({
    enforcement_hold: null,
  });
  const atRest = caseSnapshot({ case_version: `${caseSnapshot().case_version}-1`, rung: 'ACTIVE' });
  await fixture.writer.writeCase('HELD', atRest);
});

test('a case is in the list before its figures are known, and leaves it at rest', async () => {
  const id = 'EARLY';
  await fixture.writer.writeCase(id, caseSnapshot({ case_version: 'v00001' }));
  expect(await list()).toContain(id);
  const record = marginCalc({ account_id: id, deficiency: 5_000_000 });
  await fixture.writer.writeFigures(record);
  expect((await list())[0]).toBe(id);
  await fixture.writer.writeCase(id, caseSnapshot({ case_version: 'v00002', rung: 'ACTIVE' }));
  expect(await list()).not.toContain(id);
});

test('whatever the cases, every page size gives the same list, in order', async () => {
  const trouble = fc.record({
    deficiency: fc.option(fc.integer({ min: 0, max: 30 })),
    dueAt: fc.option(fc.integer({ min: NOON, max: NOON + 20 })),
    rung: fc.constantFrom<CaseSnapshot['rung']>('WARNING', 'MARGIN_CALL', 'LIQUIDATING'),
    held: fc.boolean(),
  });
  const own = await openStateIndex();
  try {
    let version = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(trouble, { minLength: 12, maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (troubles, limit) => {
          version += 1;
          await Promise.all(
            troubles.map((one, n) => put({ id: `P${String(n)}`, ...one }, version, own)),
          );
          for (const order of ['deficiency', 'due'] as const) {
            const all = await list({ order }, own);
            expect([...all].sort()).toEqual(troubles.map((_, n) => `P${String(n)}`).sort());
            expect(await list({ order, limit }, own)).toEqual(all);
            expect(await list({ order, limit, held: true }, own)).toEqual(
              all.filter((id) => troubles[Number(id.slice(1))]?.held),
            );
          }
        },
      ),
      { numRuns: 15 },
    );
  } finally {
    own.close();
  }
});

test('a table of an earlier version is refused by the indexes that it lacks, and stays as it is', async () => {
  const { client } = fixture;
  const table = `${fixture.table}-old`;
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'account_id', AttributeType: 'S' },
        { AttributeName: 'timestamp', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'account_id', KeyType: 'HASH' },
        { AttributeName: 'timestamp', KeyType: 'RANGE' },
      ],
    }),
  );
  await expect(ensureRiskStateTable(client, table)).rejects.toThrow(
    /lacks the indexes .*cases-by-deficiency.*down --wipe/,
  );
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
  expect(Table?.GlobalSecondaryIndexes).toBeUndefined();
  await client.send(new DeleteTableCommand({ TableName: table }));
});
