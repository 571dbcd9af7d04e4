import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { promisify } from 'node:util';
import { hasCode } from './has-code.ts';
import { StackError } from './stack-error.ts';

const LOOPBACK = '127.0.0.1';
/**
 * What is given away lies below the ports that systems hand out themselves, from 32768 on (Linux) or
 * 49152 (macOS): else any server or connection may get one by chance before its own server starts.
 */
const GIVEN_FIRST = 10_240;
const GIVEN_LAST = 32_767;

/** The ports of a local stack. */
export interface Ports {
  readonly temporal: number;
  readonly temporalUi: number;
  readonly kafka: number;
  readonly kafkaController: number;
  readonly dynamodb: number;
}

/** The ports that a person may know by heart, and the variable that moves each. */
export const WELL_KNOWN_PORTS = {
  temporal: { title: 'Temporal', port: 7233, variable: 'SENTINEL_TEMPORAL_PORT' },
  temporalUi: { title: 'the Temporal Web UI', port: 8233, variable: 'SENTINEL_TEMPORAL_UI_PORT' },
  kafka: { title: 'Kafka', port: 9092, variable: 'SENTINEL_KAFKA_PORT' },
  dynamodb: { title: 'DynamoDB Local', port: 8000, variable: 'SENTINEL_DYNAMODB_PORT' },
  api: { title: 'the API', port: 3000, variable: 'SENTINEL_API_PORT' },
} as const;

export type WellKnownPort = keyof typeof WELL_KNOWN_PORTS;

/** The port that the environment gives, else the well-known one. Throws StackError for nonsense. */
export function wellKnownPort(name: WellKnownPort, variables: NodeJS.ProcessEnv): number {
  const { port, variable } = WELL_KNOWN_PORTS[name];
  const given = variables[variable];
  if (given === undefined || given === '') return port;
  const chosen = Number(given);
  if (Number.isInteger(chosen) && chosen >= 1 && chosen <= 65_535) return chosen;
  throw new StackError(
    `${variable}=${given} is not a port.`,
    `Set ${variable} to a number from 1 to 65535.`,
  );
}

/**
 * `count` ports that are free now, all different. They are neighbours, from anywhere: two who choose at
 * the same time seldom meet.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  const places = GIVEN_LAST - GIVEN_FIRST + 1;
  const begin = randomInt(places);
  for (let n = 0; n < places && ports.length < count; n += 1) {
    const port = GIVEN_FIRST + ((begin + n) % places);
    if (await isFree(port)) ports.push(port);
  }
  if (ports.length === count) return ports;
  throw new StackError(
    `There are no ${count} free ports from ${GIVEN_FIRST} to ${GIVEN_LAST}.`,
    'Stop some of what listens there.',
  );
}

/** One port that is free now. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** Throws a StackError that names the port, who holds it if known, and what to do. */
export async function requireFreePort(name: WellKnownPort, port: number): Promise<void> {
  if (await isFree(port)) return;
  const { title, variable } = WELL_KNOWN_PORTS[name];
  const holder = await portHolder(port);
  throw new StackError(
    `Port ${port}, for ${title}, is taken${holder === undefined ? '' : ` by ${holder}`}.`,
    `Stop what holds it, or choose another port: ${variable}=${port + 10_000 > 65_535 ? port - 1 : port + 10_000}`,
  );
}

async function isFree(port: number): Promise<boolean> {
  try {
    await close(await listen(port));
    return true;
  } catch (error) {
    if (hasCode(error, 'EADDRINUSE')) return false;
    throw error;
  }
}

/** Program and pid of the listener, as far as `lsof` or `ss` is there and may look. */
async function portHolder(port: number): Promise<string | undefined> {
  const byLsof = await output('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']);
  const lsof = /p(\d+)\nc(.+)/.exec(byLsof);
  if (lsof !== null) return `${lsof[2] ?? ''} (pid ${lsof[1] ?? ''})`;
  const bySs = await output('ss', ['-ltnpH', `sport = :${port}`]);
  const ss = /\("([^"]+)",pid=(\d+)/.exec(bySs);
  return ss === null ? undefined : `${ss[1] ?? ''} (pid ${ss[2] ?? ''})`;
}

async function output(program: string, args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, args)).stdout;
  } catch {
    // Not installed, or nothing found: the port's holder stays unknown.
    return '';
  }
}

async function listen(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => resolve(server));
  });
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
