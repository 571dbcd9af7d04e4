import { TOPICS } from '#contracts/topics.ts';
import type { AcknowledgedFigures } from '#domain/edges.ts';
import type { Policy } from '#domain/policy.ts';
import type { CaseSignals } from '#ports/cases.ts';
import type { Clock } from '#ports/clock.ts';
import type { Logger } from '#ports/logger.ts';
import type { PartitionOwner } from '#ports/partition-owner.ts';
import type { Readiness } from '#ports/readiness.ts';
import { SignalDispatcher } from './signal-dispatcher.ts';
import { takeOverSignallerPartition } from './signaller-partition.ts';
import type { SignallerPartition } from './signaller-partition.ts';
import type { SignallerMetrics } from './signaller-metrics.ts';

/** DESIGN 7. */
const SWEEP_INTERVAL_MS = 30_000;
/** A case shows what it was told within this time (its workflow task, then the server's index). */
const SETTLE_MS = 10_000;
/** A sweep that could not ask the cases is tried again after this long. */
const SWEEP_RETRY_MS = 5_000;
/** Partitions are taken together: one sweep waits this long for them all. */
const TAKE_OVER_PAUSE_MS = 200;
/** A server takes 500 to 700 signals a second (PLATFORM, Temporal); more at once only wait there. */
const SIGNALS_UNDER_WAY_MAX = 32;
/** What is under way is waited for this long when the process stops … */
const STOP_MS_MAX = 1_500;
/** … and the last commit this long: what is not committed is told once more. */
const COMMIT_MS_MAX = 500;

/** What the signaller works with. */
export interface CaseSignallerOptions {
  readonly owner: PartitionOwner;
  readonly cases: CaseSignals;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: SignallerMetrics;
  readonly sweepIntervalMs?: number;
  readonly settleMs?: number;
  readonly signalsUnderWayMax?: number;
}

/**
 * Tells each account's case what is news to it, and every half minute what was lost (DESIGN 7).
 * Several processes share the partitions; each account has one that tells its case.
 */
export class CaseSignaller {
  readonly #options: CaseSignallerOptions;
  readonly #dispatcher: SignalDispatcher;
  readonly #partitions = new Map<number, SignallerPartition>();
  #sweepTimer: NodeJS.Timeout | undefined;
  #sweepAt = Infinity;
  #sweeping: Promise<void> | null = null;
  #stopped = false;

  constructor(options: CaseSignallerOptions) {
    this.#options = options;
    this.#dispatcher = new SignalDispatcher({
      signals: options.cases,
      concurrencyMax: options.signalsUnderWayMax ?? SIGNALS_UNDER_WAY_MAX,
      clock: options.clock,
      logger: options.logger,
      metrics: options.metrics,
    });
  }

  /** Resolves when it takes part in the group. */
  async start(): Promise<void> {
    const { owner } = this.#options;
    await owner.run([TOPICS.marginCalc.name, TOPICS.executions.name], async (number, writer) => {
      const partition = await takeOverSignallerPartition(writer, {
        ...this.#options,
        dispatcher: this.#dispatcher,
      });
      this.#partitions.set(number, partition);
      this.#sweepIn(TAKE_OVER_PAUSE_MS);
      return partition;
    });
  }

  /** Not ready while the server takes no signals. */
  ready(): Readiness {
    if (this.#dispatcher.outage === 0) return { ready: true };
    return { ready: false, reason: 'Temporal does not take signals: they are sent again' };
  }

  /** Sends nothing more, commits what was acknowledged, leaves the group. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#sweepTimer);
    await Promise.all([this.#dispatcher.stop(STOP_MS_MAX), within(STOP_MS_MAX, this.#sweeping)]);
    await within(
      COMMIT_MS_MAX,
      Promise.allSettled(this.#owned().map((partition) => partition.commit())),
    );
    await this.#options.owner.stop();
  }

  /** Sweeps after `ms`, or earlier when that was asked for before. */
  #sweepIn(ms: number): void {
    const at = this.#options.clock.now() + ms;
    if (this.#stopped || at >= this.#sweepAt) return;
    clearTimeout(this.#sweepTimer);
    this.#sweepAt = at;
    this.#sweepTimer = setTimeout(() => {
      this.#sweepAt = Infinity;
      if (this.#sweeping === null) this.#sweeping = this.#sweepAndGoOn();
      else this.#sweepIn(TAKE_OVER_PAUSE_MS);
    }, ms);
  }

  async #sweepAndGoOn(): Promise<void> {
    const nextMs = await this.#sweep();
    this.#sweeping = null;
    this.#sweepIn(nextMs);
  }

  /** One sweep over the partitions owned now. Returns when the next is due, ms. */
  async #sweep(): Promise<number> {
    const { clock, metrics, sweepIntervalMs = SWEEP_INTERVAL_MS } = this.#options;
    const settledAt = clock.now() - (this.#options.settleMs ?? SETTLE_MS);
    const partitions = this.#owned();
    const acknowledged = await this.#askCases(partitions);
    metrics.sweeps.inc({ outcome: acknowledged === null ? 'failed' : 'done' });
    for (const partition of partitions) partition.sweep(acknowledged, settledAt);
    return acknowledged === null ? Math.min(SWEEP_RETRY_MS, sweepIntervalMs) : sweepIntervalMs;
  }

  #owned(): SignallerPartition[] {
    for (const [number, partition] of this.#partitions) {
      if (partition.isReleased) this.#partitions.delete(number);
    }
    return [...this.#partitions.values()];
  }

  /** What the cases of these partitions have seen; null when they could not be asked. */
  async #askCases(
    partitions: readonly SignallerPartition[],
  ): Promise<Map<string, AcknowledgedFigures> | null> {
    const acknowledged = new Map<string, AcknowledgedFigures>();
    try {
      for await (const one of this.#options.cases.acknowledged()) {
        if (partitions.some((partition) => partition.hasAccount(one.accountId))) {
          acknowledged.set(one.accountId, one);
        }
      }
      return acknowledged;
    } catch (error) {
      this.#options.logger.warn(
        { event: 'sweep_failed', error: String(error) },
        'the cases could not be asked what they have seen: edges go out, lost ones are found later',
      );
      return null;
    }
  }
}

/** Waits for work that is under way, at most `ms`. */
async function within(ms: number, work: Promise<unknown> | null): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, tooLong]);
  clearTimeout(timer);
}
