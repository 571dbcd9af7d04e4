import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { auditSchema } from '#contracts/case-events.ts';
import { instrumentSchema } from '#contracts/ingest.ts';
import { TOPICS } from '#contracts/topics.ts';
import { openApi } from '#test/api-fixture.ts';
import type { Answer, ApiFixture } from '#test/api-fixture.ts';

/** What a person says of an instrument; what the engine makes of it: test/doubtful-prices.test.ts. */

let api: ApiFixture;

beforeAll(async () => {
  api = await openApi('api-instruments');
}, 60_000);
afterAll(async () => {
  await api.close();
});

const NOW = Date.now();
const CLEAR = { action: 'CLEAR', reason: '2 for 1 split, see ticket 4711', timestamp: NOW };

function post(symbol: string, body: unknown, key = '', role: 'operator' | 'feed' = 'operator') {
  const headers = key === '' ? {} : { 'idempotency-key': key };
  return api.send('POST', `/instruments/${symbol}`, { as: [role], body, headers });
}

async function written(symbol: string) {
  const statements = (await api.kafka.readAll(TOPICS.instruments.name))
    .map(({ value }) => instrumentSchema.parse(JSON.parse(String(value))))
    .filter((statement) => statement.symbol === symbol);
  const audits = (await api.kafka.readAll(TOPICS.audit.name))
    .filter(({ key }) => key === `SYMBOL:${symbol}`)
    .map(({ value }) => auditSchema.parse(JSON.parse(String(value))));
  return { statements, audits };
}

describe('a statement about an instrument', () => {
  test('is written with the person of the token, and audited', async () => {
    const answer = await post('NVDA', CLEAR);
    expect(answer).toMatchObject({ status: 202, body: { ...CLEAR, symbol: 'NVDA', by: 'ann' } });
    const { statements, audits } = await written('NVDA');
    expect(statements).toEqual([{ ...CLEAR, symbol: 'NVDA', by: 'ann' }]);
    expect(audits).toHaveLength(1);
    expect(audits[0]).toMatchObject({
      event_id: answer.body.event_id,
      event_type: 'INSTRUMENT_CLEAR',
      account_id: null,
      actor: 'ann',
      details: { reason: CLEAR.reason, looked_at: NOW },
    });
  });

  test('that is repeated with its key is one event; with another key, or another word, another', async () => {
    const halt = { action: 'HALT', reason: 'LULD', timestamp: NOW };
    const idOf = ({ body }: Answer) => body.event_id;
    const first = idOf(await post('TSLA', halt, 'key-1'));
    expect(idOf(await post('TSLA', halt, 'key-1'))).toBe(first);
    const others = [
      idOf(await post('TSLA', halt, 'key-2')),
      idOf(await post('TSLA', { ...halt, action: 'RESUME' }, 'key-1')),
      idOf(await post('TSLA', { ...halt, timestamp: NOW - 1 }, 'key-1')),
    ];
    expect(new Set([first, ...others]).size).toBe(4);
  });

  const bad: [string, object, string][] = [
    ['an actor in the body', { by: 'mallory' }, 'by'],
    ['no reason', { reason: '' }, '#/reason'],
    ['an unknown action', { action: 'KILL' }, '#/action'],
    ['a time to come', { timestamp: NOW + 3_600_000 }, '#/timestamp'],
    ['a time of the week before', { timestamp: NOW - 7 * 86_400_000 }, '#/timestamp'],
  ];
  test.each(bad)('with %s is refused', async (_what, changes, detail) => {
    const answer = await post('F', { ...CLEAR, ...changes });
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toContain(detail);
    expect(await written('F')).toEqual({ statements: [], audits: [] });
  });

  test('is nothing for a feed', async () => {
    expect((await post('F', CLEAR, '', 'feed')).status).toBe(403);
  });
});
