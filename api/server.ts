import { createServer } from 'node:http';
import { createApp } from './app.ts';
import { ROUTES } from './routes.ts';
import type { ApiServices } from './services.ts';

/** A caller that is slower than this is cut off. */
const HEADERS_MS_MAX = 5_000;
const REQUEST_MS_MAX = 15_000;
/** An idle connection is kept longer than usual load balancers keep theirs. */
const KEEP_ALIVE_MS = 65_000;
const CONNECTIONS_MAX = 2_000;
/** At a stop, requests under way have this long. */
const DRAIN_MS_MAX = 3_000;

export interface ApiServer {
  readonly port: number;
  /** Takes no more requests, finishes those under way within 3 s. */
  close(): Promise<void>;
}

/** Serves the API, at loopback if no other host is given. Port 0 takes a free one. */
export async function startApi(
  port: number,
  services: ApiServices,
  host = '127.0.0.1',
): Promise<ApiServer> {
  const server = createServer(createApp(ROUTES, services));
  server.headersTimeout = HEADERS_MS_MAX;
  server.requestTimeout = REQUEST_MS_MAX;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        const cut = setTimeout(() => {
          server.closeAllConnections();
        }, DRAIN_MS_MAX);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        services.events.close();
        server.closeIdleConnections();
      }),
  };
}
