import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { tryFileLock, withFileLock } from './file-lock.ts';
import { NODE_FLAGS } from './launch.ts';

let folder = '';
let file = '';
const holders: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sentinel-lock-'));
  file = path.join(folder, 'deep', 'x.lock');
});

afterEach(() => {
  for (const holder of holders.splice(0)) holder.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

describe('a file lock', () => {
  test('is held by one only', () => {
    const lock = tryFileLock(file);
    expect(lock).toBeDefined();
    expect(tryFileLock(file)).toBeUndefined();
    lock?.release();
    const next = tryFileLock(file);
    expect(next).toBeDefined();
    next?.release();
  });

  test('is not given while another process holds it', async () => {
    await holdInAnotherProcess();
    expect(tryFileLock(file)).toBeUndefined();
  });

  test('is free after its holder was killed with -9', async () => {
    const holder = await holdInAnotherProcess();
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const lock = tryFileLock(file);
    expect(lock).toBeDefined();
    lock?.release();
  });

  test('is waited for, which is said once, and given back even when the work fails', async () => {
    const first = tryFileLock(file);
    let waits = 0;
    const work = withFileLock(
      file,
      () => (waits += 1),
      () => Promise.reject(new Error('no')),
    );
    setTimeout(() => first?.release(), 500);
    await expect(work).rejects.toThrow('no');
    expect(waits).toBe(1);
    const next = tryFileLock(file);
    expect(next).toBeDefined();
    next?.release();
  });
});

async function holdInAnotherProcess(): Promise<ChildProcess> {
  const module = path.join(import.meta.dirname, 'file-lock.ts');
  const script = `import { tryFileLock } from '${module}'; globalThis.lock = tryFileLock('${file}');
    console.log('held'); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, [...NODE_FLAGS, '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  holders.push(holder);
  await once(holder.stdout, 'data');
  return holder;
}
