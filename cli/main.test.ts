import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { NODE_FLAGS } from '#stack/launch.ts';

let cache = '';

beforeAll(() => {
  cache = mkdtempSync(path.join(os.tmpdir(), 'sentinel-cli-'));
});

afterAll(() => rmSync(cache, { recursive: true }));

describe('sentinel', () => {
  test.each([[[]], [['--help']]])('with %j shows what it can do, with examples', (args) => {
    const { status, stdout, stderr } = sentinel(args);
    expect(status).toBe(0);
    expect(stdout + stderr).toMatch(/Commands:[^]*up[^]*Examples:[^]*sentinel up/);
  });

  test.each([
    ['an unknown command', ['nonsense'], /unknown command 'nonsense'/],
    ['a word of the language it is written in', ['constructor'], /unknown command/],
    ['an unknown option', ['up', '--nonsense'], /unknown option '--nonsense'/],
    ['a preset that does not exist', ['up', '--preset', 'wild'], /Allowed choices are demo, house/],
  ])('refuses %s with exit code 2, on stderr, with a cure', (_, args, message) => {
    const { status, stdout, stderr } = sentinel(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toContain('`sentinel --help`');
  });

  test('refuses a port that is none, with the name of its variable and without a stack trace', () => {
    const given = {
      SENTINEL_KAFKA_PORT: 'x',
      TEMPORAL_ADDRESS: '',
      KAFKA_BROKERS: '',
      DYNAMODB_ENDPOINT: '',
    };
    const { status, stderr } = sentinel(['up', '--servers-only'], { ...given, PATH: '/nowhere' });
    expect(status).toBe(1);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe('sentinel status', () => {
  test('says with exit code 1 and a cure that nothing runs', () => {
    const { status, stdout, stderr } = sentinel(['status']);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^instance local .*\ntemporal +down[^]*kafka +down[^]*dynamodb +down/);
    expect(stderr).toContain('`sentinel up`');
  });

  test('has no colours where stdout is not a terminal', () => {
    expect(sentinel(['status']).stdout).not.toContain('\u001b');
  });

  test('says the same as JSON, and only that, on stdout', () => {
    const { status, stdout } = sentinel(['status', '--json']);
    const statuses = z
      .array(z.object({ instance: z.string(), healthy: z.boolean() }))
      .parse(JSON.parse(stdout));
    expect(status).toBe(1);
    expect(statuses).toMatchObject([{ instance: 'local', healthy: false }]);
  });
});

test('sentinel down has nothing to do where nothing runs, which is no failure', () => {
  const { status, stdout } = sentinel(['down', '--wipe']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^Nothing was running\. Data and logs removed\./);
});

function sentinel(
  args: string[],
  variables: NodeJS.ProcessEnv = {},
): { status: number | null; stdout: string; stderr: string } {
  const main = path.join(import.meta.dirname, 'main.ts');
  const given = ['TEMPORAL_ADDRESS', 'KAFKA_BROKERS', 'DYNAMODB_ENDPOINT', 'FORCE_COLOR'];
  const inherited = Object.entries(process.env).filter(([name]) => !given.includes(name));
  return spawnSync(process.execPath, [...NODE_FLAGS, main, ...args], {
    env: { ...Object.fromEntries(inherited), XDG_CACHE_HOME: cache, ...variables },
    encoding: 'utf8',
  });
}
