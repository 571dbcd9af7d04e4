import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { testBrokers } from './kafka-fixture.ts';

/** A part of the product as a process of its own, as `sentinel up` starts it. */

const READY_MS = 90_000;

export interface PartProcess {
  readonly pid: number;
  /** Its log lines so far. */
  readonly lines: readonly Record<string, unknown>[];
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** kill -9. */
  kill(): Promise<void>;
}

/**
 * Starts `<part>/main.ts`, with the stack's keys for people's commands, and resolves at its ready
 * line; rejects with its output when it ends before.
 */
export async function startPart(
  main: string,
  environment: Readonly<Record<string, string>>,
): Promise<PartProcess> {
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env.PATH,
      KAFKA_BROKERS: testBrokers().join(','),
      SENTINEL_EXIT_WITH_PARENT: '1',
      SENTINEL_PRESET: 'demo',
      SENTINEL_COMMAND_PUBLIC_KEY_FILE: process.env.SENTINEL_COMMAND_PUBLIC_KEY_FILE,
      SENTINEL_COMMAND_PRIVATE_KEY_FILE: process.env.SENTINEL_COMMAND_PRIVATE_KEY_FILE,
      ...environment,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: Record<string, unknown>[] = [];
  const exited = new Promise<number | null>((resolve) => {
    // Not at its exit: its last lines may come after that.
    child.once('close', (code) => {
      resolve(code);
    });
  });
  await new Promise<void>((resolve, reject) => {
    const giveUp = setTimeout(() => {
      child.kill('SIGKILL');
      const last = JSON.stringify(lines.at(-1));
      reject(new Error(`${main} was not ready within ${String(READY_MS)} ms: ${last}`));
    }, READY_MS);
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line: Record<string, unknown> = JSON.parse(text);
      lines.push(line);
      if (process.env.SENTINEL_TEST_LOG === '1') process.stderr.write(`${text}\n`);
      if (line.event !== 'ready') return;
      clearTimeout(giveUp);
      resolve();
    });
    void exited.then((code) => {
      clearTimeout(giveUp);
      reject(new Error(`${main} ended with ${String(code)}: ${JSON.stringify(lines.at(-1))}`));
    });
  });
  return {
    pid: pidOf(child),
    lines,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/**
 * Stops a part that has to end in order. One that the machine did not let end in time is no defect:
 * whoever comes next fences what it left.
 */
export async function stopInOrder(part: PartProcess): Promise<void> {
  const code = await part.stop();
  if (code === 0 || part.lines.some(({ event }) => event === 'stop_too_slow')) return;
  throw new Error(`it ended with ${String(code)}: ${JSON.stringify(part.lines.at(-1))}`);
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the process has not been started');
  return child.pid;
}
