import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { hasCode } from './has-code.ts';

const LOOK_AGAIN_MS = 25;
/** What got SIGKILL is gone as soon as the machine has a moment for it. */
const DYING_MS_MAX = 10_000;

/**
 * A process as written down. Pids are used again, so a pid alone proves nothing; together with the
 * moment at which the process started it names one process only.
 */
export const recordedProcessSchema = z.strictObject({
  pid: z.int().min(1),
  startMark: z.string().min(1),
});

export type RecordedProcess = z.infer<typeof recordedProcessSchema>;

/** Writes down a running process; undefined when there is none with this pid. */
export async function recordProcess(pid: number): Promise<RecordedProcess | undefined> {
  const startMark = await startMarkOf(pid);
  return startMark === undefined ? undefined : { pid, startMark };
}

/** Whether the very process that was recorded still runs. */
export async function isRunning(recorded: RecordedProcess): Promise<boolean> {
  return (await startMarkOf(recorded.pid)) === recorded.startMark;
}

/** Stops a recorded process: SIGTERM, and SIGKILL when it is still there after `graceMs`. Then it is gone. */
export async function stopRecorded(recorded: RecordedProcess, graceMs: number): Promise<void> {
  if (!(await signalRecorded(recorded, 'SIGTERM'))) return;
  if (await endedWithin(recorded, graceMs)) return;
  await signalRecorded(recorded, 'SIGKILL');
  await endedWithin(recorded, DYING_MS_MAX);
}

/** Sends a signal to a recorded process and to no other; false when it does not run any more. */
export async function signalRecorded(
  recorded: RecordedProcess,
  signal: NodeJS.Signals,
): Promise<boolean> {
  if (!(await isRunning(recorded))) return false;
  try {
    return process.kill(recorded.pid, signal);
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false;
    throw error;
  }
}

async function endedWithin(recorded: RecordedProcess, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (await isRunning(recorded)) {
    if (performance.now() >= deadline) return false;
    await sleep(LOOK_AGAIN_MS);
  }
  return true;
}

async function startMarkOf(pid: number): Promise<string | undefined> {
  return process.platform === 'linux' ? startMarkOnLinux(pid) : startMarkByPs(pid);
}

/** Boot and clock ticks since then: field 22 of /proc/<pid>/stat (proc(5)). */
async function startMarkOnLinux(pid: number): Promise<string | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // The second field, the program's name in parentheses, may itself hold blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTicks] = [fields[0], fields[19]];
    if (state === undefined || isDead(state)) return undefined;
    return `${boot.trim()}/${startTicks ?? ''}`;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return undefined;
    throw error;
  }
}

async function startMarkByPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
    const [state, ...start] = stdout.trim().split(/\s+/);
    return state === undefined || isDead(state) ? undefined : start.join(' ');
  } catch (error) {
    // ps ends with 1 when there is no such process.
    if (hasCode(error, 1)) return undefined;
    throw error;
  }
}

/** A zombie has ended and waits for its parent to look. */
function isDead(state: string): boolean {
  return state.startsWith('Z') || state.startsWith('X');
}
