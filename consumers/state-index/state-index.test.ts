import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TOPICS } from '#contracts/topics.ts';
import { createMetrics } from '#platform/metrics.ts';
import type { AccountState } from '#contracts/account-state.ts';
import type { InboundRecord } from '#ports/records.ts';
import { caseSnapshot, marginCalc, NOON } from '#test/account-records.ts';
import { openStateIndex, testDynamoDb, testDynamoDbEndpoint } from '#test/dynamodb-fixture.ts';
import type { StateIndexFixture } from '#test/dynamodb-fixture.ts';
import { eventually, testLogger } from '#test/kafka-fixture.ts';
import { createAccountHistoryWriter } from '#platform/dynamodb/account-history.ts';
import { createAccountIndexWriter } from '#platform/dynamodb/account-index-writer.ts';
import { createDynamoDb } from '#platform/dynamodb/client.ts';
import { freePorts } from '#stack/ports.ts';
import { StateIndex } from './state-index.ts';

let fixture: StateIndexFixture;
let accounts = 0;

beforeAll(async () => {
  fixture = await openStateIndex();
});
afterAll(() => {
  fixture.close();
});

/** A state index at a clock that the test turns, and one account of its own. */
function begin() {
  accounts += 1;
  const accountId = `ACC_${String(accounts)}`;
  const metrics = createMetrics('state-index');
  const clock = { at: NOON, now: () => clock.at };
  const index = new StateIndex({
    writer: fixture.writer,
    history: fixture.historyWriter,
    metrics,
    logger: testLogger,
    clock,
  });
  let offset = 0;
  const inbound = (topic: string, value: Uint8Array | null): InboundRecord => {
    offset += 1;
    return { topic, partition: 0, offset, key: accountId, value, timestamp: clock.at };
  };
  const json = (content: unknown) => Buffer.from(JSON.stringify(content));
  const figures = (changes: Parameters<typeof marginCalc>[0]): InboundRecord =>
    inbound(TOPICS.marginCalc.name, json(marginCalc({ account_id: accountId, ...changes })));
  const audit = (details: object): InboundRecord =>
    inbound(
      TOPICS.audit.name,
      json({
        event_id: `e${String(offset)}`,
        event_type: 'MARGIN_CALL',
        account_id: accountId,
        actor: 'account-case',
        timestamp: new Date(NOON).toISOString(),
        details,
        correlation_id: 'c',
        causation_id: null,
      }),
    );
  return {
    accountId,
    index,
    clock,
    inbound,
    figures,
    audit,
    state: (): Promise<AccountState | null> => fixture.index.get(accountId),
    cash: async () => (await fixture.index.get(accountId))?.figures?.cash,
    counted: async (line: RegExp) => {
      const found = (await metrics.page()).body.split('\n').find((text) => line.test(text));
      return Number(found?.split(' ').at(-1) ?? 0);
    },
  };
}

const move = (sequence: number) => ({ cause: 'PRICE', sequence, cash: sequence }) as const;
const MARGIN_CALC = TOPICS.marginCalc.name;

describe('price moves of a healthy account', () => {
  test('are written once a minute, the last skipped one when the minute is over', async () => {
    const { index, clock, figures, cash } = begin();
    await index.handle([figures(move(1))]);
    expect(await cash()).toBe(1);
    for (const sequence of [2, 3, 4]) {
      clock.at += 1_000;
      await index.handle([figures(move(sequence))]);
    }
    expect(await cash()).toBe(1);
    await index.writeDue(NOON + 59_999);
    expect(await cash()).toBe(1);
    await index.writeDue(NOON + 60_000);
    expect(await cash()).toBe(4);
  });
  test('hold their offsets back until they are written', async () => {
    const { index, figures } = begin();
    await index.handle([figures(move(1))]);
    expect(index.heldBackAt(MARGIN_CALC, 0)).toBeNull();
    await index.handle([figures(move(2))]);
    await index.handle([figures(move(3))]);
    expect(index.heldBackAt(MARGIN_CALC, 0)).toBe(2);
    expect(index.heldBackAt(MARGIN_CALC, 1)).toBeNull();
    expect(index.heldBackAt(TOPICS.audit.name, 0)).toBeNull();
    await index.writeDue(NOON + 60_000);
    expect(index.heldBackAt(MARGIN_CALC, 0)).toBeNull();
  });
  test('do not come after a fill that was written meanwhile', async () => {
    const { index, figures, cash } = begin();
    await index.handle([figures(move(1))]);
    await index.handle([figures(move(2))]);
    await index.handle([figures({ cause: 'FILL', sequence: 3, cash: 3 })]);
    expect(index.heldBackAt(MARGIN_CALC, 0)).toBeNull();
    await index.writeDue(NOON + 60_000);
    expect(await cash()).toBe(3);
  });
});

describe('written at once is', () => {
  const changes: [string, Parameters<typeof marginCalc>[0]][] = [
    ['a fill', { cause: 'FILL', sequence: 2, cash: 2 }],
    ['a cash movement', { cause: 'CASH', sequence: 2, cash: 2 }],
    ['a change of reference data', { cause: 'REFERENCE', sequence: 2, cash: 2 }],
    ['a change of status', { ...move(2), status: 'WARNING' }],
  ];
  test.each(changes)('%s', async (_what, change) => {
    const { index, figures, cash } = begin();
    await index.handle([figures(move(1))]);
    await index.handle([figures(change)]);
    expect(await cash()).toBe(2);
  });
  test('a change of rung, and then each price move of the account', async () => {
    const { index, figures, audit, state, cash } = begin();
    await index.handle([figures(move(1))]);
    await index.handle([audit({ case: caseSnapshot({ rung: 'WARNING' }) })]);
    expect((await state())?.rung).toBe('WARNING');
    await index.handle([figures(move(2))]);
    expect(await cash()).toBe(2);
  });
  test('a price move of an account with a call that was there before the process', async () => {
    const { accountId, index, figures, cash } = begin();
    await fixture.writer.writeCase(accountId, caseSnapshot({ rung: 'RESTRICTED' }));
    await index.handle([figures(move(1))]);
    await index.handle([figures(move(2))]);
    expect(await cash()).toBe(2);
  });
});

describe('a batch', () => {
  test('ends in the last version of each account, whatever its order and repetitions', async () => {
    const { index, figures, cash } = begin();
    const [three, one, two] = [3, 1, 2].map((sequence) => figures(move(sequence)));
    await index.handle([three, one, two, three].flatMap((record) => record ?? []));
    expect(await cash()).toBe(3);
  });
  test('that comes again changes nothing and is counted as stale', async () => {
    const { index, figures, cash, counted } = begin();
    const batch = [figures({ cause: 'FILL', sequence: 5, cash: 5 })];
    await index.handle(batch);
    await index.handle(batch);
    expect(await cash()).toBe(5);
    expect(await counted(/writes_total\{.*kind="figures",outcome="stale"/)).toBe(1);
  });
});

describe('a record that cannot be read', () => {
  const of = (text: string) => Buffer.from(text);
  const bad: [string, Uint8Array | null, string][] = [
    ['no JSON', of('{'), 'MALFORMED'],
    ['no value', null, 'MALFORMED'],
    ['another schema', of('{"account_id":"A"}'), 'SCHEMA'],
    ['a NaN', of(JSON.stringify(marginCalc()).replace('50000', '"NaN"')), 'SCHEMA'],
    ['too much', of(' '.repeat(300_000)), 'TOO_LARGE'],
  ];
  test.each(bad)('of %s is counted, and what follows it is written', async (_what, value, code) => {
    const { index, inbound, figures, cash, counted } = begin();
    await index.handle([inbound(MARGIN_CALC, value), figures(move(1))]);
    expect(await cash()).toBe(1);
    expect(await counted(new RegExp(`unreadable.*topic="margin.calc.v1",code="${code}"`))).toBe(1);
  });
  test('of an audit event with a wrong case is counted', async () => {
    const { index, audit, inbound, state, counted } = begin();
    const wrong = { ...caseSnapshot(), rung: 'FINE' };
    await index.handle([
      inbound(TOPICS.audit.name, of('[]')),
      audit({ case: wrong }),
      audit({ note: 'no case' }),
      audit({ case: caseSnapshot() }),
    ]);
    expect((await state())?.rung).toBe('MARGIN_CALL');
    expect(await counted(/unreadable.*topic="audit.v1",code="SCHEMA"/)).toBe(2);
  });
});

describe('the history', () => {
  test('has the first figures, those of a new status, and every audited decision', async () => {
    const { accountId, index, figures, audit } = begin();
    const at = (ms: number, status: 'ACTIVE' | 'WARNING') =>
      figures({ cause: 'PRICE', sequence: ms + 1, as_of: NOON + ms, status });
    await index.handle([at(0, 'ACTIVE'), at(500, 'ACTIVE'), at(2_000, 'WARNING')]);
    await index.handle([at(3_000, 'WARNING')]);
    await index.handle([audit({ case: caseSnapshot() }), audit({ note: 'no case' })]);
    const query = { accountId, stepsOnly: false, order: 'OLDEST_FIRST', limit: 100 } as const;
    const page = await fixture.history.read({ ...query, from: 0, to: NOON + 60_000, now: NOON });
    const figuresAt = page.entries.filter(({ kind }) => kind === 'FIGURES').map(({ at }) => at);
    expect(figuresAt).toEqual([NOON, NOON + 2_000]);
    expect(page.entries.filter(({ kind }) => kind === 'STEP')).toHaveLength(2);
  });
});

test('while the store is away nothing is lost: it is written when the store is back', async () => {
  const { hostname, port } = new URL(testDynamoDbEndpoint());
  const [door = 0] = await freePorts(1);
  const client = createDynamoDb({
    endpoint: `http://127.0.0.1:${String(door)}`,
    region: 'us-east-1',
  });
  const { table } = fixture;
  const writer = createAccountIndexWriter(client, table);
  const metrics = createMetrics('state-index');
  const clock = { now: () => NOON };
  const history = createAccountHistoryWriter(client, table);
  const index = new StateIndex({ writer, history, metrics, logger: testLogger, clock });
  const { figures } = begin();
  const handled = index.handle([figures(move(1))]);
  await eventually('the store is missed', 60_000, () => Promise.resolve(!index.ready().ready));
  const proxy = createServer((from) => {
    const to = connect(Number(port), hostname);
    pipeline(from, to, from, () => undefined);
  }).listen(door, '127.0.0.1');
  await handled;
  expect(index.ready()).toEqual({ ready: true });
  client.destroy();
  await promisify(proxy.close.bind(proxy))();
});

test('an index that is gone is no store that is away: nothing goes on', async () => {
  const client = testDynamoDb();
  const table = 'no-such-margin-risk-state';
  const writer = createAccountIndexWriter(client, table);
  const history = createAccountHistoryWriter(client, table);
  const metrics = createMetrics('state-index');
  const clock = { now: () => NOON };
  const index = new StateIndex({ writer, history, metrics, logger: testLogger, clock });
  const { figures, audit } = begin();
  await expect(index.handle([figures(move(1))])).rejects.toThrow('the state index is gone');
  await expect(index.handle([audit({ note: 'a step' })])).rejects.toThrow('is gone');
  client.destroy();
});
