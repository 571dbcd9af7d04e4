import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { PRODUCT_GRACE_MS, SERVER_GRACE_MS } from './instance-processes.ts';
import { StackError } from './stack-error.ts';
import type { RecordedProcess } from './recorded-process.ts';
import { recordProcess, signalRecorded, stopRecorded } from './recorded-process.ts';

const GUARDIAN = path.join(import.meta.dirname, 'guardian.ts');
/** Node runs our TypeScript without further flags; the notice about it is not for users. */
export const NODE_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--disable-warning=TimeoutNegativeWarning',
] as const;
/** A guardian is given this much longer than its server. */
const GUARDIAN_MARGIN_MS = 1_000;

/**
 * How long a process lives: `detached` until it is stopped by hand, `guarded` as long as this
 * process, by a guardian, `stdin` as long as this process, because it watches its own stdin.
 */
export type Lifetime = 'detached' | 'guarded' | 'stdin';

export interface LaunchPlan {
  readonly program: string;
  readonly args: readonly string[];
  readonly variables: NodeJS.ProcessEnv;
  /** Output is appended. */
  readonly logFile: string;
  readonly lifetime: Lifetime;
  /** Between SIGTERM and SIGKILL, ms, if not the usual. */
  readonly stopGraceMs?: number;
}

export interface Launched {
  readonly process: RecordedProcess;
  /** Why the process ended, as soon as it has. */
  ended(): string | undefined;
  /** Resolves when the process has ended. */
  readonly whenEnded: Promise<void>;
  stop(): Promise<void>;
  /** Ends the process at once. */
  kill(): Promise<void>;
}

/** Starts a process, its output appended to a file. Throws StackError when it does not start. */
export async function launch(plan: LaunchPlan): Promise<Launched> {
  const child = spawnChild(plan);
  let ended: string | undefined;
  const whenEnded = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      ended = error.message;
      resolve();
    });
    child.once('exit', (code, signal) => {
      ended ??= signal ?? `exit code ${code ?? 0}`;
      resolve();
    });
  });
  const pid = plan.lifetime === 'guarded' ? await readPid(child) : child.pid;
  const recorded = pid === undefined ? undefined : await recordProcess(pid);
  if (recorded === undefined) {
    await whenEnded;
    throw new StackError(
      `${plan.program} did not start (${ended ?? 'no reason given'}).`,
      `See ${plan.logFile}`,
    );
  }
  release(child);
  return {
    process: recorded,
    ended: () => ended,
    whenEnded,
    stop: () => stopChild(child, recorded, plan, whenEnded),
    async kill() {
      // While we wait, it keeps this process alive after all.
      child.ref();
      await signalRecorded(recorded, 'SIGKILL');
      await whenEnded;
    },
  };
}

function spawnChild(plan: LaunchPlan): ChildProcess {
  mkdirSync(path.dirname(plan.logFile), { recursive: true });
  const log = openSync(plan.logFile, 'a', 0o600);
  try {
    const guarded = plan.lifetime === 'guarded';
    const [program, args] = guarded
      ? [
          process.execPath,
          [...NODE_FLAGS, GUARDIAN, String(graceOf(plan)), plan.program, ...plan.args],
        ]
      : [plan.program, plan.args];
    return spawn(program, args, {
      env: plan.variables,
      // A session of its own: Ctrl-C reaches this process only, which then stops the others in order.
      detached: true,
      stdio: [
        plan.lifetime === 'detached' ? 'ignore' : 'pipe',
        log,
        log,
        guarded ? 'pipe' : 'ignore',
      ],
    });
  } finally {
    closeSync(log);
  }
}

/** The pid that a guardian reports on descriptor 3, or undefined when it ended without one. */
async function readPid(guardian: ChildProcess): Promise<number | undefined> {
  const pipe = guardian.stdio[3] as Readable;
  pipe.setEncoding('utf8');
  let text = '';
  for await (const chunk of pipe) text += String(chunk);
  const pid = Number.parseInt(text, 10);
  return Number.isNaN(pid) ? undefined : pid;
}

/** This process may end without waiting for the child; then the pipes close and the child stops. */
function release(child: ChildProcess): void {
  child.unref();
  const stdin = child.stdin as (NodeJS.WritableStream & { unref?: () => void }) | null;
  stdin?.unref?.();
  stdin?.on('error', () => undefined);
}

async function stopChild(
  child: ChildProcess,
  recorded: RecordedProcess,
  plan: LaunchPlan,
  whenEnded: Promise<void>,
): Promise<void> {
  child.stdin?.destroy();
  if (plan.lifetime !== 'guarded') {
    await stopRecorded(recorded, graceOf(plan));
    return;
  }
  const late = setTimeout(() => child.kill('SIGKILL'), graceOf(plan) + GUARDIAN_MARGIN_MS);
  await whenEnded;
  clearTimeout(late);
  await stopRecorded(recorded, 0);
}

function graceOf(plan: LaunchPlan): number {
  return plan.stopGraceMs ?? (plan.lifetime === 'stdin' ? PRODUCT_GRACE_MS : SERVER_GRACE_MS);
}
