import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How much of a program's output is kept for an error message, in lines. */
const LINES_KEPT = 40;

export interface ProgramRun {
  /** Exit code, or the reason why the program did not start or end by itself. */
  readonly ended: number | string;
  /** The last lines of stdout and stderr, as they came. */
  readonly lastLines: readonly string[];
}

export interface ProgramOptions {
  readonly variables: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly onLine?: (line: string) => void;
}

/** Runs a program to its end; never rejects. It is killed when this process ends before. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramRun> {
  const child = spawn(program, args, {
    env: options.variables,
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = (): void => {
    child.kill();
  };
  process.once('exit', kill);
  const lastLines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lastLines.push(line);
      if (lastLines.length > LINES_KEPT) lastLines.shift();
      options.onLine?.(line);
    });
  }
  const ended = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code ?? `killed by ${signal ?? 'a signal'}`));
  });
  process.removeListener('exit', kill);
  return { ended, lastLines };
}
