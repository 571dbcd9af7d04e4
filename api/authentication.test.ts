import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateKeyPair, SignJWT } from 'jose';
import type { JWTPayload } from 'jose';
import { ROLES } from '#contracts/roles.ts';
import type { Role } from '#contracts/roles.ts';
import { openApi } from '#test/api-fixture.ts';
import type { ApiFixture } from '#test/api-fixture.ts';
import { ROUTES } from './routes.ts';

let api: ApiFixture;

beforeAll(async () => {
  api = await openApi('api-auth');
});
afterAll(async () => {
  await api.close();
});

/** Who may use which route: everybody, or the holders of these roles. */
const ALLOWED: Readonly<Record<string, 'EVERYBODY' | readonly Role[]>> = {
  'post /fills': ['feed'],
  'post /cash': ['feed'],
  'post /prices': ['feed'],
  'post /betas': ['feed'],
  'post /orders': ['feed'],
  'get /accounts': ['viewer', 'operator', 'approver'],
  'get /accounts/{account_id}': ['viewer', 'operator', 'approver'],
  'get /accounts/{account_id}/history': ['viewer', 'operator', 'approver'],
  'get /accounts/{account_id}/timeline': ['viewer', 'operator', 'approver'],
  'get /cases': ['viewer', 'operator', 'approver'],
  'get /events': ['viewer', 'operator', 'approver'],
  'post /accounts/{account_id}/acknowledge': ['operator', 'approver'],
  'get /alerts': ['viewer', 'operator', 'approver'],
  'post /alerts/{alert_id}/acknowledge': ['operator', 'approver'],
  'post /adjustments': ['operator', 'approver'],
  'post /accounts/{account_id}/clear': ['operator', 'approver'],
  'post /instruments/{symbol}': ['operator', 'approver'],
  'get /docs': 'EVERYBODY',
  'get /docs/{file}': 'EVERYBODY',
  'get /asyncapi.json': 'EVERYBODY',
  'post /accounts/{account_id}/cure': ['operator', 'approver'],
  'post /accounts/{account_id}/hold': ['operator', 'approver'],
  'post /accounts/{account_id}/extend': ['approver'],
  'post /accounts/{account_id}/release': ['approver'],
  'post /accounts/{account_id}/resume': ['approver'],
  'get /enforcement': ['viewer', 'operator', 'approver'],
  'post /enforcement/hold': ['operator', 'approver'],
  'post /enforcement/resume': ['approver'],
  'post /kill': ['operator', 'approver'],
  'post /throttle': ['operator', 'approver'],
  'post /unkill': ['operator', 'approver'],
  'post /approvals/{request_id}': ['approver'],
  'get /killswitch': ['viewer', 'operator', 'approver'],
  'get /approvals': ['viewer', 'operator', 'approver'],
  'get /healthz': 'EVERYBODY',
  'get /readyz': 'EVERYBODY',
  'get /metrics': 'EVERYBODY',
  'get /openapi.json': 'EVERYBODY',
};

test('the table below has every route of the API', () => {
  expect(ROUTES.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(
    Object.keys(ALLOWED).sort(),
  );
});

describe('a route lets in its roles and nobody else', () => {
  const cases = Object.entries(ALLOWED).flatMap(([route, allowed]) => {
    const [method = '', path = ''] = route.split(' ');
    const callers: (Role | null)[] = [null, ...ROLES];
    return callers.map((role) => {
      const open = allowed === 'EVERYBODY' || (role !== null && allowed.includes(role));
      const refusal = role === null ? 401 : 403;
      return { method, path, caller: role, refused: open ? null : refusal };
    });
  });
  test.each(cases)('$method $path for $caller: $refused', async ({ method, path, ...expected }) => {
    const { caller, refused } = expected;
    const answer = await api.send(
      method.toUpperCase(),
      // Wrong in what is looked at after the role, so that a stream ends at once.
      `${path.replace('{account_id}', 'no_account')}?nonsense=1`,
      caller === null ? {} : { as: [caller] },
    );
    if (refused === null) {
      expect([401, 403]).not.toContain(answer.status);
      return;
    }
    expect(answer.status).toBe(refused);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const challenge = answer.headers.get('www-authenticate');
    expect(challenge).toMatch(/^Bearer realm="margin-sentinel"/);
    if (refused === 403) expect(challenge).toContain('error="insufficient_scope"');
  });
});

describe('a token that is not good is refused with 401', () => {
  const claims = {
    iss: 'margin-sentinel',
    aud: 'margin-sentinel-api',
    sub: 'ann',
    roles: ['viewer'],
  };
  const now = Math.floor(Date.now() / 1000);
  const sign = (payload: JWTPayload, key = api.privateKey) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'EdDSA' }).sign(key);
  const good = { ...claims, exp: now + 3_600 };

  test('the good one is accepted', async () => {
    expect((await ask(await sign(good))).status).toBe(200);
  });

  const table: [string, JWTPayload, string][] = [
    ['expired', { ...claims, exp: now - 60 }, 'expired'],
    ['without an end', claims, 'exp'],
    ['not yet valid', { ...good, nbf: now + 600 }, 'nbf'],
    ['of another issuer', { ...good, iss: 'someone' }, 'iss'],
    ['for another audience', { ...good, aud: 'other-api' }, 'aud'],
    ['of nobody', { ...good, sub: '' }, 'sub'],
    ['of a subject that is no id', { ...good, sub: 'Robert"; DROP' }, 'sub'],
    ['without roles', { ...good, roles: undefined }, 'roles'],
    ['with roles as text', { ...good, roles: 'approver' }, 'roles'],
  ];
  test.each(table)('%s', async (_what, payload, word) => {
    const answer = await ask(await sign(payload));
    expect(answer.status).toBe(401);
    expect(answer.body.detail).toContain(word);
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });
  test('signed by another key', async () => {
    const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    const answer = await ask(await sign(good, privateKey));
    expect(answer.body.detail).toContain('signature');
    expect(answer.status).toBe(401);
  });
  test('signed with a shared secret, or not at all', async () => {
    const secret = new TextEncoder().encode('x'.repeat(32));
    const hmac = await new SignJWT(good).setProtectedHeader({ alg: 'HS256' }).sign(secret);
    const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url');
    const none = `${part({ alg: 'none' })}.${part(good)}.`;
    expect((await ask(hmac)).status).toBe(401);
    expect((await ask(none)).status).toBe(401);
  });
  test('with roles that nobody knows: 403', async () => {
    expect((await ask(await sign({ ...good, roles: ['root'] }))).status).toBe(403);
  });
  test.each(['', 'Bearer', 'Bearer ', 'Basic YTpi', 'Bearer a b', 'Bearer <x>', 'Bearer a.b.c'])(
    'the header %j',
    async (authorization) => {
      const answer = await api.send('GET', '/accounts', { headers: { authorization } });
      expect(answer.status).toBe(401);
    },
  );

  function ask(token: string) {
    const headers = { authorization: `Bearer ${token}` };
    return api.send('GET', '/accounts', { headers });
  }
});

test('without a token a body is not even looked at', async () => {
  const answer = await api.send('POST', '/fills', { body: '{' });
  expect(answer.status).toBe(401);
});
