import { spawn } from 'node:child_process';
import type { ChildProcess, ChildProcessByStdio } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const ROOT = path.dirname(import.meta.dirname);

/** Instead of npm: puts this Node where the package `node` puts its own, and writes down the call. */
const NPM = `#!/bin/sh
echo "$@" >> "$CALLS"
rm -rf node_modules
mkdir -p node_modules/.bin
ln -s '${process.execPath}' node_modules/.bin/node
cp package-lock.json node_modules/.package-lock.json
`;
/** It waits for the file that `letNpmGo` makes. */
const WAITING_NPM = NPM.replace('rm -rf', 'while [ ! -e "$GO" ]; do sleep 0.05; done\nrm -rf');
const BROKEN_NPM = `#!/bin/sh
echo "npm error network" >&2
exit 1
`;
/** npm 12, when package.json does not allow the install script. */
const NPM_WITHOUT_SCRIPTS = `#!/bin/sh
mkdir -p node_modules
`;

const SAYS_WHEN_IT_STOPS = `
  process.on('SIGTERM', () => { console.log('stopped'); process.exit(0); });
  setInterval(() => {}, 1000);
  console.log('up');
`;

let clone = '';
const launched: ChildProcess[] = [];

beforeEach(() => {
  clone = mkdtempSync(path.join(os.tmpdir(), 'sentinel-clone-'));
  for (const folder of ['bin', 'stack', 'path', 'cli']) mkdirSync(path.join(clone, folder));
  for (const file of ['bin/bootstrap.mjs', 'bin/sentinel.mjs', 'stack/follow-launcher.ts']) {
    copyFileSync(path.join(ROOT, file), path.join(clone, file));
  }
  write('package.json', '{"type":"module"}');
  lock('1.0.0');
  entry(
    'console.log(JSON.stringify({ node: process.execPath, args: process.argv.slice(2), cwd: process.cwd() }));',
  );
  npm(NPM);
});

afterEach(() => {
  for (const child of launched.splice(0)) killGroup(child);
  rmSync(clone, { recursive: true });
});

describe('in a fresh clone', () => {
  test('packages are installed, with the development ones, and the entry point runs with its arguments', async () => {
    const { code, stdout, stderr } = await bootstrap('entry.ts', 'one', '--two');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ args: ['one', '--two'] });
    expect(stderr).toContain('Installing packages');
    expect(calls()).toEqual([expect.stringMatching(/^ci --include=dev /)]);
  });

  test('two commands at once install the packages once', async () => {
    npm(WAITING_NPM);
    const both = [start('entry.ts'), start('entry.ts')];
    const results = both.map(resultOf);
    // However far apart the two have come to it: the installation goes on when the second waits.
    await Promise.race(both.map((child) => heard(child, 'Another process is installing')));
    letNpmGo();
    expect((await Promise.all(results)).map(({ code }) => code)).toEqual([0, 0]);
    expect(calls()).toHaveLength(1);
  });

  test('an installation that was interrupted does not block the next one', async () => {
    npm(WAITING_NPM);
    const first = start('entry.ts');
    await heard(first, 'Installing packages');
    const ended = once(first, 'exit');
    // With its npm, which would go on installing beside the next one.
    killGroup(first);
    await ended;
    // It is taken because its holder is gone, not for its age: it is from the future.
    const inAnHour = new Date(Date.now() + 3_600_000);
    utimesSync(lockOf(clone), inAnHour, inAnHour);
    letNpmGo();
    expect((await bootstrap('entry.ts')).code).toBe(0);
  });

  test('npm that fails is reported with a cure, and nothing is run', async () => {
    npm(BROKEN_NPM);
    const { code, stdout, stderr } = await bootstrap('entry.ts');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /npm error network\nPackages could not be installed \(npm ci: 1\)\.\n {2}.*registry/,
    );
  });

  test('without the install scripts this Node does, because it is new enough', async () => {
    npm(NPM_WITHOUT_SCRIPTS);
    expect((await bootstrap('entry.ts')).code).toBe(0);
  });
});

describe('when the packages are there', () => {
  beforeEach(async () => {
    await bootstrap('entry.ts');
    writeFileSync(path.join(clone, 'calls'), '');
  });

  test('nothing is installed and nothing is said', async () => {
    const { code, stderr } = await bootstrap('entry.ts');
    expect({ code, stderr, calls: calls() }).toEqual({ code: 0, stderr: '', calls: [] });
  });

  test('another lock file installs them anew', async () => {
    lock('2.0.0');
    await bootstrap('entry.ts');
    expect(calls()).toHaveLength(1);
  });

  test('another lock file that npm has already installed by hand is believed', async () => {
    lock('2.0.0');
    copyFileSync(
      path.join(clone, 'package-lock.json'),
      path.join(clone, 'node_modules/.package-lock.json'),
    );
    rmSync(path.join(clone, 'node_modules/.margin-sentinel-stamp'));
    await bootstrap('entry.ts');
    expect(calls()).toEqual([]);
  });

  test('the entry point has the folder of the caller, not that of the clone', async () => {
    const { stdout } = await bootstrap('entry.ts');
    expect(JSON.parse(stdout)).toMatchObject({ cwd: os.tmpdir() });
  });

  test.each([0, 1, 2, 130])('exit code %d comes through', async (code) => {
    entry(`process.exit(${code})`);
    expect((await bootstrap('entry.ts')).code).toBe(code);
  });

  test('SIGTERM reaches the entry point, which ends in order', async () => {
    entry(
      'process.on("SIGTERM", () => process.exit(5)); setInterval(() => {}, 1000); console.log("up")',
    );
    const child = start('entry.ts');
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([5, null]);
  });

  test('an entry point killed by a signal ends the launcher by that signal', async () => {
    entry('process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000)');
    const child = start('entry.ts');
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  });

  test('an entry point whose launcher was killed with -9 is told to stop', async () => {
    entry(SAYS_WHEN_IT_STOPS);
    const child = start('entry.ts');
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    expect(text.toString()).toBe('stopped\n');
  });

  test('an entry point whose npm was killed with -9 is told to stop, though a shell stands between', async () => {
    entry(SAYS_WHEN_IT_STOPS);
    const shell = `'${process.execPath}' '${path.join(clone, 'bin', 'bootstrap.mjs')}' entry.ts; true`;
    const script = `require('node:child_process').spawn('sh', ['-c', ${JSON.stringify(shell)}], { stdio: 'inherit' })`;
    const npmRun = spawnNode(['-e', script], { npm_lifecycle_event: 'demo' });
    launched.push(npmRun);
    await once(npmRun.stdout, 'data');
    npmRun.kill('SIGKILL');
    const [text] = (await once(npmRun.stdout, 'data')) as [Buffer];
    expect(text.toString()).toBe('stopped\n');
  });

  test('warnings about experiments are not shown', async () => {
    entry(
      'process.emitWarning("x", "ExperimentalWarning"); process.emitWarning("y", "TimeoutNegativeWarning");',
    );
    expect((await bootstrap('entry.ts')).stderr).toBe('');
  });

  test('sentinel runs the command line', async () => {
    write('cli/main.ts', 'console.log(process.argv.slice(2).join(" "))');
    const { stdout } = await run(path.join(clone, 'bin', 'sentinel.mjs'), 'status', '--json');
    expect(stdout).toBe('status --json\n');
  });
});

test('without an entry point it says how it is used', async () => {
  const { code, stderr } = await bootstrap();
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'usage: node bin/bootstrap.mjs <entry.ts> [arguments]\n',
  });
});

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function bootstrap(...args: string[]): Promise<Result> {
  return run(path.join(clone, 'bin', 'bootstrap.mjs'), ...args);
}

async function run(script: string, ...args: string[]): Promise<Result> {
  return resultOf(start(...[script, ...args]));
}

async function resultOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Result> {
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** Resolves when a child has said this on stderr. */
async function heard({ stderr }: { readonly stderr: Readable }, text: string): Promise<void> {
  let said = '';
  await new Promise<void>((resolve) => {
    stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(text)) resolve();
    });
  });
}

function letNpmGo(): void {
  write('go', '');
}

/** Where bin/bootstrap.mjs keeps the lock of a clone's installation. */
function lockOf(root: string): string {
  const hash = createHash('sha256').update(realpathSync(root)).digest('hex').slice(0, 16);
  return path.join(os.tmpdir(), `margin-sentinel-install-${hash}.lock`);
}

function start(first: string, ...args: string[]): ChildProcessByStdio<null, Readable, Readable> {
  const script = path.isAbsolute(first)
    ? [first]
    : [path.join(clone, 'bin', 'bootstrap.mjs'), first];
  const child = spawnNode([...script, ...args]);
  launched.push(child);
  return child;
}

function spawnNode(
  args: string[],
  more: NodeJS.ProcessEnv = {},
): ChildProcessByStdio<null, Readable, Readable> {
  const variables = { ...withoutNpm(process.env), ...more };
  return spawn(process.execPath, args, {
    cwd: os.tmpdir(),
    env: {
      ...variables,
      PATH: `${path.join(clone, 'path')}:/usr/bin:/bin`,
      CALLS: path.join(clone, 'calls'),
      GO: path.join(clone, 'go'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
}

/** A launcher and what it has launched, also when it has ended itself. */
function killGroup(leader: ChildProcess): void {
  try {
    process.kill(-(leader.pid ?? 0), 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}

/** `npm test` tells its children which npm to use; these children shall find ours. */
function withoutNpm(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith('npm_')));
}

function write(file: string, text: string): void {
  writeFileSync(path.join(clone, file), text);
}

function lock(version: string): void {
  write(
    'package-lock.json',
    JSON.stringify({
      packages: {
        '': {},
        'node_modules/a': { version },
        'node_modules/b': { version: '1', optional: true },
      },
    }),
  );
}

function entry(script: string): void {
  write('entry.ts', script);
}

function npm(script: string): void {
  const file = path.join(clone, 'path', 'npm');
  writeFileSync(file, script);
  chmodSync(file, 0o755);
}

function calls(): string[] {
  const file = path.join(clone, 'calls');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}
