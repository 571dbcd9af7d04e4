import path from 'node:path';
import { PRODUCT_GRACE_MS } from './instance-processes.ts';
import type { InstanceState, RecordedProduct } from './instance-state.ts';
import type { Launched } from './launch.ts';
import type { Stack } from './open-stack.ts';
import { freePort, requireFreePort, wellKnownPort } from './ports.ts';
import type { ProductProcess } from './product-processes.ts';
import { PRODUCT_PROCESSES } from './product-processes.ts';
import type { Progress } from './progress.ts';
import { asTask } from './progress.ts';
import { isProcessHealthy } from './process-health.ts';
import { isRunning, stopRecorded } from './recorded-process.ts';
import { StackError } from './stack-error.ts';
import { startProcess } from './start-process.ts';

const PARTITIONS = '8';
/** What all processes must agree on: those that run already are not joined by others of another kind. */
const SHARED = ['SENTINEL_PRESET', 'SENTINEL_TOPIC_PREFIX', 'SENTINEL_PARTITIONS'] as const;

/** Makes the topics of the product that are not there (platform/kafka/topics.ts). */
export type CreateTopics = (options: {
  brokers: string[];
  topicPrefix: string;
  partitions: number;
}) => Promise<void>;

export interface ProductOptions {
  readonly stack: Stack;
  readonly createTopics: CreateTopics;
  /** Policy: `demo` or `house`. */
  readonly preset: string;
  /** `known` is 3000, moved by SENTINEL_API_PORT. */
  readonly apiPort: 'known' | 'free';
  /** Also SENTINEL_TOPIC_PREFIX and SENTINEL_PARTITIONS (8). */
  readonly variables: NodeJS.ProcessEnv;
  readonly progress: Progress;
  /** All of them, unless a test wants others. */
  readonly processes?: readonly ProductProcess[];
}

/** The running processes of the product. */
export interface Product {
  readonly apiUrl: string;
  /** What the processes were told, and SENTINEL_API_URL: enough for a client. */
  readonly environment: Record<string, string>;
  processes(): readonly RecordedProduct[];
  /** Processes that ended although nobody asked them to. */
  ended(): readonly EndedProcess[];
  /** Ends one process at once, as a crash would. */
  kill(name: string): Promise<void>;
  /** Starts one process (again); resolves when it is ready. */
  start(name: string): Promise<void>;
  /** Stops the processes if they are bound to this one. */
  close(): Promise<void>;
}

export interface EndedProcess {
  readonly name: string;
  readonly how: string;
  readonly logFile: string;
}

interface Running {
  readonly record: RecordedProduct;
  /** Undefined when an earlier command started it. */
  readonly launched: Launched | undefined;
}

/**
 * Makes the topics and starts the processes that do not run yet, side by side. Resolves when all are
 * ready. Throws StackError with the end of a log when one is not.
 */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const { stack, progress } = options;
  const kinds = options.processes ?? PRODUCT_PROCESSES;
  const { keeper, boundToParent } = stack;
  const running = await alreadyRunning(keeper.state());
  const environment = await environmentFor(options, running.size > 0 ? keeper.state() : undefined);
  await keeper.change((state) => ({ ...state, environment }));
  const brokers = stack.kafkaBrokers.split(',');
  const topicPrefix = environment.SENTINEL_TOPIC_PREFIX;
  const partitions = Number(environment.SENTINEL_PARTITIONS);
  await asTask(progress, 'Making topics', () =>
    options.createTopics({ brokers, topicPrefix, partitions }),
  );

  const { logs } = stack.instance;
  const { variables } = options;
  const surroundings = { logs, keeper, boundToParent, environment, variables, progress };
  const start = async (kind: ProductProcess): Promise<void> => {
    running.set(kind.name, await startProcess(kind, surroundings));
  };
  const stopStarted = async (): Promise<void> => {
    await Promise.all([...running.values()].map(async ({ launched }) => launched?.stop()));
  };
  const missing = kinds.filter(({ name }) => !running.has(name));
  const results = await Promise.allSettled(missing.map(start));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await stopStarted();
    throw failed.reason;
  }
  return {
    apiUrl: environment.SENTINEL_API_URL,
    environment,
    processes: () => kinds.flatMap(({ name }) => running.get(name)?.record ?? []),
    ended: () => [...running.values()].flatMap(whetherEnded),
    async kill(name) {
      const { launched } = named(running, name);
      running.delete(name);
      await launched?.kill();
    },
    start: (name) => start(named(new Map(kinds.map((kind) => [kind.name, kind])), name)),
    async close() {
      if (boundToParent) await stopStarted();
    },
  };
}

type ProductEnvironment = Record<string, string> &
  Record<(typeof SHARED)[number] | 'SENTINEL_API_PORT' | 'SENTINEL_API_URL', string>;

/** What the processes are told; `state` is given when some of them run already. */
async function environmentFor(
  options: ProductOptions,
  state: InstanceState | undefined,
): Promise<ProductEnvironment> {
  const { variables } = options;
  const apiPort = state?.environment.SENTINEL_API_PORT ?? String(await chooseApiPort(options));
  const environment = {
    ...options.stack.environment,
    SENTINEL_PRESET: options.preset,
    SENTINEL_TOPIC_PREFIX: variables.SENTINEL_TOPIC_PREFIX ?? '',
    SENTINEL_PARTITIONS: variables.SENTINEL_PARTITIONS ?? PARTITIONS,
    SENTINEL_NOTICE_FILE:
      variables.SENTINEL_NOTICE_FILE ?? path.join(options.stack.instance.logs, 'notices.jsonl'),
    SENTINEL_API_PORT: apiPort,
    SENTINEL_API_URL: `http://127.0.0.1:${apiPort}`,
  };
  if (state !== undefined) requireSame(environment, state.environment);
  return environment;
}

async function chooseApiPort(options: ProductOptions): Promise<number> {
  if (options.apiPort === 'free') return freePort();
  const port = wellKnownPort('api', options.variables);
  await requireFreePort('api', port);
  return port;
}

function requireSame(wanted: ProductEnvironment, running: Record<string, string>): void {
  const other = SHARED.find((name) => wanted[name] !== running[name]);
  if (other === undefined) return;
  throw new StackError(
    `The product runs already, with ${other}=${running[other] ?? ''}.`,
    `Run \`sentinel down\` first, then start it with ${other}=${wanted[other]}.`,
  );
}

/** The recorded processes that run and answer; one that runs and does not answer is stopped. */
async function alreadyRunning(state: InstanceState): Promise<Map<string, Running>> {
  const answering = await Promise.all(state.product.map(answers));
  const records = state.product.filter((_, index) => answering[index]);
  return new Map(records.map((record) => [record.name, { record, launched: undefined }]));
}

async function answers(record: RecordedProduct): Promise<boolean> {
  if (!(await isRunning(record.process))) return false;
  if (await isProcessHealthy(record)) return true;
  await stopRecorded(record.process, PRODUCT_GRACE_MS);
  return false;
}

function whetherEnded({ record, launched }: Running): EndedProcess[] {
  const how = launched?.ended();
  return how === undefined ? [] : [{ name: record.name, how, logFile: record.logFile }];
}

function named<T>(things: ReadonlyMap<string, T>, name: string): T {
  const thing = things.get(name);
  if (thing === undefined) throw new Error(`there is no process ${name}`);
  return thing;
}
