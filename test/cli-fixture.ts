import { spawn } from 'node:child_process';
import { NODE_FLAGS } from '#stack/launch.ts';

/** What a run of the `sentinel` command printed and how it ended. */
export interface CliRun {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `sentinel` as a process, as its launcher does, with these variables beside PATH only. */
export async function sentinel(
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<CliRun> {
  const child = spawn(process.execPath, [...NODE_FLAGS, 'cli/main.ts', ...words], {
    env: { PATH: process.env.PATH, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { exitCode, out, err };
}
