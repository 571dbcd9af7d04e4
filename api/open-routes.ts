import { z } from 'zod';
import { healthSchema, readinessSchema } from '#contracts/rest.ts';
import type { Logger } from '#ports/logger.ts';
import type { Readiness } from '#ports/readiness.ts';
import { within } from './dependency.ts';
import { NO_BODY, NO_FIELDS, route } from './route.ts';
import type { Route } from './route.ts';

/** A prober waits this long for a dependency before it counts as away. */
const CHECK_MS_MAX = 2_000;

/** The routes that need no token: health, readiness, metrics and the OpenAPI document. */
export function openRoutes(document: () => unknown): readonly Route[] {
  return [
    route({
      ...get('/healthz', 'getHealth', 'Tells that the process answers'),
      answers: { status: 200, description: 'It answers', schema: healthSchema },
      handle: () => Promise.resolve({ status: 200, json: { status: 'ok' } }),
    }),
    route({
      ...get('/readyz', 'getReadiness', 'Tells whether input can be taken now'),
      description:
        'Ready while Kafka answers; the state index is reported but input does not wait for it. 503 when not ready.',
      answers: { status: 200, description: 'Ready', schema: readinessSchema },
      handle: async (_request, { ingestReady, accountsReady, logger }) => {
        const [kafka, index] = await Promise.all([
          check(ingestReady, logger),
          check(accountsReady, logger),
        ]);
        const checks = { kafka: word(kafka), state_index: word(index) };
        return { status: kafka.ready ? 200 : 503, json: { ready: kafka.ready, checks } };
      },
    }),
    route({
      ...get('/metrics', 'getMetrics', 'What is counted and measured, for Prometheus'),
      answers: {
        status: 200,
        description: 'Prometheus text',
        contentType: 'text/plain',
        schema: z.string(),
      },
      handle: async (_request, { metrics }) => {
        const { body, contentType } = await metrics.page();
        return { status: 200, text: body, contentType };
      },
    }),
    route({
      ...get('/openapi.json', 'getOpenApi', 'This document'),
      answers: { status: 200, description: 'OpenAPI 3.1', schema: z.looseObject({}) },
      handle: () => Promise.resolve({ status: 200, json: document() }),
    }),
  ];
}

function get(path: string, operationId: string, summary: string) {
  return {
    method: 'get',
    path,
    operationId,
    summary,
    role: null,
    parameters: NO_FIELDS,
    query: NO_FIELDS,
    body: NO_BODY,
  } as const;
}

/** A prober asks every few seconds: its answer tells what is wrong, the log only on demand. */
async function check(ready: () => Promise<Readiness>, logger: Logger): Promise<Readiness> {
  try {
    return await within(CHECK_MS_MAX, ready());
  } catch (error) {
    logger.debug({ err: error }, 'a readiness check failed');
    return { ready: false, reason: 'no answer' };
  }
}

function word(readiness: Readiness): string {
  return readiness.ready ? 'ok' : readiness.reason;
}
