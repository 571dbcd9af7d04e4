import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openApi } from '#test/api-fixture.ts';
import type { ApiFixture } from '#test/api-fixture.ts';

let api: ApiFixture;

beforeAll(async () => {
  api = await openApi('api-docs');
});
afterAll(async () => {
  await api.close();
});

const text = async (path: string): Promise<{ body: string; headers: Headers; status: number }> => {
  const response = await fetch(api.url + path);
  return { body: await response.text(), headers: response.headers, status: response.status };
};

describe('the docs page', () => {
  test('is HTML that may load and run only what this server has', async () => {
    const { body, headers, status } = await text('/docs');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(body).not.toMatch(/https?:\/\//);
  });

  test('names only files that are there, each of its type', async () => {
    const { body } = await text('/docs');
    const files = [...body.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, file]) => file ?? '');
    expect(files).toHaveLength(3);
    for (const file of files) {
      const found = await text(file);
      expect(found.status).toBe(200);
      expect(found.body.length).toBeGreaterThan(100);
      const type = file.endsWith('.css') ? 'text/css' : 'text/javascript';
      expect(found.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
      expect(found.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test.each(['package.json', '..%2Fpackage.json', 'swagger-ui.js', 'constructor'])(
    'gives out no other file: %s',
    async (file) => {
      expect((await text(`/docs/${file}`)).status).toBe(400);
    },
  );
});

test('the topics are described as AsyncAPI with the partitions that this environment has', async () => {
  const { body } = await api.send('GET', '/asyncapi.json');
  expect(body).toMatchObject({
    asyncapi: '3.0.0',
    channels: { fills_v1: { address: 'fills.v1', bindings: { kafka: { partitions: 4 } } } },
  });
});
