import { encodeMarginCalc } from '#contracts/margin-figures.ts';
import type { Cause, HeartbeatRecord, MarginCalcRecord } from '#contracts/margin-figures.ts';
import { TOPICS } from '#contracts/topics.ts';
import type { Policy } from '#domain/policy.ts';
import type { Clock } from '#ports/clock.ts';
import type { FencedWriter, PartitionProcessor } from '#ports/partition-owner.ts';
import type { InboundRecord, OutboundRecord } from '#ports/records.ts';
import type { Account, Book } from './book.ts';
import { Bookkeeper } from './bookkeeper.ts';
import type { RefusedOutcome } from './bookkeeper.ts';
import type { CountedIds } from './counted-ids.ts';
import type { PartitionOf } from './intake.ts';
import type { EngineMetrics } from './engine-metrics.ts';
import type { FigureFlushes } from './figure-flushes.ts';
import { InputProgress } from './input-progress.ts';
import { laterPositions } from './market-positions.ts';
import type { MarketPositions } from './market-positions.ts';
import type { Market } from './market.ts';
import {
  accountChangelog,
  calcRecord,
  countedChangelog,
  forgottenChangelog,
  stressOf,
  stressRecords,
  takeOverChangelog,
} from './outputs.ts';
import type { Stress } from './outputs.ts';

/**
 * Records that are booked in one transaction. A batch of compressed records can hold a hundred times as
 * many: their ids would not fit one record of the changelog.
 */
export const BOOKINGS_PER_TRANSACTION = 3_000;
/**
 * A batch of more accounts is a backlog: their figures then go out with the next flush, so that an
 * account of which many fills wait is computed and told once, not once a fill.
 */
const ACCOUNTS_AT_ONCE_MAX = 100;
/** While a backlog is worked off, flushes take at most one part in this many of the time … */
const BACKLOG_FLUSH_SHARE = 4;
/** … but no figures wait longer for it than this … */
const BACKLOG_FLUSH_PAUSE_MS_MAX = 1_000;
/** … and it is over when nothing of it has come for so long. */
const BACKLOG_OVER_MS = 250;
/** Prices that come together come in several batches: a flush waits this long for the others. */
const GATHER_MS = 20;
/** Accounts whose figures go out in one transaction: between two of them fills get their turn. */
const ACCOUNTS_PER_FLUSH = 250;
/** Stress rows let figures of other partitions go first for at most so long. */
const STRESS_WAIT_MS_MAX = 250;
/** Accounts whose stress rows, eight each, go out in one transaction. */
const STRESSED_PER_FLUSH = 100;

/** The inputs that change books, co-partitioned by account. */
export const BOOK_INPUTS = [TOPICS.fills.name, TOPICS.cash.name, TOPICS.adjustments.name] as const;

/** What the partitions of one process share. */
export interface Shared {
  readonly market: Market;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly partitionOf: PartitionOf;
  /** How far the market's topics have been read: the first offsets not read. */
  readonly marketPositions: () => MarketPositions;
  /** Called when a heartbeat would say something new. */
  readonly onProgress: () => void;
  /** Figures could not be computed: the process should end. */
  readonly onDefect: (error: unknown) => void;
  readonly metrics: EngineMetrics;
  readonly figureFlushes: FigureFlushes;
  /** A record of the books' inputs was refused. */
  readonly onRefused: (record: InboundRecord, outcome: RefusedOutcome) => void;
}

/** Why an account's figures change. */
export interface FigureChange {
  readonly cause: Cause;
  readonly correlationId: string;
}

/**
 * The engine of one partition number: bookings change its books at once, prices mark holders dirty
 * and a flush works them off. All that it writes goes through its fenced writer, one transaction after
 * another, in the order in which it was computed.
 */
export class PartitionEngine implements PartitionProcessor {
  readonly generation: number;
  readonly #writer: FencedWriter;
  readonly #shared: Shared;
  readonly #book: Book;
  readonly #counted: CountedIds;
  readonly #bookkeeper: Bookkeeper;
  /** Accounts whose figures at the market's last prices have not been handed to the writer. */
  readonly #dirty = new Map<Account, FigureChange>();
  /** Figures that are out without their stress rows; a newer version of an account takes their place. */
  readonly #stressDue = new Map<Account, Stress>();
  readonly #inputs: InputProgress;
  #appliedMarket: MarketPositions;
  #calcPosition = 0;
  #floorAt: number;
  #revalued = false;
  #flushing = false;
  #flushedAt = 0;
  #flushTookMs = 0;
  /** When something of a backlog came last. */
  #backlogAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #writesUnderWay = 0;
  #released = false;

  constructor(
    writer: FencedWriter,
    shared: Shared,
    restored: { readonly generation: number; readonly book: Book; readonly counted: CountedIds },
  ) {
    this.#writer = writer;
    this.#shared = shared;
    this.#book = restored.book;
    this.#counted = restored.counted;
    this.#bookkeeper = new Bookkeeper(restored.book, restored.counted, shared.partitionOf);
    this.#floorAt = restored.counted.floorAt;
    this.generation = restored.generation;
    this.#appliedMarket = { prices: [], betas: [], instruments: [] };
    this.#inputs = new InputProgress(
      new Map(BOOK_INPUTS.map((topic) => [topic, writer.committedPosition(topic)])),
    );
  }

  /** Has every account been revalued since the take-over? */
  get isRevalued(): boolean {
    return this.#revalued;
  }

  /** Makes the take-over durable and revalues every account: prices may have moved meanwhile. */
  async start(): Promise<void> {
    await this.#write([takeOverChangelog(this.generation, this.#floorAt, this.#writer.partition)]);
    for (const account of this.#book.accounts()) {
      this.#dirty.set(account, { cause: 'REFERENCE', correlationId: account.correlationId });
    }
    this.#scheduleFlush();
  }

  async onBatch(records: readonly InboundRecord[]): Promise<void> {
    for (let from = 0; from < records.length; from += BOOKINGS_PER_TRANSACTION) {
      await this.#bookSome(records.slice(from, from + BOOKINGS_PER_TRANSACTION));
    }
  }

  onPosition(topic: string, position: number): void {
    if (this.#inputs.pass(topic, position)) this.#shared.onProgress();
  }

  onRelease(): void {
    this.#released = true;
    clearTimeout(this.#timer);
  }

  /**
   * The prices that count, their quality or the betas of these symbols changed. In a backlog of the
   * market's records they will have changed again in a moment.
   */
  onMarketData(changes: ReadonlyMap<string, FigureChange>, isBacklog: boolean): void {
    if (this.#released) return;
    if (isBacklog) this.#backlogAt = this.#shared.clock.now();
    let marked = 0;
    for (const [symbol, change] of changes) {
      for (const account of this.#book.holders(symbol)) {
        marked += 1;
        // That it was filled or paid says more than that a price moved as well.
        if (!isBooking(this.#dirty.get(account))) this.#dirty.set(account, change);
      }
    }
    this.#shared.metrics.revaluationsDue.inc({}, marked);
    if (this.#dirty.size > 0) this.#scheduleFlush();
  }

  /** The market was read further without a change that concerns this partition. */
  onMarketPosition(): void {
    if (!this.#revalued || this.#dirty.size > 0 || this.#writesUnderWay > 0 || this.#released) {
      return;
    }
    this.#marketApplied(this.#shared.marketPositions());
    this.#shared.onProgress();
  }

  /** What has been applied, or null until every account has been revalued after the take-over. */
  heartbeat(now: number): HeartbeatRecord | null {
    if (!this.#revalued || this.#released) return null;
    return {
      partition: this.#writer.partition,
      generation: this.generation,
      applied_offsets: {
        'fills.v1': this.#inputs.applied(TOPICS.fills.name),
        'cash.v1': this.#inputs.applied(TOPICS.cash.name),
        'adjustments.v1': this.#inputs.applied(TOPICS.adjustments.name),
        'prices.v1': [...this.#appliedMarket.prices],
        'betas.v1': [...this.#appliedMarket.betas],
        'instruments.v1': [...this.#appliedMarket.instruments],
      },
      calc_position: this.#calcPosition,
      ts: now,
    };
  }

  /** At once when the last flush is long enough ago, else when the conflation interval is over. */
  #scheduleFlush(): void {
    if (this.#flushing || this.#timer !== undefined || this.#released) return;
    // Looked at again after the interval at the latest: a backlog may be over by then.
    const wait = Math.min(this.#flushDueInMs(), this.#shared.policy.priceConflationMs);
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        // A backlog began meanwhile, or goes on.
        if (this.#flushDueInMs() > 0) this.#scheduleFlush();
        else this.#flushOrTell();
      },
      Math.max(GATHER_MS, wait),
    );
  }

  #flushOrTell(): void {
    this.#flush().catch((error: unknown) => {
      // A failed transaction reaches the partition's owner first, who has given the partition up.
      if (!this.#released) this.#shared.onDefect(error);
    });
  }

  #flushDueInMs(): number {
    const elapsedMs = this.#shared.clock.now() - this.#flushedAt;
    // Somebody has set the clock back.
    if (elapsedMs < 0) return 0;
    return this.#flushPauseMs() - elapsedMs;
  }

  get #isBacklog(): boolean {
    const elapsedMs = this.#shared.clock.now() - this.#backlogAt;
    return elapsedMs >= 0 && elapsedMs < BACKLOG_OVER_MS;
  }

  /** The conflation interval; longer in a backlog, so that flushes leave most of the time to bookings. */
  #flushPauseMs(): number {
    const { priceConflationMs } = this.#shared.policy;
    if (!this.#isBacklog) return priceConflationMs;
    const fairMs = this.#flushTookMs * BACKLOG_FLUSH_SHARE;
    return Math.max(priceConflationMs, Math.min(fairMs, BACKLOG_FLUSH_PAUSE_MS_MAX));
  }

  /** Publishes the accounts that are dirty now; what becomes dirty meanwhile waits for the next flush. */
  async #flush(): Promise<void> {
    const { clock, figureFlushes } = this.#shared;
    this.#flushing = true;
    this.#flushedAt = clock.now();
    await figureFlushes.run(() => this.#flushFigures());
    const figuresTookMs = clock.now() - this.#flushedAt;
    if (this.#stressDue.size > 0) await figureFlushes.none(STRESS_WAIT_MS_MAX);
    const stressFrom = clock.now();
    await this.#flushStress();
    this.#flushTookMs = figuresTookMs + clock.now() - stressFrom;
    this.#flushing = false;
    if (this.#dirty.size > 0 || this.#stressDue.size > 0) this.#scheduleFlush();
  }

  async #flushFigures(): Promise<void> {
    const market = this.#shared.marketPositions();
    const inputs = this.#inputs.flushBegins();
    const due = [...this.#dirty.keys()];
    // Calls hang on the figures, and stress rows are eight times as many: with many accounts they follow.
    const stressLater = due.length > ACCOUNTS_PER_FLUSH;
    for (let from = 0; from < due.length; from += ACCOUNTS_PER_FLUSH) {
      await this.#flushSome(due.slice(from, from + ACCOUNTS_PER_FLUSH), stressLater);
    }
    // An account that a booking took out of the flush is published by that booking's transaction.
    await this.#lastWrite;
    const { clock, metrics } = this.#shared;
    metrics.flushSeconds.observe({}, (clock.now() - this.#flushedAt) / 1_000);
    this.#marketApplied(market);
    this.#inputs.flushEnded(inputs);
    this.#revalued = true;
    this.#shared.onProgress();
  }

  /** Works off the stress rows that are due, at least some, until new figures are due. */
  async #flushStress(): Promise<void> {
    while (this.#stressDue.size > 0 && !this.#released) {
      const out: OutboundRecord[] = [];
      let accounts = 0;
      for (const [account, stress] of this.#stressDue) {
        this.#stressDue.delete(account);
        out.push(...stressRecords(stress, this.#writer.partition));
        accounts += 1;
        if (accounts === STRESSED_PER_FLUSH) break;
      }
      await this.#write(out);
      if (this.#isBacklog || this.#areFiguresDue()) return;
    }
  }

  #areFiguresDue(): boolean {
    return this.#dirty.size > 0 && this.#flushDueInMs() <= 0;
  }

  async #flushSome(accounts: readonly Account[], stressLater: boolean): Promise<void> {
    const now = this.#shared.clock.now();
    const out: OutboundRecord[] = [];
    let revalued = 0;
    for (const account of accounts) {
      const dirty = this.#dirty.get(account);
      if (dirty === undefined) continue;
      this.#dirty.delete(account);
      revalued += 1;
      this.#book.touch(account, dirty.cause, dirty.correlationId);
      const figures = this.#figures(account, now);
      out.push(calcRecord(figures.calc, this.#writer.partition));
      if (stressLater) this.#stressDue.set(account, figures.stress);
      else out.push(...this.#stressNow(account, figures.stress));
    }
    this.#shared.metrics.revaluations.inc({}, revalued);
    if (out.length > 0) await this.#write(out);
  }

  async #bookSome(records: readonly InboundRecord[]): Promise<void> {
    const last = records.at(-1);
    if (last === undefined) return;
    const { clock, metrics } = this.#shared;
    const now = clock.now();
    const touched = new Set<Account>();
    const out: OutboundRecord[] = [];
    const counts = { BOOKED: 0, DUPLICATE: 0, REFUSED: 0 };
    for (const record of records) {
      const outcome = this.#bookkeeper.take(record, now);
      counts[outcome.kind] += 1;
      if (outcome.kind === 'DUPLICATE') continue;
      out.push(...outcome.events);
      if (outcome.account !== null) touched.add(outcome.account);
      if (outcome.kind === 'REFUSED') this.#shared.onRefused(record, outcome);
    }
    // Once a batch: looking the labels up takes as long as a booking.
    for (const [outcome, count] of Object.entries(counts)) {
      if (count > 0) metrics.bookings.inc({ topic: last.topic, outcome }, count);
    }
    const position = last.offset + 1;
    this.#inputs.book(last.topic, position);
    out.push(...this.#remember(now));
    for (const account of touched) out.push(accountChangelog(account, this.#writer.partition));
    if (touched.size > ACCOUNTS_AT_ONCE_MAX) this.#defer(touched);
    else out.push(...this.#figuresNow(touched, now));
    await this.#write(out, { topic: last.topic, position });
    const oldestMs = records[0]?.timestamp ?? now;
    metrics.bookingSeconds.observe({ topic: last.topic }, (clock.now() - oldestMs) / 1_000);
    this.#inputs.commit(last.topic, position);
    this.#shared.onProgress();
  }

  /** The next flush publishes the figures of these accounts. */
  #defer(accounts: Iterable<Account>): void {
    for (const account of accounts) {
      const { cause, correlationId } = account;
      this.#dirty.set(account, { cause, correlationId });
    }
    this.#backlogAt = this.#shared.clock.now();
    this.#inputs.defer();
    this.#scheduleFlush();
  }

  #figuresNow(accounts: Iterable<Account>, now: number): OutboundRecord[] {
    const records: OutboundRecord[] = [];
    for (const account of accounts) {
      this.#dirty.delete(account);
      const figures = this.#figures(account, now);
      records.push(calcRecord(figures.calc, this.#writer.partition));
      records.push(...this.#stressNow(account, figures.stress));
    }
    return records;
  }

  /** The stress rows of figures that go out now: older ones that are still due never will. */
  #stressNow(account: Account, stress: Stress): OutboundRecord[] {
    this.#stressDue.delete(account);
    return stressRecords(stress, this.#writer.partition);
  }

  /** The changelog's records for newly counted entries and for those that leave. */
  #remember(now: number): OutboundRecord[] {
    const counted = this.#counted.close();
    if (counted === null) return [];
    const { partition } = this.#writer;
    const records = [countedChangelog(counted, partition)];
    for (const block of this.#counted.evict(now)) {
      records.push(forgottenChangelog(block, partition));
    }
    if (this.#counted.floorAt !== this.#floorAt) {
      this.#floorAt = this.#counted.floorAt;
      records.push(takeOverChangelog(this.generation, this.#floorAt, partition));
    }
    return records;
  }

  #figures(account: Account, now: number): { calc: MarginCalcRecord; stress: Stress } {
    const { policy } = this.#shared;
    const { figures, stress: rows } = this.#book.value(account);
    const calc = encodeMarginCalc(figures, {
      accountId: account.accountId,
      generation: this.generation,
      sequence: account.sequence,
      asOf: now,
      cause: account.cause,
      fillsPosition: this.#inputs.booked(TOPICS.fills.name),
      cashPosition: this.#inputs.booked(TOPICS.cash.name),
      adjustmentsPosition: this.#inputs.booked(TOPICS.adjustments.name),
      blockedBy: account.blocks,
      creditedTotalE4: account.creditedTotalE4,
      markOf: (symbol) => this.#book.markOf(account, symbol),
      policyVersion: policy.version,
      correlationId: account.correlationId,
    });
    return { calc, stress: stressOf(calc, rows) };
  }

  /** One transaction. What it proves about the market is known when it is handed over: nothing is dirty. */
  async #write(
    records: readonly OutboundRecord[],
    consumed?: { readonly topic: string; readonly position: number },
  ): Promise<void> {
    const market = this.#dirty.size === 0 ? this.#shared.marketPositions() : null;
    this.#writesUnderWay += 1;
    const write = this.#writer.transact(
      (send) => send(records),
      consumed === undefined ? [] : [consumed],
    );
    this.#lastWrite = write;
    const positions = await write;
    this.#writesUnderWay -= 1;
    for (const { topic, offset } of positions) {
      if (topic === TOPICS.marginCalc.name) {
        this.#calcPosition = Math.max(this.#calcPosition, offset + 1);
      }
    }
    if (market !== null && this.#revalued) this.#marketApplied(market);
  }

  #marketApplied(positions: MarketPositions): void {
    this.#appliedMarket = laterPositions(this.#appliedMarket, positions);
  }
}

function isBooking(change: FigureChange | undefined): boolean {
  return change !== undefined && change.cause !== 'PRICE' && change.cause !== 'REFERENCE';
}
