import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openApi } from '#test/api-fixture.ts';
import type { ApiFixture } from '#test/api-fixture.ts';

let api: ApiFixture;
let broken: ApiFixture;

beforeAll(async () => {
  api = await openApi('api-app');
  broken = await openApi('api-broken', () => ({
    tokens: {
      verify: () => {
        throw new Error('a defect: secret detail');
      },
    },
    ingestReady: () => Promise.reject(new Error('Kafka is away')),
  }));
});
afterAll(async () => {
  await api.close();
  await broken.close();
});

describe('every answer', () => {
  test.each(['/healthz', '/nowhere', '/accounts'])(
    'of %s has the security headers',
    async (path) => {
      const { headers } = await api.send('GET', path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
    },
  );
});

describe('what is not there', () => {
  test.each(['/', '/nowhere', '/Accounts', '/accounts/A/B', '/fills/1'])(
    '%s is 404',
    async (path) => {
      const answer = await api.send('GET', path, { as: ['viewer'] });
      expect(answer.status).toBe(404);
      expect(answer.body.type).toBe('urn:margin-sentinel:problem:not-found');
    },
  );
  const methods: [string, string, string][] = [
    ['GET', '/fills', 'POST'],
    ['DELETE', '/accounts', 'GET, HEAD'],
    ['PUT', '/accounts/A', 'GET, HEAD'],
    ['GET', '/accounts/A/acknowledge', 'POST'],
    ['OPTIONS', '/fills', 'POST'],
  ];
  test.each(methods)('%s %s is 405 and names %s', async (method, path, allowed) => {
    const answer = await api.send(method, path);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe(allowed);
  });
  test('a path that cannot be decoded is 400', async () => {
    const answer = await api.send('GET', '/accounts/%E0%A4%A', { as: ['viewer'] });
    expect(answer.status).toBe(400);
  });
});

describe('the open routes', () => {
  test('say that the process answers', async () => {
    expect((await api.send('GET', '/healthz')).body).toEqual({ status: 'ok' });
    expect((await api.send('HEAD', '/healthz')).status).toBe(200);
  });
  test('say whether input can be taken', async () => {
    const ready = await api.send('GET', '/readyz');
    expect([ready.status, ready.body.ready]).toEqual([200, true]);
    const away = await broken.send('GET', '/readyz');
    expect([away.status, away.body]).toEqual([
      503,
      { ready: false, checks: { kafka: 'no answer', state_index: 'ok' } },
    ]);
  });
  test('count requests by route, not by path', async () => {
    await api.send('GET', '/accounts/A1', { as: ['viewer'] });
    await api.send('GET', '/nowhere/else');
    const { body, headers } = await api.send('GET', '/metrics');
    expect(headers.get('content-type')).toContain('text/plain');
    const text = String(body.text);
    const counted = text.split('\n').filter((line) => line.includes('_seconds_count{'));
    const routes = counted.map((line) => /route="([^"]*)",status="404"/.exec(line)?.[1]);
    expect(routes).toContain('/accounts/{account_id}');
    expect(routes).toContain('none');
    expect(text.includes('/nowhere')).toBe(false);
    expect(text.includes('process_cpu_seconds_total')).toBe(true);
  });
});

test('a defect is 500 and tells nothing but where to look', async () => {
  const answer = await broken.send('GET', '/accounts', { as: ['viewer'] });
  expect(answer.status).toBe(500);
  expect(answer.body.type).toBe('urn:margin-sentinel:problem:defect');
  expect(JSON.stringify(answer.body)).not.toContain('secret');
});

test('a stop ends idle connections and takes no new requests', async () => {
  const closing = await openApi('api-closing');
  const { port } = new URL(closing.url);
  const idle = connect(Number(port), '127.0.0.1');
  const ended = new Promise((resolve) => idle.once('close', resolve));
  await closing.send('GET', '/healthz');
  await closing.close();
  await ended;
  await expect(closing.send('GET', '/healthz')).rejects.toThrow();
});
