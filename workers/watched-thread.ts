import type { Worker as Thread } from 'node:worker_threads';
import type { Logger } from '@temporalio/common';
import { WorkerThreadClient } from '@temporalio/worker/lib/workflow/threaded-vm.js';

type Sent = Parameters<WorkerThreadClient['send']>;
type Answer = ReturnType<WorkerThreadClient['send']>;

/** How long a thread may be silent with a question open: looked at so often, so many times in a row. */
export interface SilenceLimit {
  readonly pauseMs: number;
  readonly looksMax: number;
}

/** A task takes milliseconds, and Temporal gives it to another worker after 10 s. */
const LIMIT: SilenceLimit = { pauseMs: 1_000, looksMax: 30 };

/**
 * A thread of workflows that is ended when it answers nothing any more: some workflow does not come to an
 * end. Its worker fails, its process ends, and others take the cases over.
 *
 * Looks are counted, not time: a process that stood still has looked once.
 */
export class WatchedThread extends WorkerThreadClient {
  readonly #limit: SilenceLimit;
  readonly #timer: NodeJS.Timeout;
  #open = 0;
  #silentLooks = 0;

  constructor(thread: Thread, logger: Logger, limit: SilenceLimit = LIMIT) {
    super(thread, logger);
    this.#limit = limit;
    this.#timer = setInterval(() => this.#look(), limit.pauseMs);
    this.#timer.unref();
    thread.once('exit', () => clearInterval(this.#timer));
  }

  override async send(...sent: Sent): Answer {
    this.#open += 1;
    try {
      return await super.send(...sent);
    } finally {
      this.#open -= 1;
      this.#silentLooks = 0;
    }
  }

  #look(): void {
    this.#silentLooks = this.#open === 0 ? 0 : this.#silentLooks + 1;
    if (this.#silentLooks < this.#limit.looksMax) return;
    clearInterval(this.#timer);
    this.logger.error(
      'a workflow does not come to an end: its thread is ended, and its worker with it',
    );
    void this.workerThread.terminate();
  }
}
