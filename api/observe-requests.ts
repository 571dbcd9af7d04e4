import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiServices } from './services.ts';

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
  const seconds = metrics.histogram('sentinel_api_request_seconds');
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
