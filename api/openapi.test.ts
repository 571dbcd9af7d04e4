import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { openApiDocument } from './openapi.ts';
import { ROUTES } from './routes.ts';

const operationSchema = z.looseObject({
  operationId: z.string(),
  tags: z.array(z.string()).length(1),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })),
  requestBody: z.looseObject({ required: z.boolean() }).optional(),
  responses: z.record(z.string(), z.looseObject({ description: z.string().min(3) })),
});
const documentSchema = z.looseObject({
  openapi: z.literal('3.1.0'),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});

const text = JSON.stringify(openApiDocument(ROUTES));
const document = documentSchema.parse(JSON.parse(text));

describe('the OpenAPI document', () => {
  test('has the routes of the API, all and only they', () => {
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    expect(documented.sort()).toEqual(ROUTES.map((r) => `${r.method} ${r.path}`).sort());
  });

  test.each(ROUTES)('describes $method $path', (route) => {
    const operation = document.paths[route.path]?.[route.method];
    expect(operation?.security).toEqual(route.role === null ? [] : [{ bearer: [] }]);
    expect(Object.keys(operation?.responses ?? {})).toContain(String(route.answers.status));
    const named = (place: string) =>
      operation?.parameters.filter((p) => p.in === place).map(({ name }) => name);
    expect(named('path')).toEqual([...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    expect(named('query')).toEqual(Object.keys(route.query.shape));
    expect(operation?.requestBody?.required).toBe(
      route.body.schema === null ? undefined : route.body.required,
    );
  });

  test('names each operation once', () => {
    const names = ROUTES.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  test('refers only to what it has', () => {
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
    expect(references.length).toBeGreaterThan(10);
    for (const [, name] of references) {
      expect(Object.keys(document.components.schemas)).toContain(name);
    }
  });
});
