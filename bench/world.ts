import { randomBytes } from 'node:crypto';
import { createEndOffsets } from '#platform/kafka/log-reader.ts';
import type { KafkaSurroundings } from '#platform/kafka/client.ts';
import { createTopics } from '#platform/kafka/topics.ts';
import { createLogger } from '#platform/logging.ts';
import type { EndOffsets } from '#ports/log-reader.ts';
import { startProduct } from '#stack/product.ts';
import type { Product } from '#stack/product.ts';
import { PRODUCT_PROCESSES } from '#stack/product-processes.ts';
import type { ProductProcess } from '#stack/product-processes.ts';
import type { BenchContext } from './benchmark.ts';
import { EngineWatch } from './engine-watch.ts';
import { startGenerator } from './generator.ts';
import type { Generator } from './generator.ts';
import type { PopulationPlan } from './population.ts';
import { Watch } from './watch.ts';

export const PARTITIONS = 8;
/** A broker as it works; its policy is that of most of its accounts. */
const PRESET = 'house';

export const ENGINE = 'margin-engine';

/** Topics of their own on the bench's servers, with a population on them, and processes of the product. */
export interface World {
  readonly surroundings: KafkaSurroundings;
  readonly generator: Generator;
  readonly ends: EndOffsets;
  readonly engine: EngineWatch;
  /** Unknown for servers that the environment names. */
  readonly brokerPid: number | undefined;
  readonly temporalPid: number | undefined;
  /**
   * Starts processes; resolves when they say that they are ready. `order-gate-2` is one more of the kind
   * `order-gate`.
   */
  start(...names: readonly string[]): Promise<Product>;
  /** A reader of its own, to be stopped with the world. */
  watch(fetchPauseMs?: number): Watch;
}

/** Opens a world, writes its population, and hands it to `use`; what was started is stopped after it. */
export async function inWorld<T>(
  context: BenchContext,
  name: string,
  plan: PopulationPlan,
  use: (world: World) => Promise<T>,
): Promise<T> {
  const topicPrefix = `bench-${name}-${randomBytes(3).toString('hex')}.`;
  const brokers = context.stack.kafkaBrokers.split(',');
  const logger = createLogger('bench', 'error');
  const surroundings = { brokers, topicPrefix, clientId: 'bench', logger };
  await createTopics({ brokers, topicPrefix, partitions: PARTITIONS });
  const generator = startGenerator({ brokers, topicPrefix, partitions: PARTITIONS, plan });
  const closers: (() => Promise<void>)[] = [];
  try {
    await generator.do({ kind: 'SEED' });
    const ends = await createEndOffsets(surroundings);
    closers.push(() => ends.close());
    const watch = (fetchPauseMs?: number): Watch => {
      const opened = new Watch(surroundings, fetchPauseMs);
      closers.push(() => opened.stop());
      return opened;
    };
    const start = async (...names: readonly string[]): Promise<Product> => {
      const product = await startProduct(productOptions(context, topicPrefix, names));
      closers.unshift(() => product.close());
      return product;
    };
    const engine = new EngineWatch(watch(), PARTITIONS);
    await engine.start();
    const brokerPid = serverPidOf(context, 'kafka');
    const temporalPid = serverPidOf(context, 'temporal');
    const servers = { brokerPid, temporalPid };
    return await use({ surroundings, generator, ends, engine, ...servers, start, watch });
  } finally {
    generator.stop();
    for (const close of closers) await close();
  }
}

function productOptions(
  { stack, variables, progress }: BenchContext,
  topicPrefix: string,
  names: readonly string[],
): Parameters<typeof startProduct>[0] {
  return {
    stack,
    createTopics,
    preset: PRESET,
    apiPort: 'free',
    variables: {
      ...variables,
      SENTINEL_TOPIC_PREFIX: topicPrefix,
      SENTINEL_PARTITIONS: String(PARTITIONS),
      SENTINEL_LOG_LEVEL: 'info',
    },
    progress,
    processes: names.map(processNamed),
  };
}

function processNamed(name: string): ProductProcess {
  const kind = PRODUCT_PROCESSES.find((each) => name.replace(/-\d+$/, '') === each.name);
  if (kind === undefined) throw new Error(`there is no process ${name}`);
  return { ...kind, name };
}

function serverPidOf({ stack }: BenchContext, name: 'kafka' | 'temporal'): number | undefined {
  return stack.servers.find(({ kind }) => kind.name === name)?.record?.process.pid;
}

/** The process id of a part that runs. */
export function pidOf(product: Product, name: string): number {
  const running = product.processes().find((process) => process.name === name);
  if (running === undefined) throw new Error(`${name} does not run`);
  return running.process.pid;
}
