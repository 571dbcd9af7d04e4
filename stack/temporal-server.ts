import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';
import { acceptsConnections } from './accepts-connections.ts';
import type { ServerContext, ServerPlan } from './server.ts';

const ANSWER_MS_MAX = 2_000;
/** What has to be done before the product can start is waited for longer. */
const PREPARE_MS_MAX = 30_000;

/** Search attributes of account-case: what the Web UI lists and filters cases by (issue 3). */
export const SEARCH_ATTRIBUTES = {
  SentinelRung: 'Keyword',
  SentinelStatus: 'Keyword',
  SentinelFiguresVersion: 'Keyword',
  SentinelPolicy: 'Keyword',
  SentinelStress: 'Keyword',
  SentinelDeficiency: 'Double',
  SentinelDueAt: 'Datetime',
} as const;

/** temporal.api.enums.v1.IndexedValueType */
const INDEXED_VALUE_TYPE = { Keyword: 2, Double: 4, Datetime: 6 } as const;

/** How to start the Temporal development server with its Web UI. */
export async function temporalPlan(program: string, context: ServerContext): Promise<ServerPlan> {
  const { ports } = context;
  await mkdir(context.data, { recursive: true });
  return {
    program,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--namespace', context.namespace],
      ...['--port', String(ports.temporal), '--ui-port', String(ports.temporalUi)],
      ...['--db-filename', path.join(context.data, 'temporal.db')],
      ...['--log-format', 'json', '--log-level', 'warn'],
      // Starts of workflows a second: 110 without, 237 with (PLATFORM, Temporal).
      ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
      // By default a timer may fire a second late.
      ...['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="10ms"'],
      // Cases start in the order in which they were told, whichever of four partitions they fell into.
      ...['--dynamic-config-value', 'matching.numTaskqueueReadPartitions=1'],
      ...['--dynamic-config-value', 'matching.numTaskqueueWritePartitions=1'],
      // An activity goes to the worker in the answer by which it was asked for.
      ...['--dynamic-config-value', 'system.enableActivityEagerExecution=true'],
      // The development server reads the definitions of search attributes anew for every use of them: eight
      // reads a case, on the one connection to its database. New ones are then known some seconds later.
      ...['--dynamic-config-value', 'system.forceSearchAttributesCacheRefreshOnRead=false'],
      // Ignored on an existing database: see ensureSearchAttributes.
      ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => [
        '--search-attribute',
        `${name}=${type}`,
      ]),
    ],
    // Go collects garbage when it has doubled; a burst of cases has better use for the cores.
    variables: { GOGC: '400' },
    address: `127.0.0.1:${ports.temporal}`,
    uiUrl: `http://127.0.0.1:${ports.temporalUi}`,
  };
}

/**
 * Whoever waits for health asks again himself. The client's own retries would outlive a question that
 * is given up, and throw out of a timer once its connection is closed.
 */
const NO_RETRIES: NonNullable<ConnectionOptions['interceptors']> = [];

/** Whether a Temporal server answers and knows the namespace. */
export async function isTemporalHealthy(address: string, namespace: string): Promise<boolean> {
  // The client would wait for a second before it tries a closed port again.
  if (!(await acceptsConnections(address))) return false;
  try {
    await withConnection(
      { address, interceptors: NO_RETRIES },
      ANSWER_MS_MAX,
      async (connection) => {
        await connection.workflowService.describeNamespace({ namespace });
      },
    );
    return true;
  } catch {
    // Whatever the reason, it does not answer as a Temporal server does.
    return false;
  }
}

/** Creates the search attributes that the namespace does not have yet; existing ones stay. */
export async function ensureSearchAttributes(address: string, namespace: string): Promise<void> {
  await withConnection({ address }, PREPARE_MS_MAX, async (connection) => {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({
      namespace,
    });
    const missing = Object.entries(SEARCH_ATTRIBUTES).filter(
      ([name]) => !(name in customAttributes),
    );
    if (missing.length === 0) return;
    const searchAttributes = Object.fromEntries(
      missing.map(([name, type]) => [name, INDEXED_VALUE_TYPE[type]]),
    );
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  });
}

async function withConnection(
  options: ConnectionOptions,
  timeoutMs: number,
  work: (connection: Connection) => Promise<void>,
): Promise<void> {
  const connection = await Connection.connect({ ...options, connectTimeout: timeoutMs });
  try {
    await connection.withDeadline(Date.now() + timeoutMs, () => work(connection));
  } finally {
    await connection.close();
  }
}
