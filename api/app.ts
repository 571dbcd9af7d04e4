import type { IncomingMessage } from 'node:http';
import express from 'express';
import type { Express, NextFunction, Request, Response } from 'express';
import { authenticate } from './authentication.ts';
import { observeRequests } from './observe-requests.ts';
import { fieldProblem, problemDocument, statusOfKind } from './problem.ts';
import type { Problem } from './problem.ts';
import { readBody } from './read-body.ts';
import { CORRELATION_HEADER, headerFacts } from './request-facts.ts';
import type { HeaderFacts } from './request-facts.ts';
import type { Reply, Route } from './route.ts';
import type { ApiServices } from './services.ts';

/** On every answer: nothing here is a page, nothing is to be kept. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** The Express application of a table of routes: the order is headers, role, body, handler. */
export function createApp(routes: readonly Route[], services: ApiServices): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  const facts = new WeakMap<IncomingMessage, HeaderFacts>();
  const factsOf = (request: IncomingMessage): HeaderFacts => {
    const known = facts.get(request) ?? headerFacts(request.headers);
    facts.set(request, known);
    return known;
  };
  const observe = observeRequests(services, (request) => factsOf(request).correlationId);
  app.use((request, response, next) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    response.setHeader(CORRELATION_HEADER, factsOf(request).correlationId);
    observe.begin(request, response);
    next();
  });
  for (const route of routes) {
    app[route.method](expressPath(route.path), async (request, response) => {
      observe.matched(request, route.path);
      const known = factsOf(request);
      const answer = await serve(route, request, response, known, services);
      if ('stream' in answer && request.method !== 'HEAD') await answer.stream(request, response);
      else send(response, answer, known.correlationId);
    });
  }
  for (const [path, methods] of methodsByPath(routes)) {
    app.all(expressPath(path), (request, response) => {
      observe.matched(request, path);
      send(response, wrongMethod(methods), factsOf(request).correlationId);
    });
  }
  app.use((request: Request, response: Response) => {
    const problem: Problem = { kind: 'not-found', detail: 'There is nothing at this path.' };
    send(response, problem, factsOf(request).correlationId);
  });
  app.use((error: unknown, request: Request, response: Response, next: NextFunction) => {
    const { correlationId } = factsOf(request);
    // A part of the answer is out: only closing the connection tells that it is not whole.
    if (response.headersSent) next(error);
    else send(response, failure(error, correlationId, services), correlationId);
  });
  return app;
}

async function serve(
  route: Route,
  request: Request,
  response: Response,
  facts: HeaderFacts,
  services: ApiServices,
): Promise<Reply | Problem> {
  if (facts.errors.length > 0) return fieldProblem('invalid-parameters', facts.errors);
  const { authorization } = request.headers;
  const authentication = await authenticate(authorization, route.role, services.tokens);
  if (!authentication.ok) return authentication.problem;
  const { principal } = authentication;
  const body = route.body.schema === null ? null : await readBody(request, response);
  if (body?.ok === false) return body.problem;
  const { correlationId, idempotencyKey } = facts;
  const { params: parameters, query } = request;
  const content = body?.content;
  const receivedAt = services.clock.now();
  const raw = { correlationId, idempotencyKey, receivedAt, principal, parameters, query, content };
  return route.serve(raw, services);
}

function send(response: Response, answer: Reply | Problem, correlationId: string): void {
  if ('kind' in answer) {
    const document = problemDocument(answer, correlationId);
    for (const [name, value] of Object.entries(answer.headers ?? {})) {
      response.setHeader(name, value);
    }
    response.statusCode = statusOfKind(answer.kind);
    response.setHeader('content-type', 'application/problem+json');
    response.end(JSON.stringify(document));
    return;
  }
  response.statusCode = answer.status;
  if ('json' in answer) {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer.json));
    return;
  }
  if ('stream' in answer) {
    response.end();
    return;
  }
  response.setHeader('content-type', answer.contentType);
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  response.end(answer.text);
}

function failure(error: unknown, correlationId: string, { logger }: ApiServices): Problem {
  // Express refuses a path whose percent-encoding is broken.
  if (error instanceof URIError) {
    return { kind: 'malformed-request', detail: 'The path cannot be decoded.' };
  }
  logger.error({ err: error, correlation_id: correlationId }, 'a request met a defect');
  return { kind: 'defect', detail: 'The log has the cause under the id of this request.' };
}

/** `/accounts/{account_id}` as Express writes it. */
function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function methodsByPath(routes: readonly Route[]): Map<string, string[]> {
  const paths = new Map<string, string[]>();
  for (const { path, method } of routes) {
    const methods = method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()];
    paths.set(path, [...(paths.get(path) ?? []), ...methods]);
  }
  return paths;
}

function wrongMethod(methods: readonly string[]): Problem {
  const allow = methods.join(', ');
  return { kind: 'method-not-allowed', detail: `This path has ${allow}.`, headers: { allow } };
}
