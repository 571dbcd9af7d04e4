import { createDocument } from 'zod-openapi';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';
import { z } from 'zod';
import { problemSchema } from '#contracts/rest.ts';
import { ROLES } from '#contracts/roles.ts';
import { id } from '#contracts/wire.ts';
import { statusOfKind, titleOf } from './problem.ts';
import type { ProblemKind } from './problem.ts';
import type { Route } from './route.ts';

/** How routes are grouped: by who may use them. */
const TAGS: readonly {
  readonly name: string;
  readonly description: string;
  readonly roles: readonly Route['role'][];
}[] = [
  { name: 'Read', description: 'accounts, cases, what happened and happens', roles: ['viewer'] },
  { name: 'Command', description: 'what people decide', roles: ['operator', 'approver'] },
  { name: 'Input', description: 'what feeds and books send', roles: ['feed'] },
  { name: 'About', description: 'this API itself; open to all', roles: [null] },
];

/** The OpenAPI 3.1 document of a table of routes. */
export function openApiDocument(routes: readonly Route[]): ReturnType<typeof createDocument> {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Margin Sentinel',
      version: '1',
      description:
        'Margin figures, cases and market-access control. Dollars and shares are numbers with at ' +
        'most four decimals, instants are integer Unix milliseconds. Errors are RFC 9457 problems.',
    },
    tags: TAGS.map(({ name, description }) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: `EdDSA; the claim roles holds some of ${ROLES.join(', ')}.`,
        },
      },
    },
  });
}

function operation(route: Route): ZodOpenApiOperationObject {
  const { answers } = route;
  const correlation = z.object({ 'x-correlation-id': id.optional() });
  const header = correlation.extend(route.body.headers?.shape ?? {});
  const requestParams = { path: route.parameters, query: route.query, header };
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: TAGS.filter(({ roles }) => roles.includes(route.role)).map(({ name }) => name),
    ...(route.description === undefined ? {} : { description: route.description }),
    ...(route.role === null
      ? { security: [] }
      : { security: [{ bearer: [] }], 'x-role': route.role }),
    requestParams,
    ...(route.body.schema === null
      ? {}
      : {
          requestBody: {
            required: route.body.required,
            content: { 'application/json': { schema: route.body.schema } },
          },
        }),
    responses: {
      [String(answers.status)]: {
        description: answers.description,
        ...(answers.schema === undefined
          ? {}
          : {
              content: { [answers.contentType ?? 'application/json']: { schema: answers.schema } },
            }),
      },
      ...Object.fromEntries(problemsOf(route).map(problemResponse)),
    },
  };
}

/** Which refusals a route knows beside defects. */
function problemsOf(route: Route): ProblemKind[] {
  const kinds: ProblemKind[] = ['invalid-parameters'];
  if (route.role !== null) kinds.push('unauthenticated', 'forbidden', 'unavailable');
  if (Object.keys(route.parameters.shape).length > 0) kinds.push('not-found');
  if (route.body.schema !== null) {
    kinds.push('too-large', 'unsupported-media-type', 'invalid-fields');
  }
  return [...kinds, ...(route.problems ?? [])];
}

function problemResponse(kind: ProblemKind) {
  const content = { 'application/problem+json': { schema: problemSchema } };
  return [String(statusOfKind(kind)), { description: titleOf(kind), content }] as const;
}
