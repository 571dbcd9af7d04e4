import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { RecordedProcess } from './recorded-process.ts';
import { isRunning, recordProcess, signalRecorded, stopRecorded } from './recorded-process.ts';

const SLEEPS = 'setInterval(() => {}, 1000); console.log("up")';
const IGNORES_SIGTERM = `process.on("SIGTERM", () => {}); ${SLEEPS}`;

const WAIT_MS = 50_000;

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('a recorded process', () => {
  test('is believed to run while it runs', async () => {
    const { recorded } = await start(SLEEPS);
    expect(await isRunning(recorded)).toBe(true);
  });

  test('is not believed when another process has its pid now', async () => {
    const { recorded } = await start(SLEEPS);
    const earlier = { ...recorded, startMark: `${recorded.startMark}0` };
    expect(await isRunning(earlier)).toBe(false);
  });

  test('is never signalled when another process has its pid now', async () => {
    const { recorded } = await start(SLEEPS);
    const earlier = { ...recorded, startMark: `${recorded.startMark}0` };
    expect(await signalRecorded(earlier, 'SIGKILL')).toBe(false);
    await stopRecorded(earlier, 100);
    expect(await isRunning(recorded)).toBe(true);
  });

  test('is not believed after it has ended', async () => {
    const { recorded, child } = await start(SLEEPS);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await isRunning(recorded)).toBe(false);
  });

  test('is not believed while it is a zombie, which its parent has not looked at', async () => {
    // The shell starts a child, writes its pid, and turns into something that never waits for it; the
    // child ends only then, or the shell might have waited.
    const untilReplaced = 'until [ "$(cat /proc/$$/comm)" = sleep ]; do :; done';
    const shell = spawn('sh', ['-c', `(${untilReplaced}) & echo $!; exec sleep 60`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(shell);
    const [text] = (await once(shell.stdout, 'data')) as [Buffer];
    const pid = Number(text.toString());
    const giveUpAt = performance.now() + WAIT_MS;
    while (stateOf(pid) !== 'Z') {
      if (performance.now() > giveUpAt) throw new Error(`${String(pid)} has not become a zombie`);
      await sleep(20);
    }
    expect(await recordProcess(pid)).toBeUndefined();
  });

  test('gets SIGTERM when it is stopped, and ends by itself', async () => {
    const { recorded, child } = await start(SLEEPS);
    const ended = once(child, 'exit');
    await stopRecorded(recorded, WAIT_MS);
    expect(await ended).toEqual([null, 'SIGTERM']);
  });

  test('gets SIGKILL when it does not end by itself', async () => {
    const { recorded, child } = await start(IGNORES_SIGTERM);
    const ended = once(child, 'exit');
    await stopRecorded(recorded, 200);
    expect(await ended).toEqual([null, 'SIGKILL']);
  });

  test('is gone when it has been stopped, however short its grace was', async () => {
    const { recorded } = await start(IGNORES_SIGTERM);
    await stopRecorded(recorded, 0);
    expect(await isRunning(recorded)).toBe(false);
  });
});

test('there is nothing to record about a pid that nobody has', async () => {
  expect(await recordProcess(2 ** 22 + 1)).toBeUndefined();
});

/** What Linux says of a process, such as `S` or `Z` (proc(5)). */
function stateOf(pid: number): string | undefined {
  return /\) (\w)/.exec(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'))?.[1];
}

async function start(script: string): Promise<{ recorded: RecordedProcess; child: ChildProcess }> {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  const recorded = await recordProcess(child.pid ?? 0);
  if (recorded === undefined) throw new Error('the child does not run');
  return { recorded, child };
}
