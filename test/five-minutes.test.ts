import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NODE_FLAGS } from '#stack/launch.ts';
import { freePort } from '#stack/ports.ts';

/** docs/five-minutes.md, as a newcomer runs it: in one shell, on the real stack. */

const ROOT = path.dirname(import.meta.dirname);
const PAGE_MS_MAX = 600_000;
/** The longest is `sentinel up`. */
const COMMAND_MS_MAX = 240_000;
/** How long the page's reader would look again for what an arrow says. */
const LOOK_MS_MAX = 90_000;

/** One command of the page; `refused → X` and `→ X` are what its output has to have in it. */
interface Step {
  readonly command: string;
  readonly isRefused: boolean;
  readonly shows: string | undefined;
}

/** The commands of a page's sh blocks. */
function stepsOf(page: string): Step[] {
  const blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => block);
  const lines = blocks.flatMap((block) => block.split('\n')).filter((line) => line !== '');
  return lines.map((line) => {
    const [command = '', refused, shows] = line.split(/ # (refused )?→ /);
    return { command, isRefused: refused !== undefined, shows };
  });
}

/** What a command printed, on either stream and without the padding of columns, and how it ended. */
interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

/** A shell that keeps what its reader defines. */
class Shell {
  readonly #bash: ChildProcessWithoutNullStreams;
  #heard = '';
  #ended = false;

  constructor(variables: NodeJS.ProcessEnv) {
    this.#bash = spawn('bash', ['--noprofile', '--norc'], { cwd: ROOT, env: variables });
    this.#bash.stdout.setEncoding('utf8').on('data', (text: string) => (this.#heard += text));
    this.#bash.once('close', () => (this.#ended = true));
    this.#bash.stdin.write('exec 2>&1\n');
  }

  async run(command: string): Promise<Outcome> {
    this.#heard = '';
    this.#bash.stdin.write(`${command}\necho "::$?::"\n`);
    const giveUpAt = Date.now() + COMMAND_MS_MAX;
    for (;;) {
      const [end, code] = /::(\d+)::\n$/.exec(this.#heard) ?? [];
      if (end !== undefined) {
        const output = this.#heard.slice(0, -end.length).replaceAll(/ +/g, ' ');
        return { exitCode: Number(code), output };
      }
      if (this.#ended) throw new Error(`the shell has ended: ${this.#heard}`);
      if (Date.now() > giveUpAt) throw new Error(`${command} has not ended: ${this.#heard}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  close(): void {
    this.#bash.stdin.end();
  }
}

let folder: string;
let shell: Shell;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'five-minutes-'));
  const npx = path.join(folder, 'npx');
  const main = path.join(ROOT, 'cli', 'main.ts');
  // `npx sentinel` without npm's own second for each command.
  await writeFile(
    npx,
    `#!/bin/sh\nshift\nexec ${[process.execPath, ...NODE_FLAGS, main].join(' ')} "$@"\n`,
  );
  await chmod(npx, 0o700);
  shell = new Shell({
    ...process.env,
    PATH: `${folder}${path.delimiter}${process.env.PATH ?? ''}`,
    XDG_CACHE_HOME: folder,
    SENTINEL_API_PORT: String(await freePort()),
    SENTINEL_TOPIC_PREFIX: `five-minutes-${String(process.pid)}.`,
    NO_COLOR: '1',
  });
});

afterAll(async () => {
  await shell.run('kill $(jobs -p); npx sentinel down');
  shell.close();
  await rm(folder, { recursive: true, force: true });
});

test(
  'the page leads from nothing to an account cured by hand, and each command shows what it says',
  async () => {
    const steps = stepsOf(await readFile(path.join(ROOT, 'docs', 'five-minutes.md'), 'utf8'));
    expect(steps.length).toBeGreaterThan(15);
    for (const step of steps) await follow(step);
  },
  PAGE_MS_MAX,
);

/** Runs a step; what it has to show may take a moment, as it does for a person. */
async function follow({ command, isRefused, shows = '' }: Step): Promise<void> {
  const deadline = Date.now() + LOOK_MS_MAX;
  const isLook = command.startsWith('npx sentinel case show');
  let outcome = await shell.run(command);
  while (isLook && !outcome.output.includes(shows) && Date.now() < deadline) {
    outcome = await shell.run(command);
  }
  expect({ command, ...outcome }).toEqual({
    command,
    exitCode: isRefused ? 1 : 0,
    output: expect.stringContaining(shows),
  });
}
