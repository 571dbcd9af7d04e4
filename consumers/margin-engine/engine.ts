import { TOPICS } from '#contracts/topics.ts';
import type { MarketHours } from '#domain/market-hours.ts';
import type { Policy } from '#domain/policy.ts';
import type { Clock } from '#ports/clock.ts';
import type { LogReader } from '#ports/log-reader.ts';
import type { Logger } from '#ports/logger.ts';
import type { Metrics } from '#ports/metrics.ts';
import type { FencedWriter, PartitionOwner, PartitionProcessor } from '#ports/partition-owner.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { Readiness } from '#ports/readiness.ts';
import type { InboundRecord, OutboundRecord } from '#ports/records.ts';
import type { RefusedOutcome } from './bookkeeper.ts';
import { engineMetrics } from './engine-metrics.ts';
import type { EngineMetrics } from './engine-metrics.ts';
import { FigureFlushes } from './figure-flushes.ts';
import { Heartbeats } from './heartbeats.ts';
import { marketDataOf, originOf } from './intake.ts';
import type { MarketData, PartitionOf } from './intake.ts';
import type { MarketPositions } from './market-positions.ts';
import { Market } from './market.ts';
import type { MarketChange } from './market.ts';
import { knownSymbolOf, priceMarkRecord } from './market-marks.ts';
import { deadLetterRecord } from './outputs.ts';
import { BOOK_INPUTS, PartitionEngine } from './partition-engine.ts';
import { reportRefusal } from './report-refusal.ts';
import type { FigureChange, Shared } from './partition-engine.ts';
import { restore } from './restore.ts';

/** The market is read to its end within this time at the start. */
const MARKET_TIMEOUT_MS = 60_000;
/** So many records of one fetch have waited: the market is read from behind. */
const MARKET_BACKLOG_RECORDS = 1_000;
/** Readers hold every case after 5 s (DESIGN 8). */
const HEARTBEAT_SILENCE_MS_MAX = 5_000;
/** What was not acknowledged of the market's dead letters and marks is written again after this long. */
const PUBLISH_PAUSE_MS = 500;
/** How late a price may be that counts because it stood long enough. */
const SETTLE_MS = 100;

const MARKET_TOPICS = [TOPICS.prices.name, TOPICS.betas.name, TOPICS.instruments.name] as const;

export interface EngineParts {
  readonly owner: PartitionOwner;
  /** Reads what earlier engines kept of the market, once. */
  readonly marksReader: LogReader;
  /** Reads prices.v1, betas.v1 and instruments.v1. */
  readonly marketReader: LogReader;
  /** The market's regular session, for the official close (DESIGN 8). */
  readonly isOpen: MarketHours;
  readonly publisher: Publisher;
  readonly partitionOf: PartitionOf;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** A defect: figures could not be computed. The process should end. */
  readonly onFatal: (error: unknown) => void;
}

/** Turns fills, cash movements, prices and betas into margin and stress figures (DESIGN 5 – 7). */
export class MarginEngine {
  readonly #parts: EngineParts;
  readonly #market: Market;
  readonly #shared: Shared;
  readonly #heartbeats: Heartbeats;
  readonly #metrics: EngineMetrics;
  readonly #engines = new Map<number, PartitionEngine>();
  #settling: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(parts: EngineParts) {
    const { publisher, logger, clock, metrics } = parts;
    this.#parts = parts;
    this.#market = new Market(parts.policy, parts.isOpen);
    this.#heartbeats = new Heartbeats(publisher, logger, () =>
      [...this.#engines.values()].flatMap((engine) => engine.heartbeat(clock.now()) ?? []),
    );
    this.#metrics = engineMetrics(metrics, () => this.#heartbeats.ageMs);
    this.#shared = {
      market: this.#market,
      policy: parts.policy,
      clock,
      partitionOf: parts.partitionOf,
      marketPositions: () => this.#marketPositions(),
      onProgress: () => this.#heartbeats.news(),
      onDefect: parts.onFatal,
      metrics: this.#metrics,
      figureFlushes: new FigureFlushes(),
      onRefused: (record, outcome) => this.#onRefused(record, outcome),
    };
  }

  /** Reads the market, then takes partitions; resolves when those of the first assignment are its own. */
  async start(): Promise<void> {
    const { marketReader, owner } = this.#parts;
    await this.#readMarks();
    await marketReader.start(MARKET_TOPICS, (records) => this.#onMarketRecords(records));
    await marketReader.caughtUp(MARKET_TIMEOUT_MS);
    this.#settling = setInterval(() => {
      this.#settle();
    }, SETTLE_MS);
    this.#heartbeats.start(() => this.#onMarketPosition());
    await owner.run(BOOK_INPUTS, (_, writer) => this.#takeOver(writer));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#settling);
    this.#heartbeats.stop();
    await Promise.all([this.#parts.owner.stop(), this.#parts.marketReader.stop()]);
  }

  /** Ready when each partition's figures are at the last prices and its heartbeats are heard. */
  ready(): Readiness {
    const silentMs = this.#heartbeats.ageMs;
    if (this.#engines.size > 0 && silentMs > HEARTBEAT_SILENCE_MS_MAX) {
      const seconds = String(Math.round(silentMs / 1_000));
      return notReady(`heartbeats have not been acknowledged by Kafka for ${seconds} s`);
    }
    const revaluing = [...this.#engines].filter(([, engine]) => !engine.isRevalued);
    if (revaluing.length > 0) {
      const numbers = revaluing.map(([number]) => String(number)).join(', ');
      return notReady(`partitions taken over are being revalued: ${numbers}`);
    }
    return { ready: true };
  }

  async #takeOver(writer: FencedWriter): Promise<PartitionProcessor> {
    const { clock, logger, policy } = this.#parts;
    const { partition } = writer;
    const startedAt = clock.now();
    const restored = await restore(writer, this.#market, policy);
    const engine = new PartitionEngine(writer, this.#shared, restored);
    await engine.start();
    // Only now: an engine whose take-over failed must not be heard of.
    this.#engines.set(partition, engine);
    logger.info(
      {
        event: 'taken_over',
        partition,
        generation: restored.generation,
        accounts: restored.book.size,
        ms: clock.now() - startedAt,
      },
      'took a partition over',
    );
    return {
      onBatch: (records) => engine.onBatch(records),
      onPosition: (topic, position) => engine.onPosition(topic, position),
      onRelease: () => {
        engine.onRelease();
        if (this.#engines.get(partition) === engine) this.#engines.delete(partition);
      },
    };
  }

  /** What counted before the last records, which is all that compacted topics are sure to hold. */
  async #readMarks(): Promise<void> {
    const { marksReader } = this.#parts;
    const latest = new Map<string | null, InboundRecord>();
    await marksReader.start([TOPICS.priceMarks.name], (records) => {
      for (const record of records) latest.set(record.key, record);
    });
    await marksReader.caughtUp(MARKET_TIMEOUT_MS);
    await marksReader.stop();
    for (const record of latest.values()) {
      if (record.value !== null) this.#market.restore(knownSymbolOf(record));
    }
  }

  async #onMarketRecords(records: readonly InboundRecord[]): Promise<void> {
    const letters: OutboundRecord[] = [];
    const toKeep = new Set<string>();
    const changes = new Map<string, FigureChange>();
    const counts = { CHANGED: 0, UNCHANGED: 0, REFUSED: 0 };
    for (const record of records) {
      // Compaction's tombstones say nothing about a price.
      if (record.value === null) continue;
      const accepted = marketDataOf(record, this.#parts.partitionOf);
      if (!accepted.ok) {
        counts.REFUSED += 1;
        reportRefusal(record, accepted.refusal, this.#parts.logger, this.#metrics);
        letters.push(deadLetterRecord(record, accepted.refusal, this.#parts.clock.now()));
        continue;
      }
      const { isNews, isToBeKept } = this.#take(accepted.value);
      const { symbol, kind } = accepted.value;
      if (isToBeKept) toKeep.add(symbol);
      counts[isNews ? 'CHANGED' : 'UNCHANGED'] += 1;
      if (!isNews) continue;
      const cause = kind === 'PRICE' ? 'PRICE' : 'REFERENCE';
      changes.set(symbol, { cause, correlationId: originOf(record) });
    }
    this.#tell(changes, records.length >= MARKET_BACKLOG_RECORDS);
    this.#count(records[0]?.topic ?? '', counts);
    const marks = [...toKeep].map((symbol) => priceMarkRecord(this.#market.known(symbol)));
    // Positions advance when this resolves: a bad record is never passed without its letter, and no
    // figures count as fresh whose doubt a restart would forget.
    const out = [...letters, ...marks];
    if (out.length > 0) await this.#publish(out);
    setImmediate(() => this.#onMarketPosition());
  }

  /** Records of one batch, which are of one topic. */
  #count(topic: string, counts: Readonly<Record<string, number>>): void {
    for (const [outcome, count] of Object.entries(counts)) {
      if (count > 0) this.#metrics.market.inc({ topic, outcome }, count);
    }
  }

  #take(data: MarketData): MarketChange {
    switch (data.kind) {
      case 'PRICE':
        return this.#market.quote(data.symbol, data.quote);
      case 'BETA':
        return {
          isNews: this.#market.beta(data.symbol, data.betaE4, data.at),
          isToBeKept: false,
        };
      case 'INSTRUMENT':
        return this.#market.state(data.symbol, data.action, data.at);
    }
  }

  /** Time alone lets an outlying price count. */
  #settle(): void {
    const changes = new Map<string, FigureChange>();
    for (const symbol of this.#market.settle(this.#parts.clock.now())) {
      changes.set(symbol, { cause: 'PRICE', correlationId: `${symbol}:confirmed-by-time` });
    }
    this.#tell(changes, false);
  }

  /** Once for each symbol: its holders are many, and they care for its last price only. */
  #tell(changes: ReadonlyMap<string, FigureChange>, isBacklog: boolean): void {
    for (const engine of this.#engines.values()) engine.onMarketData(changes, isBacklog);
  }

  /** Every engine process reads the same market: letters and marks of one key are copies of one. */
  async #publish(records: readonly OutboundRecord[]): Promise<void> {
    const { publisher, logger } = this.#parts;
    while (!this.#stopped) {
      try {
        await publisher.publish(records);
        return;
      } catch (error) {
        logger.warn(
          { error: String(error) },
          'the market’s records were not written: trying again',
        );
        await new Promise((resolve) => setTimeout(resolve, PUBLISH_PAUSE_MS));
      }
    }
  }

  /** An account is blocked, or worse: nobody can say which account's books lack the record. */
  #onRefused(record: InboundRecord, { refusal, unattributed }: RefusedOutcome): void {
    const { code } = refusal;
    const origin = originOf(record);
    reportRefusal(record, refusal, this.#parts.logger, this.#metrics);
    if (!unattributed) {
      const account_id = refusal.accountId;
      this.#parts.logger.warn(
        { event: 'blocked', origin, code, account_id },
        'an account is blocked',
      );
      return;
    }
    this.#metrics.unattributed.inc({ topic: record.topic });
    this.#parts.logger.error(
      { event: 'unattributed', origin, code },
      "a refused record names no account: look at it, some account's books may lack it",
    );
  }

  #onMarketPosition(): void {
    for (const engine of this.#engines.values()) engine.onMarketPosition();
  }

  #marketPositions(): MarketPositions {
    const { marketReader } = this.#parts;
    return {
      prices: marketReader.positions(TOPICS.prices.name),
      betas: marketReader.positions(TOPICS.betas.name),
      instruments: marketReader.positions(TOPICS.instruments.name),
    };
  }
}

function notReady(reason: string): Readiness {
  return { ready: false, reason };
}
