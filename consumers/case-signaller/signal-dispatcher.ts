import type { EdgeReason } from '#domain/edges.ts';
import type { ExecutionEvent, FiguresEvent } from '#domain/case-events.ts';
import type { CaseSignals } from '#ports/cases.ts';
import type { Clock } from '#ports/clock.ts';
import type { Logger } from '#ports/logger.ts';
import { DeficiencyQueue } from './deficiency-queue.ts';
import type { SignallerMetrics } from './signaller-metrics.ts';

/** At most one signal of figures per account in this time (DESIGN 7). */
export const FIGURES_PAUSE_MS = 1_000;
/** A failed signal is tried again after this long, doubled each time … */
const RETRY_MS = 100;
/** … up to this. */
const RETRY_MS_MAX = 5_000;

/** One account's figures on their way to its case. What is sent is asked for at the last moment. */
export interface FiguresLine {
  readonly accountId: string;
  /** 1/10,000 dollar. */
  readonly deficiencyE4: number;
  /** Begins to tell the latest news; null when there is none any more. */
  begin(): { readonly reason: EdgeReason; readonly event: FiguresEvent } | null;
  delivered(): void;
  failed(): void;
}

/** One execution on its way to its case: never dropped, never behind figures. */
export interface ExecutionJob {
  readonly accountId: string;
  readonly event: ExecutionEvent;
  /** False when the partition was given up: its next owner delivers it. */
  wanted(): boolean;
  delivered(): void;
}

type Line =
  | { readonly state: 'READY' }
  | { readonly state: 'UNDER_WAY'; again: boolean }
  | { readonly state: 'RESTING'; again: boolean; readonly timer: NodeJS.Timeout };

/** What the dispatcher needs of its surroundings. */
export interface DispatcherSurroundings {
  readonly signals: Pick<CaseSignals, 'deliver'>;
  /** So many signals are under way at most. */
  readonly concurrencyMax: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: SignallerMetrics;
}

/**
 * Delivers signals, so many at a time: executions first, each account's in order; then figures, one
 * a second per account, largest deficiency first. While the server cannot be reached one signal at a
 * time tries again, after a pause that doubles up to five seconds; nothing is lost meanwhile.
 */
export class SignalDispatcher {
  readonly #surroundings: DispatcherSurroundings;
  readonly #lines = new Map<FiguresLine, Line>();
  readonly #ready = new DeficiencyQueue<FiguresLine>();
  readonly #executions = new Map<string, ExecutionJob[]>();
  /** Accounts whose first execution can be sent now, in the order of arrival. */
  readonly #readyExecutions = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #underWay = 0;
  #outage = 0;
  #paused = false;
  /** Counts the pauses: a signal that began before the last one says nothing new by its failure. */
  #pauses = 0;
  #pumping = false;
  #stopped = false;
  #onIdle: (() => void) | undefined;

  constructor(surroundings: DispatcherSurroundings) {
    this.#surroundings = surroundings;
  }

  /** How often in a row everybody had to pause for a failed signal; 0 while the server takes them. */
  get outage(): number {
    return this.#outage;
  }

  /** The account's figures are news, or its deficiency has moved while it waits. */
  tell(line: FiguresLine): void {
    if (this.#stopped) return;
    const known = this.#lines.get(line);
    if (known === undefined || known.state === 'READY') this.#makeReady(line);
    else known.again = true;
  }

  /** An execution to deliver. */
  tellExecution(job: ExecutionJob): void {
    if (this.#stopped) return;
    const waiting = this.#executions.get(job.accountId);
    if (waiting !== undefined) {
      waiting.push(job);
      return;
    }
    this.#executions.set(job.accountId, [job]);
    this.#readyExecutions.add(job.accountId);
    this.#pumpSoon();
  }

  /** Sends nothing more; resolves when what is under way has ended, at the latest after `timeoutMs`. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopped = true;
    for (const line of this.#lines.values()) {
      if (line.state === 'RESTING') clearTimeout(line.timer);
    }
    for (const timer of this.#timers) clearTimeout(timer);
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #makeReady(line: FiguresLine): void {
    this.#lines.set(line, { state: 'READY' });
    this.#ready.put(line, line.deficiencyE4);
    this.#pumpSoon();
  }

  /** What is told in one go, by a sweep or a batch, is put in order before the first is sent. */
  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  /** Sends as much as may be under way. */
  #pump(): void {
    while (this.#mayStart()) {
      if (!this.#startExecution() && !this.#startFigures()) break;
    }
    const { waiting } = this.#surroundings.metrics;
    waiting.set({ event: 'FIGURES' }, this.#ready.size);
    waiting.set({ event: 'EXECUTION' }, this.#executions.size);
  }

  #mayStart(): boolean {
    if (this.#stopped || this.#paused) return false;
    return this.#underWay < (this.#outage > 0 ? 1 : this.#surroundings.concurrencyMax);
  }

  #startExecution(): boolean {
    for (const accountId of this.#readyExecutions) {
      this.#readyExecutions.delete(accountId);
      const job = this.#executions.get(accountId)?.[0];
      if (job === undefined) continue;
      if (job.wanted()) {
        void this.#deliver(accountId, job.event, 'EXECUTION', this.#executionEnded(job));
      } else this.#nextExecution(accountId);
      return true;
    }
    return false;
  }

  #executionEnded(job: ExecutionJob): (delivered: boolean) => void {
    return (delivered) => {
      if (delivered) {
        job.delivered();
        this.#nextExecution(job.accountId);
        return;
      }
      this.#after(this.#retryMs(job.accountId), () => {
        this.#readyExecutions.add(job.accountId);
        this.#pump();
      });
    };
  }

  #nextExecution(accountId: string): void {
    const waiting = this.#executions.get(accountId);
    waiting?.shift();
    if (waiting === undefined || waiting.length === 0) this.#executions.delete(accountId);
    else this.#readyExecutions.add(accountId);
  }

  #startFigures(): boolean {
    const line = this.#ready.take();
    if (line === undefined) return false;
    const news = line.begin();
    if (news === null) {
      this.#lines.delete(line);
      return true;
    }
    this.#lines.set(line, { state: 'UNDER_WAY', again: false });
    const startedAt = this.#surroundings.clock.now();
    void this.#deliver(line.accountId, news.event, news.reason, (delivered) => {
      if (delivered) line.delivered();
      else line.failed();
      const tookMs = this.#surroundings.clock.now() - startedAt;
      const retryMs = delivered ? 0 : this.#retryMs(line.accountId);
      this.#rest(line, Math.max(0, FIGURES_PAUSE_MS - tookMs, retryMs), !delivered);
    });
    return true;
  }

  /** The account's next figures wait until its pause is over. */
  #rest(line: FiguresLine, restMs: number, failed: boolean): void {
    const known = this.#lines.get(line);
    const again = failed || (known?.state === 'UNDER_WAY' && known.again);
    if (this.#stopped) return;
    const timer = setTimeout(() => {
      const resting = this.#lines.get(line);
      if (resting?.state === 'RESTING' && resting.again) this.#makeReady(line);
      else this.#lines.delete(line);
    }, restMs);
    this.#lines.set(line, { state: 'RESTING', again, timer });
  }

  async #deliver(
    accountId: string,
    event: FiguresEvent | ExecutionEvent,
    reason: EdgeReason | 'EXECUTION',
    ended: (delivered: boolean) => void,
  ): Promise<void> {
    const { signals, clock, metrics } = this.#surroundings;
    const startedAt = clock.now();
    const pausesAtStart = this.#pauses;
    this.#underWay += 1;
    let delivered = true;
    try {
      await signals.deliver(accountId, event);
      this.#failures.delete(accountId);
      this.#outage = 0;
      this.#paused = false;
      metrics.deliverySeconds.observe({}, (clock.now() - startedAt) / 1_000);
    } catch (error) {
      delivered = false;
      this.#failed(accountId, event, pausesAtStart, error);
    }
    metrics.signals.inc({ reason, outcome: delivered ? 'delivered' : 'failed' });
    this.#underWay -= 1;
    ended(delivered);
    if (this.#underWay === 0) this.#onIdle?.();
    this.#pump();
  }

  /** Everybody pauses: it is rather the server than this case. One step per pause, not per signal. */
  #failed(
    accountId: string,
    event: FiguresEvent | ExecutionEvent,
    pausesAtStart: number,
    error: unknown,
  ): void {
    const { logger } = this.#surroundings;
    const failures = (this.#failures.get(accountId) ?? 0) + 1;
    this.#failures.set(accountId, failures);
    if (!this.#paused && pausesAtStart === this.#pauses) {
      this.#outage += 1;
      this.#paused = true;
      this.#pauses += 1;
      // The timer alone ends the pause: it may fire a millisecond before the clock says so.
      this.#after(backoffMs(this.#outage), () => {
        this.#paused = false;
        this.#pump();
      });
    }
    logger.warn(
      {
        event: 'signal_failed',
        account_id: accountId,
        type: event.type,
        failures,
        error: String(error),
      },
      'the case was not told: it is told again',
    );
  }

  #retryMs(accountId: string): number {
    return backoffMs(this.#failures.get(accountId) ?? 1);
  }

  #after(ms: number, then: () => void): void {
    if (this.#stopped) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      then();
    }, ms);
    this.#timers.add(timer);
  }
}

function backoffMs(failures: number): number {
  return Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** (failures - 1));
}
