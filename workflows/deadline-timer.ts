import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/** An instant, Unix ms, at which something is due; `kind` tells two things due at one instant apart. */
export interface Deadline {
  readonly kind: string;
  readonly at: number;
}

/**
 * The one timer of a workflow. Deadlines are absolute; the timer is set anew only when the deadline has
 * moved (DESIGN 10): each setting costs history events.
 */
export class DeadlineTimer {
  #armed: Deadline | null = null;
  #scope: CancellationScope | null = null;
  #fired = false;

  /** Has the deadline come that was armed last? */
  get fired(): boolean {
    return this.#fired;
  }

  /** Waits for `deadline` in place of any other; null waits for none. `summary` shows on the timeline. */
  arm(deadline: Deadline | null, summary: string): void {
    const same = deadline?.at === this.#armed?.at && deadline?.kind === this.#armed?.kind;
    if (same && !this.#fired) return;
    this.#scope?.cancel();
    this.#armed = deadline;
    this.#fired = false;
    this.#scope = null;
    if (deadline === null) return;
    const scope = new CancellationScope();
    this.#scope = scope;
    void scope.run(() => this.#wait(deadline, summary));
  }

  async #wait(deadline: Deadline, summary: string): Promise<void> {
    try {
      await sleep(Math.max(1, deadline.at - Date.now()), { summary });
      this.#fired = true;
    } catch (error) {
      if (!isCancellation(error)) throw error;
    }
  }
}
