import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiServices } from './services.ts';

/** Upper bounds in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Observation {
  begin(request: IncomingMessage, response: ServerResponse): void;
  /** The route's path, so that the metric has a bounded number of labels. */
  matched(request: IncomingMessage, path: string): void;
}

/** Measures and logs each request when its answer is out or its caller is gone. */
export function observeRequests(
  { metrics, logger }: ApiServices,
  correlationIdOf: (request: IncomingMessage) => string,
): Observation {
  const seconds = metrics.histogram(
    'http_request_duration_seconds',
    'From the first line of a request to the end of its answer',
    ['method', 'route', 'status'],
    BUCKETS,
  );
  const paths = new WeakMap<IncomingMessage, string>();
  return {
    begin: (request, response) => {
      const begun = performance.now();
      response.once('close', () => {
        const ms = performance.now() - begun;
        const method = request.method ?? '';
        const route = paths.get(request) ?? 'none';
        const status = response.writableFinished ? response.statusCode : 499;
        seconds.observe({ method, route, status: String(status) }, ms / 1000);
        const fields = { method, route, status, ms: Math.round(ms) };
        const line = { ...fields, correlation_id: correlationIdOf(request) };
        if (status >= 500) logger.warn(line, 'request');
        else logger.debug(line, 'request');
      });
    },
    matched: (request, path) => {
      paths.set(request, path);
    },
  };
}
