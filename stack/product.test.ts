import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cacheLayout, instanceLayout } from './cache-layout.ts';
import { stopProduct } from './instance-processes.ts';
import { keepState, readState } from './instance-state.ts';
import { instanceStatus } from './instance-status.ts';
import type { Stack } from './open-stack.ts';
import type { ProductOptions } from './product.ts';
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
    const { processes } = await instanceStatus(layout(), {});
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

  test('tells which process ended although nobody asked it to, and can start it again', async () => {
    const product = await startProduct(await options({ boundToParent: true }));
    const engine = product.processes().find(({ name }) => name === 'engine');
    process.kill(engine?.process.pid ?? 0, 'SIGKILL');
    await sleep(200);
    expect(product.ended()).toMatchObject([{ name: 'engine', how: 'SIGKILL' }]);
    await product.start('engine');
    expect(product.ended()).toEqual([]);
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
  test('goes on when its starter closes; the next start finds it, and only what is down is started', async () => {
    const first = await startProduct(await options({ boundToParent: false }));
    await first.close();
    expect(await running()).toEqual([true, true]);
    const [engine, api] = first.processes();
    process.kill(engine?.process.pid ?? 0, 'SIGKILL');
    await sleep(200);

    const second = await startProduct(await options({ boundToParent: false }));
    const again = new Map(second.processes().map((record) => [record.name, record.process.pid]));
    expect(again.get('api')).toBe(api?.process.pid);
    expect(again.get('engine')).not.toBe(engine?.process.pid);
    expect(second.apiUrl).toBe(first.apiUrl);
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

function layout(): ReturnType<typeof instanceLayout> {
  return instanceLayout(cacheLayout({ XDG_CACHE_HOME: home }), 'local');
}

function entry(name: string, script: string): ProductProcess {
  const file = path.join(home, `${name}.mjs`);
  writeFileSync(file, script);
  return { name, entry: file, servesApi: name === 'api' };
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
    variables: { ...process.env, SENTINEL_TOPIC_PREFIX: 'x.', SENTINEL_PARTITIONS: '4' },
    progress: silentProgress,
    processes: [entry('engine', WELL_BEHAVED), entry('api', WELL_BEHAVED)],
    ...others,
  };
}

async function running(): Promise<boolean[]> {
  const { product } = await readState(layout());
  const ordered = product.toSorted((a, b) => b.name.localeCompare(a.name));
  return Promise.all(ordered.map(({ process }) => isRunning(process)));
}
