import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { InstanceLayout } from './cache-layout.ts';
import { cacheLayout, instanceLayout } from './cache-layout.ts';
import { keepState, readState, removeState } from './instance-state.ts';

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

  test.each(['', '{', '[]', '{"servers":{"kafka":{"pid":1}},"product":[],"environment":{}}'])(
    'counts as nothing when it cannot be understood: %s',
    async (text) => {
      const keeper = await keepState(instance);
      await keeper.change((state) => state);
      writeFileSync(instance.stateFile, text);
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
