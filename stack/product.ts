import path from 'node:path';
import { PRODUCT_GRACE_MS } from './instance-processes.ts';
import type { InstanceState, RecordedProduct } from './instance-state.ts';
import { readState } from './instance-state.ts';
import type { Stack } from './open-stack.ts';
import { freePort, requireFreePort, wellKnownPort } from './ports.ts';
import type { ProductProcess } from './product-processes.ts';
import { PRODUCT_PROCESSES } from './product-processes.ts';
import type { Progress } from './progress.ts';
import { asTask } from './progress.ts';
import { isProcessHealthy } from './process-health.ts';
import { isRunning, stopRecorded } from './recorded-process.ts';
import { RESTART_RULE } from './restart-rule.ts';
import type { RestartRule } from './restart-rule.ts';
import { StackError } from './stack-error.ts';
import { isSupervised, superviseApart } from './supervised-apart.ts';
import { Supervisor } from './supervisor.ts';
import type { EndedProcess } from './supervisor.ts';

const PARTITIONS = '8';
const USUAL_PRESET = 'house';
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
  /** Policy: `demo` or `house`; null for the one that runs already, else `house`. */
  readonly preset: string | null;
  /** `known` is 3000, moved by SENTINEL_API_PORT. */
  readonly apiPort: 'known' | 'free';
  /** Also SENTINEL_TOPIC_PREFIX and SENTINEL_PARTITIONS (8). */
  readonly variables: NodeJS.ProcessEnv;
  readonly progress: Progress;
  /** All of them, unless a test wants others. */
  readonly processes?: readonly ProductProcess[];
  /** When what ended by itself is started again, if not as usual. */
  readonly rule?: RestartRule;
}

/** The running processes of the product. */
export interface Product {
  readonly apiUrl: string;
  /** What the processes were told, and SENTINEL_API_URL: enough for a client. */
  readonly environment: Record<string, string>;
  /** Those that are meant to run. */
  processes(): readonly RecordedProduct[];
  /** The ends that nobody had asked for, also of what was started again since. */
  ended(): readonly EndedProcess[];
  /** Ends one process at once, as a crash would, and does not start it again. */
  kill(name: string): Promise<void>;
  /** Starts one process (again); resolves when it is ready. */
  start(name: string): Promise<void>;
  /** Stops the processes if they are bound to this one. */
  close(): Promise<void>;
}

/**
 * Makes the topics and starts the processes that do not run yet, side by side, under a supervisor that
 * starts again what ends by itself: this process, or, when the stack outlives it, one of its own.
 * Resolves when all are ready. Throws StackError with the end of a log when one is not.
 */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const { stack, progress } = options;
  const { keeper, boundToParent } = stack;
  const before = await readState(stack.instance);
  const running = boundToParent ? await runningNames(keeper.state()) : [];
  const isJoined = boundToParent ? running.length > 0 : await isSupervised(before);
  const environment = await environmentFor(options, isJoined ? keeper.state() : undefined);
  await keeper.change((state) => ({ ...state, environment }));
  const brokers = stack.kafkaBrokers.split(',');
  const topicPrefix = environment.SENTINEL_TOPIC_PREFIX;
  const partitions = Number(environment.SENTINEL_PARTITIONS);
  await asTask(progress, 'Making topics', () =>
    options.createTopics({ brokers, topicPrefix, partitions }),
  );
  return boundToParent
    ? superviseHere(options, environment, running)
    : productApart(options, environment);
}

async function superviseHere(
  { stack, progress, variables, rule, processes: kinds = PRODUCT_PROCESSES }: ProductOptions,
  environment: ProductEnvironment,
  running: readonly string[],
): Promise<Product> {
  const { keeper } = stack;
  const { logs } = stack.instance;
  const supervisor = new Supervisor(
    { logs, keeper, boundToParent: true, environment, variables, progress },
    rule,
  );
  const missing = kinds.filter(({ name }) => !running.includes(name));
  const results = await Promise.allSettled(missing.map((kind) => supervisor.start(kind)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await supervisor.stop();
    throw failed.reason;
  }
  const recordsOf = (names: readonly string[]): RecordedProduct[] =>
    keeper.state().product.filter(({ name }) => names.includes(name));
  return {
    apiUrl: environment.SENTINEL_API_URL,
    environment,
    processes: () => inKindOrder(kinds, [...supervisor.processes(), ...recordsOf(running)]),
    ended: () => supervisor.ended(),
    kill: (name) => supervisor.kill(name),
    start: (name) => supervisor.start(named(kinds, name)),
    close: () => supervisor.stop(),
  };
}

/** For a command that ends before the product does: what crashes then is the supervisor's business. */
async function productApart(
  {
    stack,
    progress,
    variables,
    rule = RESTART_RULE,
    processes = PRODUCT_PROCESSES,
  }: ProductOptions,
  environment: ProductEnvironment,
): Promise<Product> {
  const { instance } = stack;
  const records = await superviseApart({ instance, processes, rule, variables, progress });
  const notHere = (): Promise<never> =>
    Promise.reject(new Error('the supervisor of a kept product alone starts and stops its parts'));
  return {
    apiUrl: environment.SENTINEL_API_URL,
    environment,
    processes: () => inKindOrder(processes, records),
    ended: () => [],
    kill: notHere,
    start: notHere,
    close: () => Promise.resolve(),
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
    SENTINEL_PRESET: options.preset ?? state?.environment.SENTINEL_PRESET ?? USUAL_PRESET,
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
async function runningNames({ product }: InstanceState): Promise<string[]> {
  const answering = await Promise.all(product.map(answers));
  return product.filter((_, index) => answering[index]).map(({ name }) => name);
}

async function answers(record: RecordedProduct): Promise<boolean> {
  if (!(await isRunning(record.process))) return false;
  if (await isProcessHealthy(record)) return true;
  await stopRecorded(record.process, PRODUCT_GRACE_MS);
  return false;
}

function inKindOrder(
  kinds: readonly ProductProcess[],
  records: readonly RecordedProduct[],
): RecordedProduct[] {
  return kinds.flatMap(({ name }) => records.find((record) => record.name === name) ?? []);
}

function named(kinds: readonly ProductProcess[], name: string): ProductProcess {
  const kind = kinds.find((one) => one.name === name);
  if (kind === undefined) throw new Error(`there is no process ${name}`);
  return kind;
}
