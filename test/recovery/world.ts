import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createTopics } from '#platform/kafka/topics.ts';
import { cacheLayout } from '#stack/cache-layout.ts';
import { developmentKeys } from '#stack/development-keys.ts';
import { LOCAL_AWS } from '#stack/dynamodb-local.ts';
import { install } from '#stack/installation.ts';
import type { Installation } from '#stack/installation.ts';
import { heapFlags } from '#stack/heap-flags.ts';
import { NODE_FLAGS } from '#stack/launch.ts';
import { readLog } from '#stack/log-file.ts';
import { freePorts } from '#stack/ports.ts';
import { PRODUCT_PROCESSES } from '#stack/product-processes.ts';
import type { ProductProcess } from '#stack/product-processes.ts';
import type { Progress } from '#stack/progress.ts';
import type { KafkaDoor, ServerContext } from '#stack/server.ts';
import { SERVERS } from '#stack/server-catalog.ts';
import type { ServerKind } from '#stack/server-catalog.ts';
import { ensureSearchAttributes } from '#stack/temporal-server.ts';
import { toxiproxyProgram } from '#stack/toxiproxy-program.ts';
import type { Breakable } from './fault-plan.ts';
import { KeptProcess } from './kept-process.ts';
import { Links } from './links.ts';
import type { Link } from './links.ts';

/** A whole product whose every process, server and link can be broken, with data of its own. */

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const NAMESPACE = 'default';
const READY_MARK = '"event":"ready"';
const ENGINES = 3;
/** More than enough for every server, process and link. */
const PORTS = 100;

type ServerName = ServerKind['name'];

/** What each process talks to. */
const TALKS_TO: Readonly<Record<string, readonly ServerName[]>> = {
  api: ['kafka', 'temporal', 'dynamodb'],
  'case-signaller': ['kafka', 'temporal'],
  worker: ['kafka', 'temporal'],
  'kill-signaller': ['kafka', 'temporal'],
  'state-index': ['kafka', 'dynamodb'],
};
const KAFKA_ONLY: readonly ServerName[] = ['kafka'];

export interface WorldOptions {
  readonly partitions: number;
  readonly progress: Progress;
}

export interface World extends Breakable {
  /** Not through a proxy: what the test itself uses is cut by no fault but the server's own. */
  readonly kafkaBrokers: readonly string[];
  readonly temporalAddress: string;
  readonly apiUrl: string;
  readonly privateKeyFile: string;
  readonly logs: string;
  process(name: string): KeptProcess;
  readonly links: readonly string[];
  cut(link: string): Promise<void>;
  slow(link: string): Promise<void>;
  mend(link: string): Promise<void>;
  /** What ended although nobody had killed it. */
  ownEnds(): { readonly name: string; readonly how: readonly string[] }[];
  /** `/readyz` of every process of the product: the reasons of those that are not ready. */
  notReady(): Promise<string[]>;
  /** Stops everything; `keepFiles` leaves logs and data where `logs` is. */
  close(keepFiles: boolean): Promise<void>;
}

interface Member {
  readonly name: string;
  readonly kind: ProductProcess;
  readonly metricsPort: number;
  readonly links: readonly (Link & { readonly server: ServerName })[];
}

/** Starts servers, proxies and processes; resolves when all are ready. */
export async function openWorld({ partitions, progress }: WorldOptions): Promise<World> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'margin-sentinel-recovery-'));
  const logs = path.join(root, 'logs');
  await mkdir(logs, { recursive: true });
  const place = { cache: cacheLayout(process.env), variables: process.env, progress };
  const installation = await install(
    SERVERS.map(({ name }) => name),
    'quick',
    place,
  );
  const proxy = await toxiproxyProgram(place);
  const keys = await developmentKeys(root, 'jwt');
  const commandKeys = await developmentKeys(root, 'command');

  // All at once: a port that was asked for alone might be given away again by the next question.
  const free = await freePorts(PORTS);
  const port = (): number => {
    const next = free.pop();
    if (next === undefined) throw new Error(`more than ${String(PORTS)} ports are wanted`);
    return next;
  };
  const ports = {
    temporal: port(),
    temporalUi: port(),
    kafka: port(),
    dynamodb: port(),
    kafkaController: port(),
  };
  const { members, doors } = planMembers(ports, port);
  const control = port();
  const apiPort = port();
  const context: ServerContext = {
    data: path.join(root, 'data'),
    fresh: false,
    ports,
    namespace: NAMESPACE,
    kafkaDoors: doors,
  };
  const servers = await Promise.all(
    SERVERS.map((kind) => keptServer(kind, installation, context, logs)),
  );
  const links = new Links(control);
  const toxiproxy = new KeptProcess({
    name: 'toxiproxy',
    plan: {
      program: proxy,
      args: ['-host', '127.0.0.1', '-port', String(control)],
      variables: { ...process.env, LOG_LEVEL: 'error' },
      logFile: path.join(logs, 'toxiproxy.log'),
      lifetime: 'guarded',
    },
    isReady: () => links.answers(),
  });
  const shared = {
    TEMPORAL_NAMESPACE: NAMESPACE,
    ...LOCAL_AWS,
    SENTINEL_JWT_PUBLIC_KEY_FILE: keys.publicKeyFile,
    SENTINEL_JWT_PRIVATE_KEY_FILE: keys.privateKeyFile,
    SENTINEL_COMMAND_PUBLIC_KEY_FILE: commandKeys.publicKeyFile,
    SENTINEL_COMMAND_PRIVATE_KEY_FILE: commandKeys.privateKeyFile,
    SENTINEL_PRESET: 'demo',
    SENTINEL_TOPIC_PREFIX: '',
    SENTINEL_PARTITIONS: String(partitions),
    SENTINEL_API_PORT: String(apiPort),
    SENTINEL_EXIT_WITH_PARENT: '1',
  };
  const parts = members.map((member) => keptMember(member, shared, logs));
  const all = new Map([...servers, ...parts].map((kept) => [kept.name, kept]));
  const close = async (keepFiles: boolean): Promise<void> => {
    await Promise.all(parts.map((part) => part.stop()));
    await Promise.all([...servers, toxiproxy].map((server) => server.stop()));
    if (!keepFiles) await rm(root, { recursive: true, force: true });
  };
  const kafkaBrokers = [`127.0.0.1:${String(ports.kafka)}`];
  const temporalAddress = `127.0.0.1:${String(ports.temporal)}`;
  try {
    await Promise.all([...servers, toxiproxy].map((server) => server.start()));
    await Promise.all([
      createTopics({ brokers: kafkaBrokers, topicPrefix: '', partitions }),
      ensureSearchAttributes(temporalAddress, NAMESPACE),
      ...members.flatMap((member) => member.links.map((link) => links.add(link))),
    ]);
    await Promise.all(parts.map((part) => part.start()));
  } catch (error) {
    await close(true);
    throw error;
  }
  return {
    kafkaBrokers,
    temporalAddress,
    apiUrl: `http://127.0.0.1:${String(apiPort)}`,
    privateKeyFile: keys.privateKeyFile,
    logs,
    processes: [...all.keys()],
    links: members.flatMap((member) => member.links.map(({ name }) => name)),
    process: (name) => {
      const kept = all.get(name);
      if (kept === undefined) throw new Error(`there is no process ${name}`);
      return kept;
    },
    cut: (link) => links.cut(link),
    slow: (link) => links.slow(link),
    mend: (link) => links.mend(link),
    ownEnds: () =>
      [...all.values()].flatMap(({ name, ownEnds }) =>
        ownEnds.length === 0 ? [] : [{ name, how: ownEnds }],
      ),
    notReady: async () => (await Promise.all(members.map(whyNotReady))).flat(),
    close,
  };
}

/** Every process of the product, three engines, and a proxy for each server that a process talks to. */
function planMembers(
  ports: Readonly<Record<ServerName, number>>,
  freePort: () => number,
): { readonly members: Member[]; readonly doors: KafkaDoor[] } {
  const members: Member[] = [];
  const doors: KafkaDoor[] = [];
  for (const kind of PRODUCT_PROCESSES) {
    const instances = kind.name === 'margin-engine' ? ENGINES : 1;
    for (let n = 1; n <= instances; n += 1) {
      const name = instances === 1 ? kind.name : `${kind.name}-${String(n)}`;
      const talksTo = TALKS_TO[kind.name] ?? KAFKA_ONLY;
      const links = talksTo.map((server) => {
        const port = freePort();
        const upstreamPort = server === 'kafka' ? freePort() : ports[server];
        if (server === 'kafka') doors.push({ port: upstreamPort, advertisedPort: port });
        return { name: `${name}–${server}`, server, port, upstreamPort };
      });
      members.push({ name, kind, metricsPort: freePort(), links });
    }
  }
  return { members, doors };
}

async function keptServer(
  kind: ServerKind,
  installation: Installation,
  context: ServerContext,
  logs: string,
): Promise<KeptProcess> {
  const { program, args, address } = await kind.plan(installation, context);
  return new KeptProcess({
    name: kind.name,
    plan: {
      program,
      args,
      variables: process.env,
      logFile: path.join(logs, `${kind.name}.log`),
      lifetime: 'guarded',
    },
    isReady: () => kind.isHealthy(address, process.env),
  });
}

function keptMember(
  { name, kind, metricsPort, links }: Member,
  shared: Readonly<Record<string, string>>,
  logs: string,
): KeptProcess {
  const logFile = path.join(logs, `${name}.log`);
  const addresses = links.map(({ server, port }) => [
    addressVariable(server),
    server === 'dynamodb' ? `http://127.0.0.1:${String(port)}` : `127.0.0.1:${String(port)}`,
  ]);
  return new KeptProcess({
    name,
    plan: {
      program: process.execPath,
      args: [...NODE_FLAGS, ...heapFlags(kind.heap), path.join(ROOT, kind.entry)],
      variables: {
        PATH: process.env.PATH,
        ...shared,
        ...Object.fromEntries(addresses),
        SENTINEL_METRICS_PORT: String(metricsPort),
      },
      logFile,
      lifetime: 'stdin',
    },
    isReady: async (logFrom) => (await readLog(logFile, logFrom)).includes(READY_MARK),
  });
}

function addressVariable(server: ServerName): string {
  const kind = SERVERS.find(({ name }) => name === server);
  if (kind === undefined) throw new Error(`there is no server ${server}`);
  return kind.addressVariable;
}

async function whyNotReady({ name, metricsPort }: Member): Promise<string[]> {
  try {
    const answer = await fetch(`http://127.0.0.1:${String(metricsPort)}/readyz`, {
      signal: AbortSignal.timeout(5_000),
    });
    return answer.ok ? [] : [`${name} is not ready: ${await answer.text()}`];
  } catch (error) {
    return [`${name} does not answer: ${String(error)}`];
  }
}
