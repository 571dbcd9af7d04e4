import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { InstanceLayout } from './cache-layout.ts';
import type { InstanceState, RecordedProduct } from './instance-state.ts';
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
    Promise.all(inOrderOfFlow(state.product).map(processStatus)),
  ]);
  const healthy = [...servers, ...processes].every(({ health }) => health === 'healthy');
  return { instance: instance.name, healthy, servers, processes };
}

/** Whether any process of an instance runs. */
export async function isInstanceRunning(instance: InstanceLayout): Promise<boolean> {
  const { servers, product } = await readState(instance);
  const running = [...Object.values(servers), ...product].map(({ process }) => isRunning(process));
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

async function processStatus(record: RecordedProduct): Promise<PartStatus> {
  return partOf(record.name, { ...record, address: record.address ?? record.metricsUrl }, () =>
    isProcessHealthy(record),
  );
}

async function partOf(
  name: string,
  record: { process: RecordedProcess; address: string; logFile: string; startedAtMs: number },
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
