import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { freePort } from '#stack/ports.ts';
import { PRODUCT_PROCESSES } from '#stack/product-processes.ts';
import { sentinel } from './cli-fixture.ts';
import type { CliRun } from './cli-fixture.ts';
import { eventually } from './kafka-fixture.ts';

/** `sentinel up` with the real product on the real servers, and what becomes of it when parts die. */

const LONG_MS = 240_000;
const NAMES = PRODUCT_PROCESSES.map(({ name }) => name);

const partSchema = z.object({
  name: z.string(),
  health: z.string(),
  pid: z.number().nullable(),
  restarts: z.number().nullable(),
  last_exit: z.object({ how: z.string() }).nullable(),
});
type Part = z.infer<typeof partSchema>;
const statusSchema = z.array(z.object({ processes: z.array(partSchema) }));

let cache: string;
let variables: Record<string, string>;

beforeAll(async () => {
  cache = await mkdtemp(path.join(tmpdir(), 'sentinel-up-'));
  variables = {
    HOME: cache,
    XDG_CACHE_HOME: cache,
    TEMPORAL_ADDRESS: given('TEMPORAL_ADDRESS'),
    KAFKA_BROKERS: given('KAFKA_BROKERS'),
    DYNAMODB_ENDPOINT: given('DYNAMODB_ENDPOINT'),
    AWS_REGION: process.env.AWS_REGION ?? 'us-east-1',
    AWS_ACCESS_KEY_ID: process.env.AWS_ACCESS_KEY_ID ?? 'local',
    AWS_SECRET_ACCESS_KEY: process.env.AWS_SECRET_ACCESS_KEY ?? 'local',
    SENTINEL_TOPIC_PREFIX: `supervision-${String(process.pid)}.`,
    SENTINEL_PARTITIONS: '2',
    SENTINEL_API_PORT: String(await freePort()),
  };
});
afterAll(async () => {
  await run('down', '--wipe');
  await rm(cache, { recursive: true, force: true });
}, LONG_MS);

const run = (...words: string[]): Promise<CliRun> => sentinel(words, variables);

/** It ended with 0; else what it complained of is shown. */
function expectDone({ exitCode, out, err }: CliRun): void {
  expect(exitCode === 0 ? exitCode : { exitCode, out, err }).toBe(0);
}

async function parts(): Promise<Map<string, Part>> {
  const { out } = await run('status', '--json', '--instance', 'local');
  const [status] = statusSchema.parse(JSON.parse(out));
  return new Map(status?.processes.map((part) => [part.name, part]));
}

function kill9(part: Part | undefined): void {
  if (typeof part?.pid !== 'number') throw new Error(`${part?.name ?? 'it'} does not run`);
  process.kill(part.pid, 'SIGKILL');
}

describe('what `sentinel up` leaves behind', () => {
  test(
    'comes back by itself when it is killed, part by part, and leaves no orphan when its supervisor is',
    async () => {
      expectDone(await run('up', '--preset', 'demo'));

      const before = await parts();
      for (const name of NAMES) kill9(before.get(name));
      const after = await eventually('all parts are back', LONG_MS, async () => {
        const now = await parts();
        const back = NAMES.every((name) => {
          const part = now.get(name);
          return part?.health === 'healthy' && part.pid !== before.get(name)?.pid;
        });
        return back && now;
      });
      for (const name of NAMES) {
        expect(after.get(name)).toMatchObject({ last_exit: { how: 'SIGKILL' } });
        expect(after.get(name)?.restarts).toBeGreaterThanOrEqual(1);
      }
      expect(after.get('supervisor')?.pid).toBe(before.get('supervisor')?.pid);
      expectDone(await run('alerts'));

      kill9(after.get('supervisor'));
      await eventually('nothing is left', LONG_MS, async () => (await ownPids()).length === 0);
      expectDone(await run('up', '--preset', 'demo'));
      expectDone(await run('down'));
      expect(await ownPids()).toEqual([]);
    },
    2 * LONG_MS,
  );
});

/** Ids of processes that were told of this test's topics, this one apart. */
async function ownPids(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const told = await Promise.all(
    pids.map((pid) =>
      readFile(`/proc/${pid}/environ`, 'utf8').then(
        (environ) =>
          environ.includes(`SENTINEL_TOPIC_PREFIX=${variables.SENTINEL_TOPIC_PREFIX ?? ''}`),
        // Gone meanwhile, or somebody else's.
        () => false,
      ),
    ),
  );
  return pids.filter((_, index) => told[index] === true);
}

function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run \`npm test\``);
  return value;
}
