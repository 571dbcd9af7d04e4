import { setTimeout as sleep } from 'node:timers/promises';
import type { Launched } from './launch.ts';
import { logTail } from './log-file.ts';
import { StackError } from './stack-error.ts';

const LOOK_AGAIN_MS = 50;
/** How much of the log a person is shown at once. */
const LINES_SHOWN = 12;

export interface HealthWait {
  readonly title: string;
  readonly launched: Launched;
  readonly logFile: string;
  /** Where this start's output begins in the log, bytes. */
  readonly logFrom?: number;
  readonly isHealthy: () => Promise<boolean>;
  readonly timeoutMs: number;
}

/**
 * Waits until a started process answers. Throws a StackError with the last lines of its log when it
 * ends before, or when the time is over.
 */
export async function untilHealthy(wait: HealthWait): Promise<void> {
  const deadline = performance.now() + wait.timeoutMs;
  while (!(await wait.isHealthy())) {
    const ended = wait.launched.ended();
    if (ended !== undefined) throw await notHealthy(wait, `ended while starting (${ended})`);
    if (performance.now() > deadline) {
      throw await notHealthy(wait, `does not answer after ${wait.timeoutMs / 1000} s`);
    }
    await sleep(LOOK_AGAIN_MS);
  }
}

async function notHealthy(wait: HealthWait, what: string): Promise<StackError> {
  const tail = await logTail(wait.logFile, LINES_SHOWN, wait.logFrom);
  const shown = tail.map((line) => `  | ${line}`).join('\n');
  return new StackError(
    `${wait.title} ${what}. The end of its log:\n${shown}`,
    `See ${wait.logFile}`,
  );
}
