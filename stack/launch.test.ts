import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LaunchPlan, Lifetime } from './launch.ts';
import { launch, NODE_FLAGS } from './launch.ts';
import type { RecordedProcess } from './recorded-process.ts';
import { isRunning, recordedProcessSchema, stopRecorded } from './recorded-process.ts';

/** Ends by itself after some minutes, should the tests be killed. */
const SERVER = 'console.log("up"); setTimeout(() => {}, 300_000);';
const STUBBORN = `process.on("SIGTERM", () => console.log("no")); ${SERVER}`;
const WATCHES_STDIN = `process.stdin.on("end", () => process.exit(0)).resume(); ${SERVER}`;

/** For what takes its time on a machine with other work; shorter than a server's own life. */
const WAIT_MS = 50_000;

let folder = '';
const started: RecordedProcess[] = [];
const parents: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sentinel-launch-'));
});

afterEach(async () => {
  for (const parent of parents.splice(0)) parent.kill('SIGKILL');
  for (const recorded of started.splice(0)) await stopRecorded(recorded, 0);
  rmSync(folder, { recursive: true });
});

describe('when its parent is killed with -9', () => {
  test('a guarded server ends', async () => {
    const server = await launchAndKillParent(SERVER, 'guarded');
    await expectEnded(server);
  });

  test('a guarded server that ignores SIGTERM ends when the grace is over', async () => {
    // Time enough to hear the SIGTERM.
    const server = await launchAndKillParent(STUBBORN, 'guarded', 5_000);
    await expectEnded(server);
    expect(readFileSync(logFile(), 'utf8')).toContain('no');
  });

  test('a process that watches its stdin ends', async () => {
    await expectEnded(await launchAndKillParent(WATCHES_STDIN, 'stdin'));
  });

  test('a detached process goes on', async () => {
    const server = await launchAndKillParent(SERVER, 'detached');
    await sleep(1_000);
    expect(await isRunning(server)).toBe(true);
  });
});

test.each<Lifetime>(['guarded', 'detached'])(
  'Ctrl-C at the terminal of its parent does not reach a server that is %s',
  async (lifetime) => {
    const { parent, server } = await launchFromParent(SERVER, lifetime);
    process.kill(-(parent.pid ?? 0), 'SIGINT');
    await sleep(500);
    expect(await isRunning(server)).toBe(true);
  },
);

describe('a launched process', () => {
  test.each<Lifetime>(['guarded', 'stdin', 'detached'])(
    'that is %s stops when told',
    async (lifetime) => {
      const launched = await launch(plan(SERVER, lifetime));
      started.push(launched.process);
      expect(launched.ended()).toBeUndefined();
      await launched.stop();
      expect(await isRunning(launched.process)).toBe(false);
      await launched.whenEnded;
      expect(launched.ended()).toBeDefined();
    },
  );

  test('that is killed ends at once and says so', async () => {
    const launched = await launch(plan(STUBBORN, 'stdin'));
    await launched.kill();
    expect(launched.ended()).toBe('SIGKILL');
  });

  test('that ends by itself tells its exit code, guarded or not', async () => {
    for (const lifetime of ['guarded', 'stdin'] as const) {
      const go = path.join(folder, `go-${lifetime}`);
      const script = `setInterval(() => { if (fs.existsSync('${go}')) process.exit(7); }, 20)`;
      const launched = await launch(plan(script, lifetime));
      // What ends before it was looked at has not started.
      writeFileSync(go, '');
      await launched.whenEnded;
      expect(launched.ended()).toBe('exit code 7');
    }
  });

  test.each<Lifetime>(['guarded', 'detached'])(
    'that is %s and does not exist is refused with the reason',
    async (lifetime) => {
      const nothing = { ...plan(SERVER, lifetime), program: path.join(folder, 'nothing') };
      await expect(launch(nothing)).rejects.toThrow(/nothing did not start/);
    },
  );

  test('appends its output to the log', async () => {
    for (const word of ['one', 'two']) {
      const launched = await launch(
        plan(`console.log("${word}"); process.stdin.resume()`, 'stdin'),
      );
      await untilLogged(word);
      await launched.stop();
    }
    expect(readFileSync(logFile(), 'utf8')).toBe('one\ntwo\n');
  });
});

function logFile(): string {
  return path.join(folder, 'server.log');
}

function plan(script: string, lifetime: Lifetime, stopGraceMs = 500): LaunchPlan {
  return {
    program: process.execPath,
    args: ['-e', script],
    variables: process.env,
    logFile: logFile(),
    lifetime,
    stopGraceMs,
  };
}

/** A process of its own launches the script and is killed; resolves with what it had launched. */
async function launchAndKillParent(
  script: string,
  lifetime: Lifetime,
  stopGraceMs?: number,
): Promise<RecordedProcess> {
  const { parent, server } = await launchFromParent(script, lifetime, stopGraceMs);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  return server;
}

async function launchFromParent(
  script: string,
  lifetime: Lifetime,
  stopGraceMs?: number,
): Promise<{ parent: ChildProcess; server: RecordedProcess }> {
  const module = path.join(import.meta.dirname, 'launch.ts');
  const { variables: _, ...rest } = plan(script, lifetime, stopGraceMs);
  const code = `import { launch } from '${module}';
    process.on('SIGINT', () => undefined);
    const launched = await launch({ ...${JSON.stringify(rest)}, variables: process.env });
    console.log(JSON.stringify(launched.process)); setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, [...NODE_FLAGS, '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  parents.push(parent);
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const server = recordedProcessSchema.parse(JSON.parse(line.toString()));
  started.push(server);
  expect(await isRunning(server)).toBe(true);
  await untilLogged('up');
  return { parent, server };
}

async function untilLogged(text: string): Promise<void> {
  const giveUpAt = performance.now() + WAIT_MS;
  for (;;) {
    const log = readFileSync(logFile(), 'utf8');
    if (log.includes(text)) return;
    if (performance.now() > giveUpAt) throw new Error(`${text} was not logged: ${log}`);
    await sleep(20);
  }
}

async function expectEnded(recorded: RecordedProcess): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  while (performance.now() < deadline && (await isRunning(recorded))) await sleep(20);
  expect(await isRunning(recorded)).toBe(false);
}
