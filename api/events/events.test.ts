import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { TOPICS } from '#contracts/topics.ts';
import type { InboundRecord } from '#ports/records.ts';
import { auditEvent, marginCalc } from '#test/account-records.ts';
import { openApi } from '#test/api-fixture.ts';
import type { ApiFixture } from '#test/api-fixture.ts';
import { eventually } from '#test/kafka-fixture.ts';
import { EventHub } from './event-hub.ts';
import { EventStreams } from './event-stream.ts';

let api: ApiFixture;
let offset = 0;

beforeAll(async () => {
  api = await openApi('api-events');
});
afterAll(async () => {
  await api.close();
});

const inbound = (topic: string, key: string, content: unknown): InboundRecord => {
  offset += 1;
  const value = Buffer.from(JSON.stringify(content));
  return { topic, partition: 0, offset, key, value, timestamp: Date.now() };
};
const step = (accountId: string, eventId: string): InboundRecord =>
  inbound(TOPICS.audit.name, accountId, auditEvent({ account_id: accountId, event_id: eventId }));
const figures = (accountId: string, sequence: number): InboundRecord =>
  inbound(TOPICS.marginCalc.name, accountId, marginCalc({ account_id: accountId, sequence }));

interface Heard {
  readonly event: string;
  readonly id: string;
  readonly data: Record<string, unknown>;
}

const dataSchema = z.record(z.string(), z.unknown());

/** Listens as a browser would: the fields of each event as they came. */
async function listen(
  query = '',
  headers: Record<string, string> = {},
  from = api,
): Promise<{ heard: Heard[]; ended: () => boolean; stop(): void; response: Response }> {
  const aborted = new AbortController();
  const authorization = `Bearer ${await from.token('viewer')}`;
  const response = await fetch(`${from.url}/events${query}`, {
    headers: { authorization, ...headers },
    signal: aborted.signal,
  });
  const heard: Heard[] = [];
  let ended = false;
  const read = async (): Promise<void> => {
    let rest = '';
    const text = new TextDecoder();
    const bytes = z.instanceof(Uint8Array);
    for await (const chunk of response.body ?? []) {
      const blocks = (rest + text.decode(bytes.parse(chunk), { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = new Map(
          block.split('\n').map((line) => {
            const [name = '', ...words] = line.split(':');
            return [name, words.join(':').trim()] as const;
          }),
        );
        const data = fields.get('data');
        if (data === undefined) continue;
        const [event = '', id = ''] = [fields.get('event'), fields.get('id')];
        heard.push({ event, id, data: dataSchema.parse(JSON.parse(data)) });
      }
    }
  };
  read().then(
    () => (ended = true),
    () => (ended = true),
  );
  return { heard, ended: () => ended, stop: () => aborted.abort(), response };
}

const hears = (heard: readonly Heard[], fits: (heard: Heard) => boolean): Promise<Heard> =>
  eventually('the event', 50_000, async () => heard.find(fits));
const names = (heard: readonly Heard[]): string[] =>
  heard.map(({ event, data: { event_id, account_id } }) =>
    [event, event_id ?? account_id].filter((word) => typeof word === 'string').join(' '),
  );

describe('a listener', () => {
  test('hears what happens, and the last figures of an account once', async () => {
    const { heard, stop, response } = await listen();
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    await hears(heard, ({ event }) => event === 'ready');
    api.hub.take([figures('ACC_1', 1), figures('ACC_1', 2), figures('ACC_2', 1)]);
    api.hub.take([step('ACC_1', 'e1')]);
    api.hub.flush();
    api.hub.flush();
    await hears(heard, ({ data }) => data.account_id === 'ACC_2');
    expect(names(heard)).toEqual(['ready', 'step e1', 'figures ACC_1', 'figures ACC_2']);
    expect(heard[2]?.data).toMatchObject({
      status: 'ACTIVE',
      excess: 200_000,
      figures_version: '0000000001-000000000000002',
    });
    stop();
  });

  test('of one account and some names hears only those', async () => {
    const { heard, stop } = await listen('?account_id=ACC_1&type=step,alert');
    await hears(heard, ({ event }) => event === 'ready');
    api.hub.take([step('ACC_2', 'not-me'), step('ACC_1', 'me')]);
    api.hub.take([figures('ACC_1', 9)]);
    api.hub.flush();
    api.hub.take([step('ACC_1', 'me-too')]);
    await hears(heard, ({ data }) => data.event_id === 'me-too');
    expect(names(heard)).toEqual(['ready', 'step me', 'step me-too']);
    stop();
  });

  test('that comes back hears what it missed, once', async () => {
    const first = await listen('?type=step');
    await hears(first.heard, ({ event }) => event === 'ready');
    api.hub.take([step('ACC_1', 'seen')]);
    const { id } = await hears(first.heard, ({ data }) => data.event_id === 'seen');
    first.stop();
    api.hub.take([step('ACC_1', 'missed-1'), step('ACC_2', 'missed-2')]);
    const again = await listen('?type=step', { 'last-event-id': id });
    api.hub.take([step('ACC_1', 'new')]);
    await hears(again.heard, ({ data }) => data.event_id === 'new');
    expect(names(again.heard).filter((name) => name !== 'ready')).toEqual([
      'step missed-1',
      'step missed-2',
      'step new',
    ]);
    again.stop();
  });

  test.each(['other-3', 'test-999999', 'nonsense'])(
    'that comes back from %s is told to read anew',
    async (place) => {
      const { heard, stop } = await listen('', { 'last-event-id': place });
      await hears(heard, ({ event }) => event === 'ready');
      expect(heard[0]?.event).toBe('reset');
      stop();
    },
  );

  test('that missed more than fits its queue gets it piece by piece, each event once', async () => {
    const hub = new EventHub('long', 0);
    const events = new EventStreams(hub, { queueBytesMax: 20_000 });
    const own = await openApi('api-long', () => ({ events }));
    const happened = Array.from({ length: 500 }, (_, n) => `e${String(n)}`);
    let place = hub.place;
    hub.take(happened.map((name) => step('ACC_1', name)));
    const got: unknown[] = [];
    let connections = 0;
    for (let isReady = false; !isReady; connections += 1) {
      const { heard, stop } = await listen('', { 'last-event-id': place }, own);
      const last = await hears(heard, ({ event }) => event === 'end' || event === 'ready');
      got.push(...heard.filter(({ event }) => event === 'step').map(({ data }) => data.event_id));
      isReady = last.event === 'ready';
      place = last.id;
      stop();
    }
    expect(got).toEqual(happened);
    expect(connections).toBeGreaterThan(1);
    await own.close();
  });

  test('that does not read is cut off, and says goodbye to nobody else', async () => {
    const hub = new EventHub('slow', 0);
    const events = new EventStreams(hub, { queueBytesMax: 64_000 });
    const own = await openApi('api-slow', () => ({ events }));
    const authorization = `Bearer ${await own.token('viewer')}`;
    // Nobody takes from this body.
    const slow = await fetch(`${own.url}/events`, { headers: { authorization } });
    const flood = setInterval(() => {
      for (let n = 0; n < 200; n += 1) hub.take([step('ACC_1', `flood-${'x'.repeat(40)}`)]);
    }, 5);
    await eventually('a long queue', 50_000, async () => hub.listeners === 0);
    clearInterval(flood);
    const text = await slow.text().catch(() => 'cut');
    expect(text === 'cut' || text.includes('event: end') || text.includes('event:end')).toBe(true);
    await own.close();
  });

  test('too many are turned away', async () => {
    const hub = new EventHub('full', 0);
    const own = await openApi('api-full', () => ({
      events: new EventStreams(hub, { clientsMax: 1 }),
    }));
    const as = async () => ({ headers: { authorization: `Bearer ${await own.token('viewer')}` } });
    const first = await fetch(`${own.url}/events`, await as());
    expect(first.status).toBe(200);
    const second = await fetch(`${own.url}/events`, await as());
    expect(second.status).toBe(503);
    await second.text();
    await own.close();
    expect(await first.text()).toContain('the server stops');
  });

  test('needs a token, and names that there are', async () => {
    expect((await api.send('GET', '/events')).status).toBe(401);
    const answer = await api.send('GET', '/events?type=step,gossip', { as: ['viewer'] });
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toContain('margin_call');
  });
});

describe('the hub', () => {
  test('keeps the last 5,000 events of cases, and knows when a place is older', () => {
    const hub = new EventHub('bounded', 0);
    const start = hub.place;
    for (let n = 0; n < 5_000; n += 1) hub.take([step('ACC_1', `e${String(n)}`)]);
    expect(hub.since(start)).toHaveLength(5_000);
    const second = hub.since(start)?.[0]?.id ?? '';
    hub.take([step('ACC_1', 'one-more')]);
    expect(hub.since(start)).toBeNull();
    expect(hub.since(second)).toHaveLength(5_000);
    expect(hub.since(hub.place)).toEqual([]);
  });
  test('passes over what cannot be read, and figures of before it was there', () => {
    const hub = new EventHub('e', Date.now() + 60_000);
    const heard: string[] = [];
    hub.listen(({ name }) => heard.push(name));
    hub.take([figures('ACC_1', 1)]);
    hub.take([{ ...step('ACC_1', 'e'), value: Buffer.from('not JSON') }]);
    hub.flush();
    expect(heard).toEqual([]);
  });
});
