import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import { openApi } from './api-fixture.ts';
import type { ApiFixture } from './api-fixture.ts';
import { openCli } from './cli-on-api.ts';
import type { CliOnApi } from './cli-on-api.ts';
import type { CliRun } from './cli-fixture.ts';
import {
  deadLetters,
  deposit,
  fill,
  lastFigures,
  sendCash,
  sendFills,
  sendPrices,
  startEngine,
} from './engine-fixture.ts';
import type { TestEngine } from './engine-fixture.ts';
import { eventually } from './kafka-fixture.ts';

/** `sentinel reconcile`, `dead-letters` and `account clear` against a running engine and API. */

const ACCOUNT = 'ACC_1';
const WAIT_MS = 60_000;
jest.setTimeout(240_000);

const defects: unknown[] = [];
let api: ApiFixture;
let engine: TestEngine;
let cli: CliOnApi;

beforeAll(async () => {
  api = await openApi('book-commands');
  engine = await startEngine(api.kafka, defects);
  cli = await openCli(api, {
    KAFKA_BROKERS: process.env.KAFKA_BROKERS ?? '',
    SENTINEL_TOPIC_PREFIX: api.kafka.topicPrefix,
  });
  await sendPrices(api.kafka, { symbol: 'NVDA', price: 400, timestamp: Date.now() });
  await sendCash(api.kafka, deposit('C1', ACCOUNT, 10_000));
  await sendFills(api.kafka, fill('F1', ACCOUNT, { qty: 10 }));
  await figures('the first books', ({ positions }) => positions.length === 1);
});

afterAll(async () => {
  await engine.stop();
  await api.close();
  await cli.close();
  expect(defects).toEqual([]);
});

const run = (...words: string[]): Promise<CliRun> => cli.run(words);

function figures(
  what: string,
  condition: (figures: MarginCalcRecord) => boolean,
): Promise<MarginCalcRecord> {
  return eventually(what, WAIT_MS, async () => {
    const found = await lastFigures(api.kafka, ACCOUNT);
    return found !== null && condition(found) && found;
  });
}

async function positionFile(...rows: string[]): Promise<string> {
  const file = join(cli.home, 'sod.csv');
  await writeFile(file, ['account_id,symbol,qty', ...rows, ''].join('\n'));
  return file;
}

test('a break is listed, blocks its account when opened, and ends with the adjustment that names it', async () => {
  const same = await positionFile('ACC_1,$USD,6000', 'ACC_1,NVDA,4', 'ACC_1,NVDA,6');
  expect(await run('reconcile', '--file', same)).toEqual({
    exitCode: 0,
    out: 'No breaks in 1 accounts.\n',
    err: '',
  });

  const other = await positionFile('ACC_1,$USD,6000', 'ACC_1,NVDA,12');
  const listed = await run('reconcile', '--file', other);
  expect(listed.exitCode).toBe(1);
  expect(listed.out).toMatch(/ACC_1 +NVDA +12 +10 +2\n/);
  expect((await lastFigures(api.kafka, ACCOUNT))?.blocked_by).toEqual([]);

  const opened = await run('reconcile', '--file', other, '--open', '--json');
  expect(JSON.parse(opened.out)).toEqual({
    breaks: [{ account_id: ACCOUNT, symbol: 'NVDA', file: 12, books: 10, difference: 2 }],
    accounts_blocked: 1,
  });
  const blocked = await figures('the block', ({ blocked_by }) => blocked_by.length === 1);
  expect(blocked).toMatchObject({
    status: 'INDETERMINATE',
    blocked_by: [{ code: 'RECONCILIATION' }],
  });

  await api.send('POST', '/adjustments', {
    as: ['operator'],
    body: {
      kind: 'TRANSFER_IN',
      adjustment_id: 'A1',
      account_id: ACCOUNT,
      positions: [{ symbol: 'NVDA', qty: 2 }],
      clears: blocked.blocked_by.map(({ what }) => what),
      reason: 'shares of the spin-off',
      timestamp: Date.now(),
    },
  });
  await figures('the adjustment', ({ status }) => status === 'ACTIVE');
  expect((await run('reconcile', '--file', other)).exitCode).toBe(0);
});

test('a file that is wrong somewhere opens nothing', async () => {
  const file = await positionFile('ACC_1,NVDA,1', 'ACC_1,NVDA', 'ACC_1,NVDA,1e3');
  const { exitCode, out, err } = await run('reconcile', '--file', file, '--open');
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
  expect(err).toContain('2 lines cannot be used');
  expect(err).toContain('line 3: 2 columns instead of 3');
});

test('a refused fill is shown with its reason, sent again corrected, and its account cleared', async () => {
  const qtyBefore = (await lastFigures(api.kafka, ACCOUNT))?.positions[0]?.qty ?? 0;
  const refused = { ...fill('F9', ACCOUNT, { qty: 3 }), price: -400 };
  await sendFills(api.kafka, refused);
  const [letter] = await eventually('the letter', WAIT_MS, async () => {
    const letters = await deadLetters(api.kafka, TOPICS.fills.name);
    return letters.length > 0 && letters;
  });
  const origin = `${TOPICS.fills.name}:${String(letter?.partition)}:${String(letter?.offset)}`;

  const listed = await run('dead-letters', '--account', ACCOUNT);
  expect(listed.exitCode).toBe(0);
  expect(listed.out).toContain(`${origin}  SCHEMA  account ${ACCOUNT}`);
  expect(listed.out).toContain('"fill_id":"F9"');
  expect((await run('dead-letters', 'cash.v1')).out).toBe('No dead letters.\n');

  const again = await run('dead-letters', 'replay', origin);
  expect(again.exitCode).not.toBe(0);
  const file = join(cli.home, 'corrected.json');
  await writeFile(file, JSON.stringify({ ...refused, price: 400 }));
  expect(await run('dead-letters', 'replay', origin, '--file', file)).toMatchObject({
    exitCode: 0,
    out: expect.stringContaining('Sent again: F9 is at fills.v1:'),
  });
  const cleared = await run('account', 'clear', ACCOUNT, '--block', origin, '--reason', 'a typo');
  expect(cleared).toMatchObject({ exitCode: 0, err: '' });
  // The fill and the clearing lie in two topics: either may be booked first.
  await figures(
    'the corrected fill, and no block',
    ({ status, positions }) => status === 'ACTIVE' && positions[0]?.qty === qtyBefore + 3,
  );
});

test('letters of order topics are evidence: they are not sent again', async () => {
  const { exitCode, err } = await run('dead-letters', 'replay', 'liquidation.orders.v1:0:1');
  expect(exitCode).toBe(2);
  expect(err).toContain('not sent again');
});
