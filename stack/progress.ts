import type { Writable } from 'node:stream';

/** Without a terminal a task that takes long says so from time to time. */
const REPORT_EVERY_MS = 15_000;
const REDRAW_EVERY_MS = 1_000;

/** Tells the person at the keyboard what takes its time. */
export interface Progress {
  note(text: string): void;
  /** Starts to report something that takes time; ends with `done` or `failed`. */
  task(title: string): ProgressTask;
}

export interface ProgressTask {
  /** What it is at now. */
  update(detail: string): void;
  done(result?: string): void;
  failed(): void;
}

interface RunningTask {
  readonly title: string;
  readonly startedAt: number;
  detail: string;
  reportedAt: number;
}

/** Where progress is written: a terminal is redrawn, anything else gets whole lines. */
export type ProgressOutput = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Reports to a stream, usually stderr. Quick tasks without a terminal are one line, when done. */
export function streamProgress(output: ProgressOutput): Progress {
  const running = new Set<RunningTask>();
  const terminal = output.isTTY === true;
  let timer: NodeJS.Timeout | undefined;

  const clear = (): void => {
    if (terminal) output.write('\r\u001b[2K');
  };
  const redraw = (): void => {
    if (!terminal || running.size === 0) return;
    const text = [...running].map(describe).join(' · ');
    output.write(`\r\u001b[2K${text.slice(0, (output.columns ?? 80) - 1)}`);
  };
  const line = (text: string): void => {
    clear();
    output.write(`${text}\n`);
    redraw();
  };
  const tick = (): void => {
    redraw();
    if (terminal) return;
    for (const task of running) {
      if (performance.now() - task.reportedAt < REPORT_EVERY_MS) continue;
      task.reportedAt = performance.now();
      line(`${describe(task)} …`);
    }
  };
  const end = (task: RunningTask): void => {
    running.delete(task);
    clear();
    if (running.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  return {
    note: line,
    task(title) {
      const startedAt = performance.now();
      // Short tasks need no line at their start: the first report comes with the second look.
      const reportedAt = startedAt - REPORT_EVERY_MS + 1.5 * REDRAW_EVERY_MS;
      const task: RunningTask = { title, startedAt, reportedAt, detail: '' };
      running.add(task);
      timer ??= setInterval(tick, REDRAW_EVERY_MS).unref();
      redraw();
      return {
        update(detail) {
          task.detail = detail;
        },
        done(result) {
          end(task);
          line(`✓ ${title}${result === undefined ? '' : `: ${result}`} (${elapsed(task)})`);
        },
        failed() {
          end(task);
          line(`✗ ${title} (${elapsed(task)})`);
        },
      };
    },
  };
}

/** Reports nothing. */
export const silentProgress: Progress = {
  note: () => undefined,
  task: () => ({ update: () => undefined, done: () => undefined, failed: () => undefined }),
};

/** Does `work` as a task: done when it resolves, failed when it rejects. */
export async function asTask<T>(
  progress: Progress,
  title: string,
  work: (task: ProgressTask) => Promise<T>,
): Promise<T> {
  const task = progress.task(title);
  try {
    const result = await work(task);
    task.done();
    return result;
  } catch (error) {
    task.failed();
    throw error;
  }
}

function describe(task: RunningTask): string {
  const detail = task.detail === '' ? '' : `, ${task.detail}`;
  return `${task.title}${detail} … ${elapsed(task)}`;
}

function elapsed(task: RunningTask): string {
  return durationText(performance.now() - task.startedAt);
}

/** A duration for people: `0.4 s`, `12 s`, `3 min 5 s`. */
export function durationText(durationMs: number): string {
  const seconds = durationMs / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
