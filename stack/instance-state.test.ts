import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { InstanceLayout } from './cache-layout.ts';
import { cacheLayout, instanceLayout } from './cache-layout.ts';
import { keepState, readState, removeState } from './instance-state.ts';
import type { RecordedProduct } from './instance-state.ts';

const RECORD: RecordedProduct = {
  name: 'engine',
  process: { pid: 1, startMark: 'a' },
  metricsUrl: 'http://127.0.0.1:1',
  logFile: 'engine.log',
  startedAtMs: 1,
  readyAtMs: 2,
  restarts: 3,
  lastExit: { how: 'SIGKILL', atMs: 1 },
  givenUpAtMs: null,
};

let home = '';
let instance: InstanceLayout;

beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'sentinel-state-'));
  instance = instanceLayout(cacheLayout({ XDG_CACHE_HOME: home }), 'local');
});

afterEach(() => rmSync(home, { recursive: true }));

describe('what is written down about an instance', () => {
  test('is nothing at first', async () => {
    expect(await readState(instance)).toEqual({ servers: {}, product: [], environment: {} });
  });

  test('keeps every one of many changes made at once, readable by its owner only', async () => {
    const keeper = await keepState(instance);
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        keeper.change((state) => ({
          ...state,
          environment: { ...state.environment, [`V${n}`]: String(n) },
        })),
      ),
    );
    expect(Object.keys((await readState(instance)).environment)).toHaveLength(20);
    expect(statSync(instance.stateFile).mode & 0o777).toBe(0o600);
    await removeState(instance);
    expect((await readState(instance)).environment).toEqual({});
  });

  test('is written by two, each its part: who starts servers, and who supervises the product', async () => {
    const starter = await keepState(instance);
    const supervisor = await keepState(instance);
    await supervisor.change((state) => ({ ...state, product: [RECORD] }));
    await starter.change((state) => ({ ...state, environment: { A: '1' } }));
    await supervisor.change((state) => ({ ...state, product: [RECORD, RECORD] }));
    const { product, environment } = await readState(instance);
    expect(product).toEqual([RECORD, RECORD]);
    expect(environment).toEqual({ A: '1' });
  });

  test.each(['', '{', '[]', '{"servers":{"kafka":{"pid":1}},"environment":{}}'])(
    'counts as nothing when it cannot be understood: %s',
    async (text) => {
      const keeper = await keepState(instance);
      await keeper.change((state) => ({ ...state, environment: {}, product: [] }));
      writeFileSync(instance.stateFile, text);
      writeFileSync(instance.productFile, text);
      expect(await readState(instance)).toEqual({ servers: {}, product: [], environment: {} });
    },
  );
});

test.each([
  [{ XDG_CACHE_HOME: '/x' }, '/x/margin-sentinel'],
  [{ HOME: '/home/a' }, '/home/a/.cache/margin-sentinel'],
  [{ HOME: '/home/a', XDG_CACHE_HOME: '/x' }, '/x/margin-sentinel'],
  [{ HOME: '/home/a', XDG_CACHE_HOME: '' }, '/home/a/.cache/margin-sentinel'],
])('with %j the cache is at %s', (variables, root) => {
  expect(cacheLayout(variables).root).toBe(root);
});
