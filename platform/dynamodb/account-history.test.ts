import { DescribeTimeToLiveCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { HistoryEntry } from '#contracts/account-history.ts';
import type { AccountAuditRecord } from '#contracts/case-events.ts';
import type { HistoryQuery } from '#ports/account-history.ts';
import { auditEvent, caseSnapshot, marginCalc, NOON } from '#test/account-records.ts';
import { openStateIndex } from '#test/dynamodb-fixture.ts';
import type { StateIndexFixture } from '#test/dynamodb-fixture.ts';
import { nextSlot, slotOf } from './history-item.ts';

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

const DAY_MS = 86_400_000;
/** Expiry is judged by the clock that the caller gives. */
const NOW = NOON + 1_000;

const step = (accountId: string, number: number, changes: Partial<AccountAuditRecord> = {}) =>
  auditEvent({
    account_id: accountId,
    event_id: `${accountId}-${String(number)}`,
    details: { action_number: number, episode: 1, rung: 'MARGIN_CALL', case: caseSnapshot() },
    ...changes,
  });

async function read(accountId: string, query: Partial<HistoryQuery> = {}): Promise<HistoryEntry[]> {
  const entries: HistoryEntry[] = [];
  let after: number | undefined;
  for (;;) {
    const page = await fixture.history.read({
      accountId,
      stepsOnly: false,
      from: 0,
      to: NOON + DAY_MS,
      order: 'OLDEST_FIRST',
      limit: 500,
      now: NOW,
      ...query,
      after,
    });
    entries.push(...page.entries);
    if (page.next === null) return entries;
    after = page.next;
  }
}

async function rawItems(accountId: string): Promise<Record<string, unknown>[]> {
  const { Items = [] } = await fixture.client.send(
    new QueryCommand({
      TableName: fixture.table,
      KeyConditionExpression: '#id = :id',
      ExpressionAttributeNames: { '#id': 'account_id' },
      ExpressionAttributeValues: marshall({ ':id': accountId }),
    }),
  );
  return Items.map((item) => unmarshall(item, { wrapNumbers: (text) => text }));
}

const names = (entries: readonly HistoryEntry[]): string[] =>
  entries.map((entry) => (entry.kind === 'STEP' ? entry.event_id : String(entry.at - NOON)));

describe('a history item', () => {
  test('of figures has the fields of the reference, and expires after thirty days in seconds', async () => {
    const accountId = newAccount();
    await fixture.historyWriter.writeFigures(marginCalc({ account_id: accountId }), NOW);
    expect(await rawItems(accountId)).toEqual([
      expect.objectContaining({
        account_id: accountId,
        timestamp: String(NOON),
        equity: '250000',
        market_value: '200000',
        maintenance_req: '50000',
        excess: '200000',
        status: 'ACTIVE',
        ttl: String(NOON / 1_000 + 30 * 86_400),
      }),
    ]);
    const { TimeToLiveDescription } = await fixture.client.send(
      new DescribeTimeToLiveCommand({ TableName: fixture.table }),
    );
    expect(TimeToLiveDescription).toMatchObject({
      AttributeName: 'ttl',
      TimeToLiveStatus: 'ENABLED',
    });
  });
  test('of a step tells since when the call runs, and comes back as it was audited', async () => {
    const accountId = newAccount();
    const figures = { as_of: NOON, status: 'MARGIN_CALL', equity: 40_000, deficiency: 10_000 };
    const details = {
      ...step(accountId, 7).details,
      figures,
      call: { demand: 10_000 },
      '': [null],
    };
    await fixture.historyWriter.writeStep(step(accountId, 7, { details }), NOW);
    expect(await rawItems(accountId)).toEqual([
      expect.objectContaining({
        timestamp: `${String(NOON)}.007`,
        margin_call_issued_at: String(NOON),
      }),
    ]);
    expect(await read(accountId)).toEqual([
      {
        kind: 'STEP',
        at: NOON,
        event_id: `${accountId}-7`,
        event_type: 'MARGIN_CALL',
        actor: 'account-case',
        episode: 1,
        rung: 'MARGIN_CALL',
        figures,
        details: {
          action_number: 7,
          case: caseSnapshot(),
          call: { demand: 10_000 },
          '': [null],
        },
        correlation_id: 'corr-1',
        causation_id: null,
      },
    ]);
  });
  test('of an audited decision that no case made is kept as well', async () => {
    const accountId = newAccount();
    const details = { episode: 'none', rung: 'ON FIRE', figures: 3 };
    await fixture.historyWriter.writeStep(step(accountId, 1, { details }), NOW);
    expect(await read(accountId)).toMatchObject([{ episode: null, rung: null, figures: null }]);
  });
});

describe('steps of one millisecond', () => {
  test('stand apart in the order of their numbers, however often and late they come', async () => {
    const accountId = newAccount();
    for (const number of [3, 1, 2, 1, 3]) {
      await fixture.historyWriter.writeStep(step(accountId, number), NOW);
    }
    const expected = [1, 2, 3].map((number) => `${accountId}-${String(number)}`);
    expect(names(await read(accountId))).toEqual(expected);
  });
  test('that want the same place each get one', async () => {
    const accountId = newAccount();
    const twins = ['a', 'b', 'c'].map((event_id) => step(accountId, 998, { event_id }));
    for (const twin of [...twins, ...twins]) await fixture.historyWriter.writeStep(twin, NOW);
    expect(names(await read(accountId)).sort()).toEqual(['a', 'b', 'c']);
  });
  test.each([0, 1, 998, 999, 1_000, 123_456_789])(
    'number %d has a place from 1 to 999',
    (number) => {
      const slot = slotOf(step('A', number));
      expect(slot).toBeGreaterThanOrEqual(1);
      expect(slot).toBeLessThanOrEqual(999);
      expect(nextSlot(slot)).not.toBe(slot);
    },
  );
});

describe('the history of an account', () => {
  test('can be read from either end, in pages of any size, with neither hole nor repetition', async () => {
    const accountId = newAccount();
    for (let minute = 0; minute < 7; minute += 1) {
      const as_of = NOON + minute * 60_000;
      await fixture.historyWriter.writeFigures(marginCalc({ account_id: accountId, as_of }), NOW);
    }
    for (const number of [1, 2, 3]) {
      await fixture.historyWriter.writeStep(step(accountId, number), NOW);
    }
    const steps = [1, 2, 3].map((number) => `${accountId}-${String(number)}`);
    const whole = ['0', ...steps, '60000', '120000', '180000', '240000', '300000', '360000'];
    for (const limit of [1, 2, 3, 500]) {
      expect(names(await read(accountId, { limit }))).toEqual(whole);
      const newest = await read(accountId, { limit, order: 'NEWEST_FIRST' });
      expect(names(newest)).toEqual([...whole].reverse());
      expect(names(await read(accountId, { limit, stepsOnly: true }))).toEqual(steps);
    }
    const some = await read(accountId, { from: NOON + 60_000, to: NOON + 180_000 });
    expect(names(some)).toEqual(['60000', '120000', '180000']);
    const first = await read(accountId, { from: NOON, to: NOON, order: 'NEWEST_FIRST' });
    expect(names(first)).toEqual([...steps.toReversed(), '0']);
  });
  test('does not show the current item, nor another account', async () => {
    const accountId = newAccount();
    await fixture.writer.writeFigures(marginCalc({ account_id: accountId }));
    expect(await read(accountId)).toEqual([]);
  });
  test('neither takes nor shows what is older than thirty days', async () => {
    const accountId = newAccount();
    const record = marginCalc({ account_id: accountId });
    const later = NOON + 30 * DAY_MS;
    expect(await fixture.historyWriter.writeFigures(record, later)).toEqual({ outcome: 'EXPIRED' });
    const event = step(accountId, 1);
    expect(await fixture.historyWriter.writeStep(event, later)).toEqual({ outcome: 'EXPIRED' });
    expect(await fixture.historyWriter.writeFigures(record, later - 1_000)).toEqual({
      outcome: 'WRITTEN',
    });
    expect(await read(accountId, { now: later - 1_000 })).toHaveLength(1);
    expect(await read(accountId, { now: later })).toEqual([]);
  });
  test('keeps the later of two figures of one moment', async () => {
    const accountId = newAccount();
    for (const sequence of [2, 3, 1]) {
      const record = marginCalc({ account_id: accountId, sequence, cash: sequence });
      await fixture.historyWriter.writeFigures(record, NOW);
    }
    expect(await read(accountId)).toMatchObject([{ cash: 3 }]);
  });
});
