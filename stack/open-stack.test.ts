import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { acceptsConnections } from './accepts-connections.ts';
import { cacheLayout, instanceLayout } from './cache-layout.ts';
import { closeInstance } from './close-instance.ts';
import { keepState, readState } from './instance-state.ts';
import { instanceStatus } from './instance-status.ts';
import type { InstanceStatus } from './instance-status.ts';
import { NODE_FLAGS } from './launch.ts';
import type { Stack, StackOptions } from './open-stack.ts';
import { openStack } from './open-stack.ts';
import { silentProgress } from './progress.ts';
import { isRunning } from './recorded-process.ts';
import { isTemporalHealthy, SEARCH_ATTRIBUTES } from './temporal-server.ts';

/** Servers of our own, even where the test run has given others. */
const VARIABLES = withoutAddresses(process.env);
/** The real servers start in some seconds; much later when the machine is busy, and some tests start them twice. */
const START_MS_MAX = 300_000;
const GONE_MS_MAX = 60_000;
const KEPT = `stack-test-${process.pid}`;

let janitor: ChildProcess;

beforeAll(() => {
  janitor = spawn(process.execPath, [...NODE_FLAGS, '--input-type=module', '-e', JANITOR], {
    env: VARIABLES,
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });
});

afterAll(async () => {
  janitor.stdin?.end();
  await once(janitor, 'exit');
}, START_MS_MAX);

describe('a stack bound to its owner', () => {
  test(
    'is gone soon after its owner was killed with -9, servers and all',
    async () => {
      const owner = spawn(process.execPath, [...NODE_FLAGS, '--input-type=module', '-e', OWNER], {
        env: VARIABLES,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(owner.stdout, 'data')) as [Buffer];
      const instance = instanceLayout(cacheLayout(VARIABLES), line.toString().trim());
      const records = Object.values((await readState(instance)).servers);
      expect(records).toHaveLength(3);
      expect(await Promise.all(records.map(({ process }) => isRunning(process)))).toEqual([
        true,
        true,
        true,
      ]);

      owner.kill('SIGKILL');
      const deadline = performance.now() + GONE_MS_MAX;
      const left = async (): Promise<boolean> =>
        (await Promise.all(records.map(({ process }) => isRunning(process)))).includes(true);
      while (performance.now() < deadline && (await left())) await sleep(50);
      expect(await left()).toBe(false);
      await closeInstance(instance.name, true, VARIABLES, silentProgress);
    },
    START_MS_MAX,
  );
});

describe('a stack that is kept', () => {
  test(
    'starts once; the next one finds its servers running, with their data and keys',
    async () => {
      const first = await openKept();
      const keys = first.environment.SENTINEL_JWT_PRIVATE_KEY_FILE ?? '';
      await first.close();
      expect(first.servers.map(({ origin }) => origin)).toEqual(['started', 'started', 'started']);
      expect(statSync(keys).mode & 0o777).toBe(0o600);

      const second = await openKept();
      await second.close();
      expect(second.servers.map(({ origin }) => origin)).toEqual(['running', 'running', 'running']);
      expect(second.environment).toEqual(first.environment);

      const status = await healthyStatus(second.instance);
      expect(status).toMatchObject({ healthy: true, processes: [] });
      expect(status.servers.map(({ health }) => health)).toEqual(['healthy', 'healthy', 'healthy']);
    },
    START_MS_MAX,
  );

  test(
    'does not believe a record whose pid belongs to another process by now',
    async () => {
      const { instance, close } = await openKept();
      await close();
      const keeper = await keepState(instance);
      const { kafka } = keeper.state().servers;
      if (kafka === undefined) throw new Error('Kafka is not recorded');
      const wrong = { ...kafka, process: { ...kafka.process, pid: process.pid } };
      await keeper.change((state) => ({ ...state, servers: { ...state.servers, kafka: wrong } }));
      expect((await instanceStatus(instance, VARIABLES)).servers[1]).toMatchObject({
        name: 'kafka',
        health: 'down',
        pid: null,
      });
      await keeper.change((state) => ({ ...state, servers: { ...state.servers, kafka } }));
    },
    START_MS_MAX,
  );

  test(
    'has every search attribute of the cases, also on a database that was made without one',
    async () => {
      const { temporalAddress, close } = await openKept();
      await close();
      const namespace = 'default';
      const connection = await Connection.connect({ address: temporalAddress });
      const { operatorService } = connection;
      await operatorService.removeSearchAttributes({
        namespace,
        searchAttributes: ['SentinelPolicy'],
      });
      const before = await operatorService.listSearchAttributes({ namespace });
      await (await openKept()).close();
      const after = await operatorService.listSearchAttributes({ namespace });
      await connection.close();
      expect(Object.keys(before.customAttributes)).not.toContain('SentinelPolicy');
      expect(Object.keys(after.customAttributes)).toEqual(
        expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)),
      );
    },
    START_MS_MAX,
  );

  test(
    'stops, and is forgotten with its data when it is wiped',
    async () => {
      const { instance, temporalAddress, kafkaBrokers, close } = await openKept();
      await close();
      const { stopped } = await closeInstance(KEPT, true, VARIABLES, silentProgress);
      expect(stopped).toBe(3);
      expect(await acceptsConnections(temporalAddress)).toBe(false);
      expect(await acceptsConnections(kafkaBrokers)).toBe(false);
      expect(existsSync(instance.root)).toBe(false);
    },
    START_MS_MAX,
  );
});

describe('an address given by the environment', () => {
  test.each([
    ['TEMPORAL_ADDRESS', '127.0.0.1:1', 'Temporal'],
    ['KAFKA_BROKERS', '127.0.0.1:1', 'Kafka'],
    ['DYNAMODB_ENDPOINT', 'http://127.0.0.1:1', 'DynamoDB Local'],
  ])(
    'in %s where nothing answers is named, and nothing is started',
    async (name, address, title) => {
      const failure = openStack({ ...options(), variables: { ...VARIABLES, [name]: address } });
      await expect(failure).rejects.toMatchObject({
        message: `${title} does not answer at ${name}=${address}.`,
        cure: expect.stringContaining(`unset ${name}`),
      });
    },
  );
});

test('no Temporal server is healthy where another program listens', async () => {
  expect(await isTemporalHealthy('127.0.0.1:1', 'default')).toBe(false);
});

/** Clears the kept stack away when the tests end, also when they are killed. */
const JANITOR = `
  import { closeInstance } from '${path.join(import.meta.dirname, 'close-instance.ts')}';
  import { silentProgress } from '${path.join(import.meta.dirname, 'progress.ts')}';
  import { rmSync } from 'node:fs';
  process.stdin.on('end', async () => {
    await closeInstance('${KEPT}', true, process.env, silentProgress);
    rmSync('${instanceLayout(cacheLayout(VARIABLES), KEPT).lockFile}', { force: true });
  }).resume();
`;

const OWNER = `
  import { openStack } from '${path.join(import.meta.dirname, 'open-stack.ts')}';
  import { silentProgress } from '${path.join(import.meta.dirname, 'progress.ts')}';
  const stack = await openStack({ instance: 'stack-test-bound', fresh: true, boundToParent: true,
    ports: 'free', variables: process.env, progress: silentProgress });
  console.log(stack.instance.name);
  setInterval(() => {}, 1000);
`;

function options(): StackOptions {
  return {
    instance: KEPT,
    fresh: false,
    boundToParent: false,
    ports: 'free',
    variables: VARIABLES,
    progress: silentProgress,
  };
}

/** How it is once every server has answered in time, which a busy machine may not at once. */
async function healthyStatus(instance: Stack['instance']): Promise<InstanceStatus> {
  const deadline = performance.now() + GONE_MS_MAX;
  for (;;) {
    const status = await instanceStatus(instance, VARIABLES);
    if (status.healthy || performance.now() > deadline) return status;
    await sleep(50);
  }
}

function openKept(): Promise<Stack> {
  return openStack(options());
}

function withoutAddresses(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const given = ['TEMPORAL_ADDRESS', 'KAFKA_BROKERS', 'DYNAMODB_ENDPOINT'];
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !given.includes(name)));
}
