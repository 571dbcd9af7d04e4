import { TOPICS } from '#contracts/topics.ts';
import type { Policy } from '#domain/policy.ts';
import type { Clock } from '#ports/clock.ts';
import type { LogReader } from '#ports/log-reader.ts';
import type { Logger } from '#ports/logger.ts';
import type { Counter, Metrics } from '#ports/metrics.ts';
import type { FencedWriter, PartitionOwner, PartitionProcessor } from '#ports/partition-owner.ts';
import type { Publisher } from '#ports/publisher.ts';
import type { InboundRecord, OutboundRecord } from '#ports/records.ts';
import { Heartbeats } from './heartbeats.ts';
import { marketDataOf, originOf } from './intake.ts';
import type { PartitionOf } from './intake.ts';
import type { MarketPositions } from './market-positions.ts';
import { Market } from './market.ts';
import { deadLetterRecord } from './outputs.ts';
import { PartitionEngine } from './partition-engine.ts';
import type { Shared } from './partition-engine.ts';
import { restore } from './restore.ts';

/** Prices and betas are read to their end within this time at the start. */
const MARKET_TIMEOUT_MS = 60_000;
/** Dead letters of the market that were not acknowledged are written again after this long. */
const LETTERS_PAUSE_MS = 500;

export interface EngineParts {
  readonly owner: PartitionOwner;
  /** Reads prices.v1 and betas.v1. */
  readonly marketReader: LogReader;
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
  readonly #market = new Market();
  readonly #shared: Shared;
  readonly #heartbeats: Heartbeats;
  readonly #quotes: Counter;
  readonly #engines = new Map<number, PartitionEngine>();
  #stopped = false;

  constructor(parts: EngineParts) {
    const { publisher, logger, clock, metrics } = parts;
    this.#parts = parts;
    this.#heartbeats = new Heartbeats(publisher, logger, () =>
      [...this.#engines.values()].flatMap((engine) => engine.heartbeat(clock.now()) ?? []),
    );
    this.#quotes = metrics.counter(
      'sentinel_engine_market_records_total',
      'Prices and betas by what became of them',
      ['topic', 'outcome'],
    );
    this.#shared = {
      market: this.#market,
      policy: parts.policy,
      clock,
      partitionOf: parts.partitionOf,
      marketPositions: () => this.#marketPositions(),
      onProgress: () => this.#heartbeats.news(),
      onDefect: parts.onFatal,
      bookings: metrics.counter(
        'sentinel_engine_bookings_total',
        'Fills and cash movements by what became of them',
        ['topic', 'outcome'],
      ),
    };
  }

  /** Reads the market, then takes partitions; resolves when those of the first assignment are its own. */
  async start(): Promise<void> {
    const { marketReader, owner } = this.#parts;
    await marketReader.start([TOPICS.prices.name, TOPICS.betas.name], (records) =>
      this.#onMarketRecords(records),
    );
    await marketReader.caughtUp(MARKET_TIMEOUT_MS);
    this.#heartbeats.start(() => this.#onMarketPosition());
    await owner.run([TOPICS.fills.name, TOPICS.cash.name], (_, writer) => this.#takeOver(writer));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#heartbeats.stop();
    await Promise.all([this.#parts.owner.stop(), this.#parts.marketReader.stop()]);
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

  async #onMarketRecords(records: readonly InboundRecord[]): Promise<void> {
    const letters: OutboundRecord[] = [];
    for (const record of records) {
      // Compaction's tombstones say nothing about a price.
      if (record.value === null) continue;
      const accepted = marketDataOf(record, this.#parts.partitionOf);
      if (!accepted.ok) {
        this.#quotes.inc({ topic: record.topic, outcome: 'REFUSED' });
        letters.push(deadLetterRecord(record, accepted.refusal, this.#parts.clock.now()));
        continue;
      }
      const { kind, symbol, valueE4, at } = accepted.value;
      const changed =
        kind === 'PRICE'
          ? this.#market.quote(symbol, valueE4, at)
          : this.#market.beta(symbol, valueE4, at);
      this.#quotes.inc({ topic: record.topic, outcome: changed ? 'CHANGED' : 'UNCHANGED' });
      if (!changed) continue;
      const cause = kind === 'PRICE' ? 'PRICE' : 'REFERENCE';
      for (const engine of this.#engines.values()) {
        engine.onMarketData(symbol, cause, originOf(record));
      }
    }
    // Positions advance when this resolves: a bad record is never passed without its letter.
    if (letters.length > 0) await this.#publishLetters(letters);
    setImmediate(() => this.#onMarketPosition());
  }

  /** Every engine process reads the same market: a letter's key makes their copies one. */
  async #publishLetters(letters: readonly OutboundRecord[]): Promise<void> {
    const { publisher, logger } = this.#parts;
    while (!this.#stopped) {
      try {
        await publisher.publish(letters);
        return;
      } catch (error) {
        logger.warn({ error: String(error) }, 'dead letters were not written: trying again');
        await new Promise((resolve) => setTimeout(resolve, LETTERS_PAUSE_MS));
      }
    }
  }

  #onMarketPosition(): void {
    for (const engine of this.#engines.values()) engine.onMarketPosition();
  }

  #marketPositions(): MarketPositions {
    const { marketReader } = this.#parts;
    return {
      prices: marketReader.positions(TOPICS.prices.name),
      betas: marketReader.positions(TOPICS.betas.name),
    };
  }
}
