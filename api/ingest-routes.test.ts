import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cashSchema, fillSchema } from '#contracts/ingest.ts';
import { TOPICS } from '#contracts/topics.ts';
import { createPublisher } from '#platform/kafka/publisher.ts';
import { openApi } from '#test/api-fixture.ts';
import type { ApiFixture } from '#test/api-fixture.ts';

let api: ApiFixture;

beforeAll(async () => {
  api = await openApi('api-ingest');
});
afterAll(async () => {
  await api.close();
});

const NOW = Date.now();
const DAY_MS = 86_400_000;
const YEAR_2099 = Date.UTC(2099, 0);

const FILL = {
  fill_id: 'F1',
  account_id: 'ACC_1',
  symbol: 'NVDA',
  qty: 500,
  price: 400.25,
  timestamp: NOW,
};
const CASH = {
  cash_id: 'C1',
  account_id: 'ACC_1',
  amount: 250_000,
  kind: 'DEPOSIT',
  timestamp: NOW,
};
const PRICE = { symbol: 'NVDA', price: 400, timestamp: NOW };
const BETA = { symbol: 'NVDA', beta: 1.8, timestamp: NOW };

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  api.send('POST', path, { as: ['feed'], body, headers });

/** The records of a topic as JSON, with where they lie. */
async function written(topic: string) {
  const records = await api.kafka.readAll(topic);
  return records.map(({ partition, offset, key, value }) => {
    const content: Record<string, unknown> = JSON.parse(Buffer.from(value ?? []).toString());
    return { topic, partition, offset, key, content };
  });
}

describe('input is written to its topic under its key and answered with its place', () => {
  const table: [string, string, Record<string, unknown>, string, string][] = [
    ['/fills', TOPICS.fills.name, { ...FILL, fill_id: 'F-one' }, 'ACC_1', 'F-one'],
    ['/cash', TOPICS.cash.name, { ...CASH, cash_id: 'C-one' }, 'ACC_1', 'C-one'],
    ['/prices', TOPICS.prices.name, { ...PRICE, symbol: 'ONE' }, 'ONE', 'ONE'],
    ['/betas', TOPICS.betas.name, { ...BETA, symbol: 'ONE' }, 'ONE', 'ONE'],
  ];
  test.each(table)('%s', async (path, topic, record, key, id) => {
    const answer = await post(path, record);
    expect(answer.status).toBe(202);
    const [place] = answer.body.accepted as { topic: string; partition: number; offset: number }[];
    expect(place).toMatchObject({ topic, id });
    const found = (await written(topic)).find(
      ({ partition, offset }) => partition === place?.partition && offset === place.offset,
    );
    expect(found?.key).toBe(key);
    expect(found?.content).toMatchObject(record);
  });

  test('a batch is answered in its order', async () => {
    const batch = ['ACC_7', 'ACC_8', 'ACC_7'].map((account_id, index) => ({
      ...FILL,
      account_id,
      fill_id: `B${String(index)}`,
    }));
    const { status, body } = await post('/fills', batch);
    expect(status).toBe(202);
    const places = body.accepted as { id: string; partition: number; offset: number }[];
    expect(places.map(({ id }) => id)).toEqual(['B0', 'B1', 'B2']);
    expect(places[2]).toMatchObject({
      partition: places[0]?.partition,
      offset: (places[0]?.offset ?? 0) + 1,
    });
  });

  test('a batch may have 1,000 records', async () => {
    const batch = Array.from({ length: 1_000 }, (_, i) => ({ ...PRICE, symbol: `S${String(i)}` }));
    const { status, body } = await post('/prices', batch);
    expect(status).toBe(202);
    expect(body.accepted).toHaveLength(1_000);
  });
});

describe('the correlation id', () => {
  const correlationOf = async (fillId: string) =>
    (await written(TOPICS.fills.name)).find(({ content }) => content.fill_id === fillId)?.content
      .correlation_id;

  test('of the header goes into the record and back to the caller', async () => {
    const headers = { 'x-correlation-id': 'desk:42' };
    const answer = await post('/fills', { ...FILL, fill_id: 'K1' }, headers);
    expect(answer.headers.get('x-correlation-id')).toBe('desk:42');
    expect(await correlationOf('K1')).toBe('desk:42');
  });
  test('is made when there is none', async () => {
    const answer = await post('/fills', { ...FILL, fill_id: 'K2' });
    const made = answer.headers.get('x-correlation-id');
    expect(made).toMatch(/^[0-9a-f-]{36}$/);
    expect(await correlationOf('K2')).toBe(made);
  });
  test('of the record itself stays', async () => {
    const headers = { 'x-correlation-id': 'desk:43' };
    await post('/fills', { ...FILL, fill_id: 'K3', correlation_id: 'own' }, headers);
    expect(await correlationOf('K3')).toBe('own');
  });
  test('that is none is refused by the name of its header', async () => {
    const { status, body } = await post('/fills', FILL, { 'x-correlation-id': 'a b' });
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      { header: 'X-Correlation-Id', detail: expect.stringContaining('1 to 64') },
    ]);
  });
});

describe('an Idempotency-Key supplies a missing id', () => {
  const { fill_id, ...nameless } = FILL;
  const ids = async (path: string, body: unknown, key: string) => {
    const answer = await post(path, body, { 'idempotency-key': key });
    return (answer.body.accepted as { id: string }[]).map(({ id }) => id);
  };
  test('the same one each time, another for each place and key', async () => {
    const first = await ids('/fills', [nameless, nameless], 'key-1');
    expect(await ids('/fills', [nameless, nameless], 'key-1')).toEqual(first);
    const other = await ids('/fills', [nameless, nameless], 'key-2');
    expect(new Set([...first, ...other]).size).toBe(4);
    expect(await ids('/fills', nameless, 'key-1')).toEqual(first.slice(0, 1));
  });
  test('that fits the topic, and leaves an id that is there', async () => {
    const { cash_id, ...cash } = CASH;
    expect(await ids('/cash', [cash, { ...CASH, cash_id: 'mine' }], 'key-3')).toEqual([
      expect.stringMatching(/^ik-[0-9a-f]{40}$/),
      'mine',
    ]);
    const records = await written(TOPICS.cash.name);
    for (const { content } of records) expect(cashSchema.safeParse(content).success).toBe(true);
    expect([fill_id, cash_id]).toEqual(['F1', 'C1']);
  });
  test('only where it is missing: null is wrong', async () => {
    const body = { ...FILL, fill_id: null };
    const answer = await post('/fills', body, { 'idempotency-key': 'key-4' });
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toContain('#/fill_id');
  });
  test('without it the id is required', async () => {
    const answer = await post('/fills', nameless);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toEqual([{ pointer: '#/fill_id', detail: 'is required' }]);
  });
  test.each(['', ' ', 'a b', 'x'.repeat(201)])('of %j is refused', async (key) => {
    const answer = await post('/fills', nameless, { 'idempotency-key': key });
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toContain('Idempotency-Key');
  });
});

describe('bad input is refused, with the name of the field, and nothing is written', () => {
  const with_ = (change: object) => ({ ...FILL, ...change });
  const table: [string, string, unknown, number, string][] = [
    ['malformed JSON', '/fills', '{"fill_id": "F1"', 400, 'not JSON'],
    ['NaN', '/fills', JSON.stringify(FILL).replace('500', 'NaN'), 400, 'not JSON'],
    ['Infinity by exponent', '/fills', JSON.stringify(FILL).replace('500', '1e999'), 422, '#/qty'],
    ['no body', '/fills', undefined, 400, 'required'],
    ['an empty body', '/fills', '', 400, 'required'],
    ['null', '/fills', 'null', 422, 'an object'],
    ['a number', '/fills', '5', 422, 'an object'],
    ['a string', '/fills', '"fill"', 422, 'an object'],
    ['an empty batch', '/fills', [], 422, 'at least one'],
    ['a batch in a batch', '/fills', [[FILL]], 422, '#/0'],
    ['a batch of null', '/fills', [FILL, null], 422, '#/1'],
    ['no account_id', '/fills', with_({ account_id: undefined }), 422, '#/account_id is required'],
    ['an unknown field', '/fills', with_({ side: 'BUY' }), 422, '#/side is not a known field'],
    [
      'a prototype',
      '/fills',
      JSON.stringify(FILL).replace('{', '{"__proto__":{"qty":1},'),
      422,
      '__proto__',
    ],
    ['quantity as text', '/fills', with_({ qty: '500' }), 422, '#/qty must be a finite number'],
    ['quantity 0', '/fills', with_({ qty: 0 }), 422, '#/qty must not be 0'],
    ['an absurd quantity', '/fills', with_({ qty: 1e15 }), 422, '#/qty must be at most'],
    ['an absurd short', '/fills', with_({ qty: -1e15 }), 422, '#/qty must be at least'],
    ['five decimals', '/fills', with_({ qty: 0.00001 }), 422, '#/qty must have at most four'],
    ['price 0', '/fills', with_({ price: 0 }), 422, '#/price must be more than 0'],
    ['a negative price', '/fills', with_({ price: -1 }), 422, '#/price must be more than 0'],
    ['an absurd price', '/fills', with_({ price: 1e9 }), 422, '#/price must be at most'],
    ['a price of null', '/fills', with_({ price: null }), 422, '#/price must be a finite'],
    ['a fraction of a ms', '/fills', with_({ timestamp: 1.5 }), 422, '#/timestamp must be a whole'],
    ['a time as text', '/fills', with_({ timestamp: '2026-11-21' }), 422, '#/timestamp'],
    ['a time in ns', '/fills', with_({ timestamp: NOW * 1e6 }), 422, '#/timestamp'],
    ['a negative time', '/fills', with_({ timestamp: -1 }), 422, '#/timestamp must be at least 0'],
    ['a fill of 1970', '/fills', with_({ timestamp: 0 }), 422, '#/timestamp must be at or after'],
    ['in 2099', '/fills', with_({ timestamp: YEAR_2099 }), 422, '#/timestamp must be at or before'],
    ['8 days old', '/fills', with_({ timestamp: NOW - 8 * DAY_MS }), 422, '#/timestamp must be at'],
    ['cash of 1970', '/cash', { ...CASH, timestamp: 1 }, 422, '#/timestamp must be at or after'],
    [
      'cash in an hour',
      '/cash',
      { ...CASH, timestamp: NOW + 3_600_000 },
      422,
      '#/timestamp must be at',
    ],
    [
      'a price in s',
      '/prices',
      { ...PRICE, timestamp: Math.floor(NOW / 1000) },
      422,
      '#/timestamp',
    ],
    [
      'a price ahead',
      '/prices',
      { ...PRICE, timestamp: NOW + 3_600_000 },
      422,
      '#/timestamp must be',
    ],
    ['a beta in 2099', '/betas', { ...BETA, timestamp: YEAR_2099 }, 422, '#/timestamp must be at'],
    ['a late 2nd', '/betas', [BETA, { ...BETA, timestamp: YEAR_2099 }], 422, '#/1/timestamp must'],
    ['an empty symbol', '/fills', with_({ symbol: '' }), 422, '#/symbol'],
    ['a symbol with spaces', '/fills', with_({ symbol: 'BRK B' }), 422, '#/symbol'],
    ['an option', '/fills', with_({ symbol: 'AAPL260119C00150000' }), 422, '#/symbol'],
    ['a future', '/fills', with_({ symbol: 'ESZ6' }), 422, '#/symbol'],
    ['a price of a future', '/prices', { ...PRICE, symbol: 'ESZ26' }, 422, '#/symbol'],
    ['a long account', '/fills', with_({ account_id: 'A'.repeat(65) }), 422, '#/account_id'],
    ['an account as number', '/fills', with_({ account_id: 12345 }), 422, '#/account_id'],
    ['an array as id', '/fills', with_({ fill_id: ['F1'] }), 422, '#/fill_id must be a string'],
    ['the 3rd of a batch', '/fills', [FILL, FILL, with_({ qty: 0 })], 422, '#/2/qty'],
    ['a deposit below 0', '/cash', { ...CASH, amount: -1 }, 422, '#/amount must be positive'],
    ['a withdrawal above 0', '/cash', { ...CASH, kind: 'WITHDRAWAL' }, 422, '#/amount'],
    ['cash of 0', '/cash', { ...CASH, amount: 0 }, 422, '#/amount must not be 0'],
    ['absurd cash', '/cash', { ...CASH, amount: 1e15 }, 422, '#/amount must be at most'],
    ['a fraction of a cent/100', '/cash', { ...CASH, amount: 0.12345 }, 422, '#/amount'],
    ['another kind', '/cash', { ...CASH, kind: 'GIFT' }, 422, '#/kind must be one of DEPOSIT'],
    ['no cash_id', '/cash', { ...CASH, cash_id: undefined }, 422, '#/cash_id is required'],
    ['a price of 0', '/prices', { ...PRICE, price: 0 }, 422, '#/price'],
    ['a price with an account', '/prices', { ...PRICE, account_id: 'A' }, 422, '#/account_id'],
    ['a price without symbol', '/prices', { ...PRICE, symbol: undefined }, 422, '#/symbol'],
    ['an absurd beta', '/betas', { ...BETA, beta: 101 }, 422, '#/beta must be at most 100'],
    ['a beta of five decimals', '/betas', { ...BETA, beta: 1.23456 }, 422, '#/beta'],
    ['a beta as text', '/betas', { ...BETA, beta: '1.8' }, 422, '#/beta must be a finite'],
  ];
  let before: number;
  const countAll = async () => {
    const topics = [TOPICS.fills, TOPICS.cash, TOPICS.prices, TOPICS.betas];
    const counts = await Promise.all(topics.map(({ name }) => api.kafka.readAll(name)));
    return counts.flat().length;
  };
  beforeAll(async () => {
    before = await countAll();
  });
  afterAll(async () => {
    expect(await countAll()).toBe(before);
  });
  test.each(table)('%s', async (_what, path, body, status, words) => {
    const answer = await api.send('POST', path, {
      as: ['feed'],
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({
      type: expect.stringMatching(/^urn:margin-sentinel:problem:[a-z-]+$/),
      title: expect.any(String),
      status,
      instance: `urn:margin-sentinel:request:${String(answer.headers.get('x-correlation-id'))}`,
    });
    expect(answer.body.detail).toContain(words);
  });

  test('1,001 records are too many', async () => {
    const batch = Array.from({ length: 1_001 }, () => PRICE);
    const answer = await post('/prices', batch);
    expect(answer.status).toBe(413);
    expect(answer.body.detail).toContain('at most 1000');
  });
  test.each([262_145, 1_000_000])('a body of %i bytes is too large', async (bytes) => {
    const answer = await post('/fills', `[${' '.repeat(bytes - 2)}]`);
    expect(answer.status).toBe(413);
    expect(answer.body.detail).toContain('262144 bytes');
  });
  test('a deeply nested body is refused as any other', async () => {
    const answer = await post('/fills', '['.repeat(100_000) + ']'.repeat(100_000));
    expect([400, 422]).toContain(answer.status);
  });

  const media: [string, Record<string, string>][] = [
    ['text/plain', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['no type', { 'content-type': '' }],
    ['compressed', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
    ['another charset', { 'content-type': 'application/json; charset=iso-8859-1' }],
  ];
  test.each(media)('a body of %s is not JSON', async (_what, headers) => {
    const answer = await api.send('POST', '/fills', { as: ['feed'], body: FILL, headers });
    expect(answer.status).toBe(415);
  });

  test('a flood of wrong fields is answered with the first twenty', async () => {
    const fields = Array.from({ length: 500 }, (_, i): [string, number] => [`x${String(i)}`, 1]);
    const flood: object = Object.fromEntries(fields);
    const batch = Array.from({ length: 50 }, () => ({ ...FILL, ...flood }));
    const answer = await post('/fills', batch);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toHaveLength(20);
    expect(answer.body.detail).toContain('and 24999 more');
    expect(JSON.stringify(answer.body).length).toBeLessThan(4_000);
  });
  test("a caller's own words are cut and escaped", async () => {
    const hostile = `<script>"\u0000\u001b[2J~/\ud800${'x'.repeat(1_000)}`;
    const answer = await post('/fills', { ...FILL, [hostile]: 1 });
    const [error] = answer.body.errors as { pointer: string }[];
    expect(error?.pointer).toMatch(/^#\/[\w.~%()!*'-]{1,400}$/);
    expect(decodeURIComponent(error?.pointer ?? '')).toContain('~0~1');
  });
  test('an unknown query parameter is refused by its name', async () => {
    const answer = await post('/fills?dry_run=1', FILL);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([{ parameter: 'dry_run', detail: 'is not a known field' }]);
  });
});

test('what the API lets through is what the topic takes', async () => {
  for (const { content } of await written(TOPICS.fills.name)) {
    expect(fillSchema.safeParse(content).error).toBeUndefined();
  }
});

test('while Kafka does not take the records the answer is 503, in time, to be tried again', async () => {
  const publisher = await createPublisher(
    { ...api.kafka.surroundings, topicPrefix: 'no-such-topics-' },
    4,
  );
  const cutOff = await openApi('api-cut-off', () => ({ publisher }));
  const begun = Date.now();
  const answer = await cutOff.send('POST', '/fills', { as: ['feed'], body: FILL });
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(answer.body.detail).toContain('Repeat the request');
  expect(Date.now() - begun).toBeLessThan(30_000);
  await publisher.close();
  await cutOff.close();
});
