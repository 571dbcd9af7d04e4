import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { cacheLayout, instanceLayout } from './cache-layout.ts';
import { stopProduct } from './instance-processes.ts';
import { keepState, readState } from './instance-state.ts';
import { instanceStatus } from './instance-status.ts';
import type { InstanceStatus } from './instance-status.ts';
import type { Stack } from './open-stack.ts';
import type { RecordedProduct } from './instance-state.ts';
import type { Product, ProductOptions } from './product.ts';
import { startProduct } from './product.ts';
import type { ProductProcess } from './product-processes.ts';
import { silentProgress } from './progress.ts';
import { isRunning } from './recorded-process.ts';

/** What every process of the product does: health over HTTP, a line when it is ready, an orderly end. */
const WELL_BEHAVED = `
  import { createServer } from 'node:http';
  createServer((_, response) => response.end()).listen(Number(process.env.SENTINEL_METRICS_PORT), '127.0.0.1',
    () => console.log(JSON.stringify({ event: 'ready', preset: process.env.SENTINEL_PRESET })));
  if (process.env.SENTINEL_EXIT_WITH_PARENT === '1') process.stdin.on('end', () => process.exit(0)).resume();
`;
const ENDS_BEFORE_IT_IS_READY = `console.log('no such topic'); process.exit(3);`;

jest.setTimeout(240_000);

let home = '';
let topicsMade: unknown[] = [];

beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'sentinel-product-'));
  topicsMade = [];
});

afterEach(async () => {
  await stopProduct(await readState(layout()));
  rmSync(home, { recursive: true });
});

describe('the product', () => {
  test('is up when every process has said that it is ready, and says where', async () => {
    const product = await startProduct(await options({ boundToParent: true }));
    expect(product.processes().map(({ name }) => name)).toEqual(['engine', 'api']);
    expect(product.ended()).toEqual([]);
    expect(topicsMade).toEqual([{ brokers: ['a:1', 'b:2'], topicPrefix: 'x.', partitions: 4 }]);
    expect(product.environment).toMatchObject({
      KAFKA_BROKERS: 'a:1,b:2',
      SENTINEL_PRESET: 'demo',
      SENTINEL_API_URL: product.apiUrl,
    });
    const { processes } = await statusWhenHealthy();
    expect(processes).toMatchObject([
      { name: 'api', health: 'healthy', address: product.apiUrl },
      { name: 'engine', health: 'healthy' },
    ]);
    await product.close();
    expect(await running()).toEqual([false, false]);
  });

  test('does not come up when a process ends before: its name and last words are shown, the others stopped', async () => {
    const broken = entry('broken', ENDS_BEFORE_IT_IS_READY);
    const start = startProduct(
      await options({ boundToParent: false, processes: [entry('engine', WELL_BEHAVED), broken] }),
    );
    await expect(start).rejects.toMatchObject({
      message: expect.stringMatching(
        /^broken ended while starting \(exit code 3\).*\n.*no such topic/,
      ),
      cure: expect.stringContaining('broken.log'),
    });
    expect(await running()).not.toContain(true);
  });

  test('starts again what ended by itself, and says what it was', async () => {
    const product = await startProduct(await options({ boundToParent: true }));
    const killed = pidNow(product, 'engine');
    process.kill(killed, 'SIGKILL');
    const engine = await eventually('another engine', () => anotherThan(product, 'engine', killed));
    expect(product.ended()).toMatchObject([{ name: 'engine', how: 'SIGKILL' }]);
    expect(engine).toMatchObject({ restarts: 1, lastExit: { how: 'SIGKILL' } });
    const { processes } = await statusWhenHealthy();
    expect(processes).toMatchObject([
      { name: 'api', restarts: 0, last_exit: null },
      { name: 'engine', health: 'healthy', restarts: 1, last_exit: { how: 'SIGKILL' } },
    ]);
    await product.close();
    expect(await running()).toEqual([false, false]);
  });

  test('gives up what ends again and again, and says so; the others go on', async () => {
    const moody = entry('moody', WELL_BEHAVED);
    const product = await startProduct(
      await options({ boundToParent: true, processes: [moody, entry('api', WELL_BEHAVED)] }),
    );
    // From now on it ends at once, whenever it is started.
    writeFileSync(moody.entry, ENDS_BEFORE_IT_IS_READY);
    process.kill(pidNow(product, 'moody'), 'SIGKILL');
    const { healthy, processes } = await eventually('moody is given up, api is well', async () => {
      const status = await instanceStatus(layout(), {});
      const isGivenUp = status.processes.some(({ given_up }) => given_up);
      const isApiWell = status.processes.some(({ health }) => health === 'healthy');
      return isGivenUp && isApiWell ? status : undefined;
    });
    expect(product.ended().map(({ name }) => name)).toEqual(['moody', 'moody', 'moody']);
    expect(healthy).toBe(false);
    expect(processes).toMatchObject([
      { name: 'api', health: 'healthy', given_up: false },
      {
        ...{ name: 'moody', health: 'down', given_up: true, restarts: 2 },
        last_exit: { how: expect.stringContaining('exit code 3') },
      },
    ]);
    await product.close();
  });

  test('loses one process by kill without complaint, and gets it back by start', async () => {
    const product = await startProduct(await options({ boundToParent: true }));
    await product.kill('engine');
    expect(product.ended()).toEqual([]);
    expect(product.processes().map(({ name }) => name)).toEqual(['api']);
    await product.start('engine');
    expect(product.processes().map(({ name }) => name)).toEqual(['engine', 'api']);
    await product.close();
  });
});

describe('a product that is kept', () => {
  test('goes on when its starter closes: its supervisor starts again what is killed, and the next start finds it', async () => {
    const first = await startProduct(await options({ boundToParent: false }));
    await first.close();
    expect(await running()).toEqual([true, true]);
    const [engine, api] = first.processes();
    process.kill(pidOf(engine), 'SIGKILL');
    const again = await eventually('the engine is started again', async () => {
      const { processes } = await instanceStatus(layout(), {});
      return processes.find(({ restarts, health }) => restarts === 1 && health === 'healthy');
    });
    expect(again).toMatchObject({ name: 'engine', last_exit: { how: 'SIGKILL' } });

    const second = await startProduct(await options({ boundToParent: false }));
    expect(second.processes().map(({ name, process: { pid } }) => [name, pid])).toEqual([
      ['engine', again.pid],
      ['api', api?.process.pid],
    ]);
    expect(second.apiUrl).toBe(first.apiUrl);
  });

  test('tries anew at the next start what its supervisor gave up', async () => {
    const moody = entry('moody', WELL_BEHAVED);
    const processes = [moody, entry('api', WELL_BEHAVED)];
    const first = await startProduct(await options({ boundToParent: false, processes }));
    writeFileSync(moody.entry, ENDS_BEFORE_IT_IS_READY);
    process.kill(pidOf(first.processes()[0]), 'SIGKILL');
    await eventually('moody is given up', async () => {
      const status = await instanceStatus(layout(), {});
      return status.processes.find(({ given_up: isGivenUp }) => isGivenUp);
    });
    await expect(
      startProduct(await options({ boundToParent: false, processes })),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/^moody ends again and again/),
      cure: expect.stringContaining('moody.log'),
    });
    writeFileSync(moody.entry, WELL_BEHAVED);
    const second = await startProduct(await options({ boundToParent: false, processes }));
    expect(second.processes()).toHaveLength(2);
  });

  test('ends with its supervisor, however that ends, and comes up anew', async () => {
    await startProduct(await options({ boundToParent: false }));
    const { supervision } = await readState(layout());
    process.kill(pidOf(supervision), 'SIGKILL');
    await eventually(
      'nothing runs any more',
      async () => (await running()).every((runs) => !runs) || undefined,
    );
    const second = await startProduct(await options({ boundToParent: false }));
    expect(second.processes()).toHaveLength(2);
    await stopProduct(await readState(layout()));
    expect(await running()).toEqual([false, false]);
  });

  test('keeps the preset that it runs with when none is asked for', async () => {
    await startProduct(await options({ boundToParent: false }));
    const again = await startProduct(await options({ boundToParent: false, preset: null }));
    expect(again.environment.SENTINEL_PRESET).toBe('demo');
  });

  test('is not joined by processes of another preset', async () => {
    await startProduct(await options({ boundToParent: false }));
    const start = startProduct(await options({ boundToParent: false, preset: 'house' }));
    await expect(start).rejects.toMatchObject({
      message: 'The product runs already, with SENTINEL_PRESET=demo.',
      cure: expect.stringContaining('sentinel down'),
    });
  });
});

/** Waits for what takes its time, on a machine with other work. */
async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const giveUpAt = performance.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > giveUpAt) throw new Error(`it did not come: ${what}`);
    await sleep(50);
  }
}

/** How the instance is once every part has answered in time, which a busy one may not at once. */
function statusWhenHealthy(): Promise<InstanceStatus> {
  return eventually('every process is healthy', async () => {
    const status = await instanceStatus(layout(), {});
    return status.processes.every(({ health }) => health === 'healthy') ? status : undefined;
  });
}

function pidNow(product: Product, name: string): number {
  return pidOf(product.processes().find((record) => record.name === name));
}

/** Throws without a process: a signal to pid 0 goes to whoever runs these tests. */
function pidOf(record: { readonly process: { readonly pid: number } } | undefined): number {
  if (record === undefined) throw new Error('the process is not recorded');
  return record.process.pid;
}

/** The process of this name, ready, once it is no more the one with this pid. */
function anotherThan(product: Product, name: string, pid: number): RecordedProduct | undefined {
  return product
    .processes()
    .find((one) => one.name === name && one.process.pid !== pid && one.readyAtMs !== null);
}

function layout(): ReturnType<typeof instanceLayout> {
  return instanceLayout(cacheLayout({ XDG_CACHE_HOME: home }), 'local');
}

function entry(name: string, script: string): ProductProcess {
  const file = path.join(home, `${name}.mjs`);
  writeFileSync(file, script);
  return { name, entry: file, servesApi: name === 'api', heap: 'SMALL' };
}

/** A stack without servers: these processes do not use them. */
async function options(
  changes: Partial<ProductOptions> & { boundToParent: boolean },
): Promise<ProductOptions> {
  const { boundToParent, ...others } = changes;
  const stack: Stack = {
    instance: layout(),
    keeper: await keepState(layout()),
    boundToParent,
    temporalAddress: 't:1',
    temporalUiUrl: undefined,
    kafkaBrokers: 'a:1,b:2',
    dynamodbEndpoint: 'http://d:1',
    environment: { KAFKA_BROKERS: 'a:1,b:2' },
    servers: [],
    close: () => Promise.resolve(),
  };
  return {
    stack,
    createTopics: (topics) => Promise.resolve(void topicsMade.push(topics)),
    preset: 'demo',
    apiPort: 'free',
    variables: {
      ...process.env,
      XDG_CACHE_HOME: home,
      SENTINEL_TOPIC_PREFIX: 'x.',
      SENTINEL_PARTITIONS: '4',
    },
    progress: silentProgress,
    processes: [entry('engine', WELL_BEHAVED), entry('api', WELL_BEHAVED)],
    rule: { pauseMs: 50, pauseMsMax: 200, steadyMs: 60_000, quickEndsMax: 3 },
    ...others,
  };
}

async function running(): Promise<boolean[]> {
  const { product } = await readState(layout());
  const ordered = product.toSorted((a, b) => b.name.localeCompare(a.name));
  return Promise.all(ordered.map(({ process }) => isRunning(process)));
}
