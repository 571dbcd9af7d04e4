import { mkdir, rm } from 'node:fs/promises';
import type { InstanceLayout } from './cache-layout.ts';
import { cacheLayout } from './cache-layout.ts';
import { claimInstance } from './claim-instance.ts';
import type { KeyFiles, KeyUse } from './development-keys.ts';
import { developmentKeys } from './development-keys.ts';
import { KEY_VARIABLES } from './key-variables.ts';
import { LOCAL_AWS } from './dynamodb-local.ts';
import { findServer } from './find-server.ts';
import type { FoundServer } from './find-server.ts';
import { install } from './installation.ts';
import { stopProduct, stopServers } from './instance-processes.ts';
import type { StateKeeper } from './instance-state.ts';
import { keepState, readState, removeState } from './instance-state.ts';
import type { Progress } from './progress.ts';
import type { JavaFlags } from './server.ts';
import type { ServerKind } from './server-catalog.ts';
import { SERVERS, temporalNamespace } from './server-catalog.ts';
import type { StartedServer } from './start-server.ts';
import { startServers } from './start-server.ts';
import { ensureSearchAttributes } from './temporal-server.ts';

export interface StackOptions {
  /** `local`, `demo` or `test`. */
  readonly instance: string;
  /** Begins with empty data. */
  readonly fresh: boolean;
  /**
   * The servers end with this process, however it ends. Bound instances of one name may run side by
   * side: the second is `<name>-2`.
   */
  readonly boundToParent: boolean;
  /** `known` are 7233, 8233, 9092, 8000, each moved by its SENTINEL_*_PORT. */
  readonly ports: 'known' | 'free';
  /** `load` gives Java its optimising compiler and more memory, for benchmarks. */
  readonly java?: JavaFlags;
  /** Environment variables: addresses, ports, folders, PATH. */
  readonly variables: NodeJS.ProcessEnv;
  readonly progress: Progress;
}

/** A running stack. */
export interface Stack {
  readonly instance: InstanceLayout;
  /** What is written down about the instance. */
  readonly keeper: StateKeeper;
  readonly boundToParent: boolean;
  readonly temporalAddress: string;
  /** Unknown when TEMPORAL_ADDRESS was given without TEMPORAL_UI_URL. */
  readonly temporalUiUrl: string | undefined;
  /** Comma list. */
  readonly kafkaBrokers: string;
  readonly dynamodbEndpoint: string;
  /** What the product's processes must be told (platform/environment.ts). */
  readonly environment: Record<string, string>;
  /** What was found or started, by server. */
  readonly servers: readonly FoundServer[];
  /** Stops the servers if they are bound, and lets the next one have the instance. */
  close(): Promise<void>;
}

/**
 * Opens a named instance of the local stack. Each server is found in this order: an address given by
 * the environment, the one recorded as running, a new one. Resolves when all three answer. Throws
 * StackError with a cure; servers that were already started are stopped then.
 */
export async function openStack(options: StackOptions): Promise<Stack> {
  const { variables, progress } = options;
  const cache = cacheLayout(variables);
  const { instance, lock } = await claimInstance(
    cache,
    options.instance,
    options.boundToParent,
    progress,
  );
  let started: readonly StartedServer[] = [];
  try {
    await mkdir(instance.root, { recursive: true, mode: 0o700 });
    if (options.fresh) await clear(instance);
    const keeper = await keepState(instance);
    const found = await Promise.all(
      SERVERS.map((kind) => findServer(kind, keeper.state(), variables)),
    );
    const missing = SERVERS.filter((_, index) => found[index] === undefined);
    const installation = await install(names(missing), options.java ?? 'quick', {
      cache,
      variables,
      progress,
    });
    started = await startServers(missing, { ...options, installation, instance, keeper });
    const servers = SERVERS.map((kind, index) => found[index] ?? startedAs(kind, started));
    const keys = {
      jwt: await keysOf('jwt', instance, variables),
      command: await keysOf('command', instance, variables),
    };
    const environment = environmentOf(servers, keys, variables);
    // What an earlier command told the product's processes still holds for those that run.
    await keeper.change((state) => ({
      ...state,
      environment: { ...state.environment, ...environment },
    }));
    const stack = describeStack(servers, environment);
    await ensureSearchAttributes(stack.temporalAddress, temporalNamespace(variables));
    return {
      ...stack,
      instance,
      keeper,
      boundToParent: options.boundToParent,
      async close() {
        if (options.boundToParent) {
          await Promise.all(started.map(({ launched }) => launched.stop()));
          await removeState(instance);
          if (options.fresh) await rm(instance.data, { recursive: true, force: true });
        }
        lock.release();
      },
    };
  } catch (error) {
    await Promise.all(started.map(({ launched }) => launched.stop()));
    lock.release();
    throw error;
  }
}

/** Empties a fresh instance; what an earlier owner could not stop is stopped first. */
async function clear(instance: InstanceLayout): Promise<void> {
  const state = await readState(instance);
  await stopProduct(state);
  await stopServers(state);
  await removeState(instance);
  await rm(instance.data, { recursive: true, force: true });
  await rm(instance.logs, { recursive: true, force: true });
}

function names(kinds: readonly ServerKind[]): ServerKind['name'][] {
  return kinds.map(({ name }) => name);
}

function startedAs(kind: ServerKind, started: readonly StartedServer[]): FoundServer {
  const server = started.find(({ found }) => found.kind.name === kind.name);
  if (server === undefined) throw new Error(`${kind.title} was neither found nor started`);
  return server.found;
}

async function keysOf(
  use: KeyUse,
  instance: InstanceLayout,
  variables: NodeJS.ProcessEnv,
): Promise<KeyFiles> {
  const named = KEY_VARIABLES[use];
  const publicKeyFile = variables[named.publicKeyFile];
  const privateKeyFile = variables[named.privateKeyFile];
  if (publicKeyFile === undefined || privateKeyFile === undefined)
    return developmentKeys(instance.data, use);
  return { publicKeyFile, privateKeyFile };
}

function environmentOf(
  servers: readonly FoundServer[],
  keys: Readonly<Record<KeyUse, KeyFiles>>,
  variables: NodeJS.ProcessEnv,
): Record<string, string> {
  const uiUrl = servers.find(({ kind }) => kind.name === 'temporal')?.uiUrl;
  const ownDynamodb = servers.some(
    ({ kind, record }) => kind.name === 'dynamodb' && record !== undefined,
  );
  return {
    ...Object.fromEntries(servers.map(({ kind, address }) => [kind.addressVariable, address])),
    ...(uiUrl === undefined ? {} : { TEMPORAL_UI_URL: uiUrl }),
    TEMPORAL_NAMESPACE: temporalNamespace(variables),
    ...(ownDynamodb ? LOCAL_AWS : {}),
    [KEY_VARIABLES.jwt.publicKeyFile]: keys.jwt.publicKeyFile,
    [KEY_VARIABLES.jwt.privateKeyFile]: keys.jwt.privateKeyFile,
    [KEY_VARIABLES.command.publicKeyFile]: keys.command.publicKeyFile,
    [KEY_VARIABLES.command.privateKeyFile]: keys.command.privateKeyFile,
  };
}

function describeStack(
  servers: readonly FoundServer[],
  environment: Record<string, string>,
): Pick<
  Stack,
  | 'temporalAddress'
  | 'temporalUiUrl'
  | 'kafkaBrokers'
  | 'dynamodbEndpoint'
  | 'environment'
  | 'servers'
> {
  return {
    temporalAddress: environment.TEMPORAL_ADDRESS ?? '',
    temporalUiUrl: environment.TEMPORAL_UI_URL,
    kafkaBrokers: environment.KAFKA_BROKERS ?? '',
    dynamodbEndpoint: environment.DYNAMODB_ENDPOINT ?? '',
    environment,
    servers,
  };
}
