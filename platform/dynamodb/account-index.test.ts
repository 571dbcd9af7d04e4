import { DescribeTableCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AccountSummary } from '#contracts/account-state.ts';
import { RUNG_NAMES } from '#contracts/case-events.ts';
import type { AccountQuery, ListPosition } from '#ports/account-index.ts';
import { caseSnapshot, marginCalc, NOON } from '#test/account-records.ts';
import { openStateIndex } from '#test/dynamodb-fixture.ts';
import type { StateIndexFixture } from '#test/dynamodb-fixture.ts';
import { caseAttributes, figuresAttributes } from './account-item.ts';
import { ensureRiskStateTable, riskStateReady } from './risk-state-table.ts';

let fixture: StateIndexFixture;
let accounts = 0;

beforeAll(async () => {
  fixture = await openStateIndex();
});
afterAll(() => {
  fixture.close();
});

function newAccount(): string {
  accounts += 1;
  return `ACC_${String(accounts)}`;
}

async function rawItem(accountId: string): Promise<Record<string, unknown>> {
  const { Item } = await fixture.client.send(
    new GetItemCommand({
      TableName: fixture.table,
      Key: marshall({ account_id: accountId, timestamp: 0 }),
    }),
  );
  return unmarshall(Item ?? {}, { wrapNumbers: (text) => text });
}

const version = (sequence: number): string => `0000000001-${String(sequence).padStart(15, '0')}`;

describe('the table', () => {
  test('has the keys of the reference and bills on demand', async () => {
    const { Table } = await fixture.client.send(
      new DescribeTableCommand({ TableName: fixture.table }),
    );
    expect(Table?.KeySchema).toEqual([
      { AttributeName: 'account_id', KeyType: 'HASH' },
      { AttributeName: 'timestamp', KeyType: 'RANGE' },
    ]);
    expect(Table?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST');
    expect(await riskStateReady(fixture.client, fixture.table)).toEqual({ ready: true });
  });
  test('may be asked for by several processes at once', async () => {
    await Promise.all([1, 2, 3].map(() => ensureRiskStateTable(fixture.client, fixture.table)));
  });
});

describe('the current item', () => {
  test('has the reference fields as exact decimals, at timestamp 0, without ttl', async () => {
    const accountId = newAccount();
    const record = marginCalc({ account_id: accountId, equity: 250_000.0001, excess: 0.3 });
    await fixture.writer.writeFigures(record);
    await fixture.writer.writeCase(accountId, caseSnapshot({ demand: 99_999_999_999.9999 }));
    expect(await rawItem(accountId)).toMatchObject({
      account_id: accountId,
      timestamp: '0',
      equity: '250000.0001',
      market_value: '200000',
      maintenance_req: '50000',
      excess: '0.3',
      status: 'ACTIVE',
      rung: 'MARGIN_CALL',
      margin_call_issued_at: String(NOON),
      demand: '99999999999.9999',
      figures_version: version(1),
      case_version: version(1),
    });
    expect(await rawItem(accountId)).not.toHaveProperty('ttl');
  });
  test('comes back as it was written', async () => {
    const accountId = newAccount();
    const record = marginCalc({ account_id: accountId });
    const snapshot = caseSnapshot({ hold: { reason: 'no fresh price of NVDA', since: NOON } });
    await fixture.writer.writeFigures(record);
    await fixture.writer.writeCase(accountId, snapshot);
    const { account_id, generation, sequence, status, ...figures } = record;
    expect([generation, sequence]).toEqual([1, 1]);
    expect(await fixture.index.get(accountId)).toEqual({
      account_id,
      status,
      rung: 'MARGIN_CALL',
      figures: { ...figures, figures_version: version(1) },
      case: snapshot,
    });
  });
  test('of an account with a missing price has no figures that depend on it', async () => {
    const accountId = newAccount();
    const none = { equity: null, excess: null, total_mv: null, deficiency: null };
    const status = 'INDETERMINATE';
    const record = marginCalc({ account_id: accountId, ...none, status, prices_missing: ['NVDA'] });
    await fixture.writer.writeFigures(record);
    const state = await fixture.index.get(accountId);
    expect(state).toMatchObject({ status, figures: { ...none, prices_missing: ['NVDA'] } });
    expect(state?.case).toBeNull();
  });
  test('can have a case before it has figures', async () => {
    const accountId = newAccount();
    await fixture.writer.writeCase(accountId, caseSnapshot());
    const state = await fixture.index.get(accountId);
    expect(state).toMatchObject({ status: null, rung: 'MARGIN_CALL', figures: null });
    await fixture.writer.writeFigures(marginCalc({ account_id: accountId }));
    expect(await fixture.index.get(accountId)).toMatchObject({
      status: 'ACTIVE',
      rung: 'MARGIN_CALL',
    });
  });
  test('is null for an account nobody has heard of', async () => {
    expect(await fixture.index.get('NOBODY')).toBeNull();
  });
  test('that the store cannot hold is refused, not thrown', async () => {
    const accountId = newAccount();
    const [position] = marginCalc().positions;
    const positions = Array.from({ length: 20_000 }, () => position ?? []).flat();
    const write = await fixture.writer.writeFigures(
      marginCalc({ account_id: accountId, positions }),
    );
    expect(write).toMatchObject({ outcome: 'REFUSED', reason: expect.stringContaining('size') });
    expect(await fixture.index.get(accountId)).toBeNull();
  });
});

describe('figures and case are each written on their own condition', () => {
  test('no attribute belongs to both', () => {
    const shared = Object.keys(figuresAttributes(marginCalc())).filter((name) =>
      Object.hasOwn({ ...caseAttributes('ACC_1', caseSnapshot()), rung: '', listing: '' }, name),
    );
    expect(shared).toEqual([]);
  });
  test('a stale version changes nothing and says so', async () => {
    const accountId = newAccount();
    const { writer, index } = fixture;
    await writer.writeFigures(marginCalc({ account_id: accountId, sequence: 5, cash: 5 }));
    await writer.writeCase(accountId, caseSnapshot({ case_version: version(5), demand: 5 }));
    for (const sequence of [4, 5]) {
      const calc = marginCalc({ account_id: accountId, sequence, cash: 4 });
      const snapshot = caseSnapshot({ case_version: version(sequence), demand: 4 });
      expect(await writer.writeFigures(calc)).toEqual({ outcome: 'STALE' });
      expect(await writer.writeCase(accountId, snapshot)).toEqual({ outcome: 'STALE' });
    }
    const state = await index.get(accountId);
    expect([state?.figures?.cash, state?.case?.demand]).toEqual([5, 5]);
  });

  interface Write {
    readonly kind: 'FIGURES' | 'CASE';
    readonly sequence: number;
  }
  const writes = fc.array(
    fc.record<Write>({
      kind: fc.constantFrom('FIGURES', 'CASE'),
      sequence: fc.integer({ min: 1, max: 12 }),
    }),
    { minLength: 1, maxLength: 16 },
  );
  test('any order and any repetition, also at once, ends in the last of each', async () => {
    await fc.assert(
      fc.asyncProperty(writes, async (sequence) => {
        const accountId = newAccount();
        await Promise.all(sequence.map((write) => apply(accountId, write)));
        const last = (kind: Write['kind']) =>
          Math.max(0, ...sequence.filter((w) => w.kind === kind).map((w) => w.sequence));
        const state = await fixture.index.get(accountId);
        expect(state?.figures?.cash ?? 0).toBe(last('FIGURES'));
        expect(state?.case?.demand ?? 0).toBe(last('CASE'));
        expect(state?.rung).toBe(rungOf(last('CASE')));
        expect(await listed({ limit: 500, rung: rungOf(last('CASE')) })).toContain(accountId);
      }),
      { numRuns: 40 },
    );
  });

  async function apply(accountId: string, { kind, sequence }: Write): Promise<void> {
    if (kind === 'FIGURES') {
      await fixture.writer.writeFigures(
        marginCalc({ account_id: accountId, sequence, cash: sequence }),
      );
      return;
    }
    const rung = rungOf(sequence);
    const snapshot = caseSnapshot({ case_version: version(sequence), demand: sequence, rung });
    await fixture.writer.writeCase(accountId, snapshot);
  }

  function rungOf(sequence: number): (typeof RUNG_NAMES)[number] {
    return sequence === 0 ? 'ACTIVE' : (RUNG_NAMES[sequence % 3] ?? 'ACTIVE');
  }
});

async function pages(query: AccountQuery, of = fixture): Promise<AccountSummary[][]> {
  const found: AccountSummary[][] = [];
  let after: ListPosition | null | undefined;
  while (after !== null) {
    const page = await of.index.list({ ...query, after });
    found.push([...page.accounts]);
    after = page.next;
  }
  return found;
}

async function listed(query: AccountQuery, of = fixture): Promise<string[]> {
  return (await pages(query, of)).flat().map(({ account_id }) => account_id);
}

describe('the list of accounts', () => {
  let list: StateIndexFixture;
  const healthy = Array.from({ length: 60 }, (_, i) => `H_${String(i).padStart(3, '0')}`);
  const called = Array.from({ length: 9 }, (_, i) => `C_${String(i)}`);

  beforeAll(async () => {
    list = await openStateIndex();
    await Promise.all([
      ...healthy.map((account_id, i) =>
        list.writer.writeFigures(
          marginCalc({ account_id, status: i % 20 === 7 ? 'WARNING' : 'ACTIVE' }),
        ),
      ),
      ...called.map((account_id) =>
        list.writer.writeFigures(marginCalc({ account_id, status: 'MARGIN_CALL' })),
      ),
      ...called.map((accountId) => list.writer.writeCase(accountId, caseSnapshot())),
      list.writer.writeCase('L_1', caseSnapshot({ rung: 'LIQUIDATING' })),
    ]);
  });
  afterAll(() => {
    list.close();
  });

  test('begins with the most severe rung and goes by account id', async () => {
    expect(await listed({ limit: 500 }, list)).toEqual(['L_1', ...called, ...healthy]);
  });
  test.each([1, 2, 7, 9, 10, 60, 70])(
    'is whole and without repetition in pages of %i',
    async (limit) => {
      const found = await pages({ limit }, list);
      expect(found.flat().map(({ account_id }) => account_id)).toEqual([
        'L_1',
        ...called,
        ...healthy,
      ]);
      expect(Math.max(...found.map((page) => page.length))).toBeLessThanOrEqual(limit);
    },
  );
  test('can be of one rung', async () => {
    expect(await listed({ limit: 4, rung: 'MARGIN_CALL' }, list)).toEqual(called);
    expect(await listed({ limit: 4, rung: 'RESTRICTED' }, list)).toEqual([]);
  });
  test('can be of one status', async () => {
    const warned = ['H_007', 'H_027', 'H_047'];
    expect(await listed({ limit: 2, status: 'WARNING' }, list)).toEqual(warned);
    expect(await listed({ limit: 2, status: 'WARNING', rung: 'MARGIN_CALL' }, list)).toEqual([]);
    expect(await listed({ limit: 500, status: 'MARGIN_CALL' }, list)).toEqual(called);
  });
  test('follows an account to another rung', async () => {
    const account_id = 'M_1';
    await list.writer.writeFigures(marginCalc({ account_id }));
    expect(await listed({ limit: 500, rung: 'ACTIVE' }, list)).toContain(account_id);
    await list.writer.writeCase(account_id, caseSnapshot({ rung: 'RESTRICTED' }));
    expect(await listed({ limit: 500, rung: 'ACTIVE' }, list)).not.toContain(account_id);
    expect(await listed({ limit: 500, rung: 'RESTRICTED' }, list)).toEqual([account_id]);
  });
  test('shows figures and case of each', async () => {
    const [first] = (await list.index.list({ limit: 1, rung: 'MARGIN_CALL' })).accounts;
    expect(first).toEqual({
      account_id: 'C_0',
      status: 'MARGIN_CALL',
      rung: 'MARGIN_CALL',
      as_of: NOON,
      equity: 250_000,
      market_value: 200_000,
      maintenance_req: 50_000,
      excess: 200_000,
      deficiency: 0,
      demand: 10_000,
      due_at: NOON + 6_000,
      awaiting_release: false,
      braked: false,
      hold: null,
      acknowledged_by: null,
    });
  });
  test('has current items only: one of its history does not appear', async () => {
    const history = { ...figuresAttributes(marginCalc()), account_id: 'H_000', timestamp: NOON };
    await list.client.send(new PutItemCommand({ TableName: list.table, Item: marshall(history) }));
    const found = await listed({ limit: 500 }, list);
    expect(found.filter((accountId) => accountId === 'H_000')).toHaveLength(1);
  });
});
