import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Metrics } from '#ports/metrics.ts';
import type { Readiness } from '#ports/readiness.ts';

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves `/healthz` (the process answers), `/readyz` (it can do its work) and `/metrics` at
 * a host. Port 0 takes a free one.
 */
export async function startHealthServer(options: {
  readonly host: string;
  readonly port: number;
  readonly ready: () => Promise<Readiness>;
  readonly metrics: Metrics;
}): Promise<HealthServer> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      send(response, 500, 'application/json', JSON.stringify({ error: String(error) }));
    });
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: { ready: () => Promise<Readiness>; metrics: Metrics },
): Promise<void> {
  switch (request.method === 'GET' ? request.url : undefined) {
    case '/healthz':
      send(response, 200, 'application/json', '{"status":"ok"}');
      return;
    case '/readyz': {
      const readiness = await options.ready();
      send(response, readiness.ready ? 200 : 503, 'application/json', JSON.stringify(readiness));
      return;
    }
    case '/metrics': {
      const page = await options.metrics.page();
      send(response, 200, page.contentType, page.body);
      return;
    }
    default:
      send(response, 404, 'text/plain', 'not found\n');
  }
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
  response.end(body);
}
