import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { InstanceLayout } from './cache-layout.ts';
import type { InstanceState, RecordedProduct, Supervision } from './instance-state.ts';
import { readState } from './instance-state.ts';
import { inOrderOfFlow } from './product-processes.ts';
import { isProcessHealthy } from './process-health.ts';
import type { RecordedProcess } from './recorded-process.ts';
import { isRunning } from './recorded-process.ts';
import type { ServerKind } from './server-catalog.ts';
import { SERVERS } from './server-catalog.ts';

/** `unhealthy` runs and does not answer. */
export type Health = 'healthy' | 'unhealthy' | 'down';

/** One server or process of an instance, as it is now. */
export interface PartStatus {
  readonly name: string;
  readonly health: Health;
  /** Null when it is not ours (its address was given by the environment) or does not run. */
  readonly pid: number | null;
  readonly address: string | null;
  readonly ui_url: string | null;
  /** ISO 8601, UTC. */
  readonly up_since: string | null;
  readonly rss_bytes: number | null;
  readonly log_file: string | null;
  /** How often it was started again after it had ended by itself; null for what is not supervised. */
  readonly restarts: number | null;
  /** Its last end that nobody had asked for; `at` in ISO 8601, UTC. */
  readonly last_exit: { readonly how: string; readonly at: string } | null;
  /** It ended too often to be started again. */
  readonly given_up: boolean;
}

export interface InstanceStatus {
  readonly instance: string;
  readonly healthy: boolean;
  readonly servers: readonly PartStatus[];
  readonly processes: readonly PartStatus[];
}

/** Looks at everything that an instance has written down, and asks each part whether it is well. */
export async function instanceStatus(
  instance: InstanceLayout,
  variables: NodeJS.ProcessEnv,
): Promise<InstanceStatus> {
  const state = await readState(instance);
  const [servers, processes] = await Promise.all([
    Promise.all(SERVERS.map((kind) => serverStatus(kind, state, variables))),
    Promise.all([
      ...(state.supervision === undefined ? [] : [supervisorStatus(state.supervision)]),
      ...inOrderOfFlow(state.product).map(processStatus),
    ]),
  ]);
  const healthy = [...servers, ...processes].every(({ health }) => health === 'healthy');
  return { instance: instance.name, healthy, servers, processes };
}

/** Whether any process of an instance runs. */
export async function isInstanceRunning(instance: InstanceLayout): Promise<boolean> {
  const { servers, product, supervision } = await readState(instance);
  const records = [...Object.values(servers), ...product, ...(supervision ? [supervision] : [])];
  const running = records.map(({ process }) => isRunning(process));
  return (await Promise.all(running)).includes(true);
}

async function serverStatus(
  kind: ServerKind,
  state: InstanceState,
  variables: NodeJS.ProcessEnv,
): Promise<PartStatus> {
  const record = state.servers[kind.name];
  const given = state.environment[kind.addressVariable] ?? variables[kind.addressVariable];
  if (record === undefined) {
    const answers = given !== undefined && (await kind.isHealthy(given, variables));
    return { ...nothing(kind.name), health: answers ? 'healthy' : 'down', address: given ?? null };
  }
  const part = await partOf(kind.name, record, () => kind.isHealthy(record.address, variables));
  return { ...part, ui_url: record.uiUrl ?? null };
}

/** It answers nobody: it is well as long as it runs. */
function supervisorStatus(supervision: Supervision): Promise<PartStatus> {
  return partOf('supervisor', { ...supervision, address: null }, () => Promise.resolve(true));
}

async function processStatus(record: RecordedProduct): Promise<PartStatus> {
  const { name, lastExit, restarts, givenUpAtMs } = record;
  const address = record.address ?? record.metricsUrl;
  const part = await partOf(name, { ...record, address }, () => isProcessHealthy(record));
  return {
    ...part,
    restarts,
    last_exit:
      lastExit === null ? null : { how: lastExit.how, at: new Date(lastExit.atMs).toISOString() },
    given_up: givenUpAtMs !== null,
  };
}

async function partOf(
  name: string,
  record: {
    process: RecordedProcess;
    address: string | null;
    logFile: string;
    startedAtMs: number;
  },
  isHealthy: () => Promise<boolean>,
): Promise<PartStatus> {
  const known = { ...nothing(name), address: record.address, log_file: record.logFile };
  if (!(await isRunning(record.process))) return known;
  return {
    ...known,
    health: (await isHealthy()) ? 'healthy' : 'unhealthy',
    pid: record.process.pid,
    up_since: new Date(record.startedAtMs).toISOString(),
    rss_bytes: await residentBytes(record.process.pid),
  };
}

function nothing(name: string): PartStatus {
  return {
    name,
    health: 'down',
    pid: null,
    address: null,
    ui_url: null,
    up_since: null,
    rss_bytes: null,
    log_file: null,
    restarts: null,
    last_exit: null,
    given_up: false,
  };
}

/** Memory that a process holds, or null when it is gone or cannot be asked. */
async function residentBytes(pid: number): Promise<number | null> {
  try {
    if (process.platform === 'linux') {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return kibibytes(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
    }
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
    return kibibytes(stdout.trim());
  } catch {
    // It has ended since we looked.
    return null;
  }
}

function kibibytes(text: string | undefined): number | null {
  return text === undefined || text === '' ? null : Number(text) * 1024;
}
