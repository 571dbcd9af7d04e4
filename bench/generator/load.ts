import type { CashRecord } from '#contracts/ingest.ts';
import { TOPICS } from '#contracts/topics.ts';
import { fromE4 } from '#contracts/wire.ts';
import type { MarginPolicy } from '#domain/policy.ts';
import { createKafka } from '#platform/kafka/client.ts';
import type { KafkaSurroundings } from '#platform/kafka/client.ts';
import { isPassingTrouble } from '#platform/kafka/kafka-trouble.ts';
import { sendAll } from '#platform/kafka/send-all.ts';
import type { OutboundRecord } from '#ports/records.ts';
import type { Publisher } from '#ports/publisher.ts';
import { fillOf } from '../fills.ts';
import { orderOf } from '../orders.ts';
import { accountIdOf, betaE4Of, priceE4Of, symbolOf } from '../population.ts';
import { withdrawalE4Of } from '../withdrawals.ts';
import type { GeneratorPlace, Job, JobResult } from './jobs.ts';
import { openingState } from './opening-state.ts';
import { pace } from './pace.ts';

const CHUNK = 1_000;
const TRANSACTION_TIMEOUT_MS = 300_000;
const REQUOTE_MS = 1_000;
const SEED_MS_MAX = 60_000;

type JobOf<Kind extends Job['kind']> = Extract<Job, { kind: Kind }>;

/** Writes what the benchmarks put on the topics. */
export class Load {
  readonly #place: GeneratorPlace;
  readonly #surroundings: KafkaSurroundings;
  readonly #publisher: Publisher;
  readonly #policy: MarginPolicy;

  constructor(
    place: GeneratorPlace,
    surroundings: KafkaSurroundings,
    publisher: Publisher,
    policy: MarginPolicy,
  ) {
    this.#place = place;
    this.#surroundings = surroundings;
    this.#publisher = publisher;
    this.#policy = policy;
  }

  async seed(): Promise<JobResult> {
    const startedAt = Date.now();
    const symbols = this.#symbols();
    await this.#patiently(symbols.map((symbol) => betaRecord(symbol, startedAt)));
    await this.#patiently(symbols.map((symbol) => priceRecord(symbol, 0, startedAt)));
    for (const chunk of openingState(this.#place, startedAt)) await this.#patiently(chunk);
    return { startedAt, endedAt: Date.now() };
  }

  flood({ round, fills, prices, firstMove }: JobOf<'FLOOD'>): Promise<JobResult> {
    const { plan } = this.#place;
    function* chunks(): Generator<OutboundRecord[]> {
      for (let from = 0; from < Math.max(fills, prices); from += CHUNK) {
        const now = Date.now();
        const chunk: OutboundRecord[] = [];
        for (let index = from; index < from + CHUNK; index += 1) {
          if (index < fills) {
            const fill = fillOf(plan, round, index, now);
            chunk.push(record(TOPICS.fills.name, fill.account_id, fill));
          }
          if (index < prices) {
            const move = firstMove + Math.floor(index / plan.symbols);
            chunk.push(priceRecord(index % plan.symbols, move, now));
          }
        }
        yield chunk;
      }
    }
    return this.#inOneTransaction(chunks());
  }

  async fills({ round, ratePerS, count }: JobOf<'FILLS'>): Promise<JobResult> {
    const { plan } = this.#place;
    return this.#paced(ratePerS, count, (index, at) => {
      const fill = fillOf(plan, round, index, at);
      return [record(TOPICS.fills.name, fill.account_id, fill)];
    });
  }

  async orders({ round, ratePerS, count, accounts }: JobOf<'ORDERS'>): Promise<JobResult> {
    const { plan } = this.#place;
    return this.#paced(ratePerS, count, (index, at) => {
      const order = orderOf(plan, round, index, at, accounts);
      return [record(TOPICS.orders.name, order.account_id, order)];
    });
  }

  async ticks({ symbols, firstMove, count, everyMs }: JobOf<'TICKS'>): Promise<JobResult> {
    return this.#paced(1_000 / everyMs, count, (index, at) =>
      symbols.map((symbol) => priceRecord(symbol, firstMove + index, at)),
    );
  }

  async withdrawals({ firstAccount, count, ratePerS }: JobOf<'WITHDRAWALS'>): Promise<JobResult> {
    if (ratePerS > 0) {
      return this.#paced(ratePerS, count, (index, at) => [
        this.#withdrawal(firstAccount + index, at),
      ]);
    }
    const now = Date.now();
    const all = Array.from({ length: count }, (_, index) =>
      this.#withdrawal(firstAccount + index, now),
    );
    return this.#inOneTransaction([all]);
  }

  /** Until the process ends. */
  async requote(): Promise<JobResult> {
    const startedAt = Date.now();
    const quote = (): Promise<unknown> => {
      const now = Date.now();
      return this.#publisher.publish(this.#symbols().map((symbol) => priceRecord(symbol, 0, now)));
    };
    await quote();
    setInterval(() => {
      quote().catch((error: unknown) => {
        throw error;
      });
    }, REQUOTE_MS);
    return { startedAt, endedAt: Date.now() };
  }

  /** A busy broker needs some seconds until it leads the partitions that it has just made. */
  async #patiently(records: readonly OutboundRecord[]): Promise<void> {
    const giveUpAt = Date.now() + SEED_MS_MAX;
    for (;;) {
      try {
        await this.#publisher.publish(records);
        return;
      } catch (error) {
        if (!isPassingTrouble(error) || Date.now() > giveUpAt) throw error;
      }
    }
  }

  async #paced(
    ratePerS: number,
    count: number,
    recordsOf: (index: number, at: number) => readonly OutboundRecord[],
  ): Promise<JobResult> {
    const startedAt = Date.now();
    await pace(ratePerS, count, (due) =>
      this.#publisher.publish(due.flatMap(({ index, at }) => recordsOf(index, at))),
    );
    return { startedAt, endedAt: Date.now() };
  }

  async #inOneTransaction(chunks: Iterable<readonly OutboundRecord[]>): Promise<JobResult> {
    const { topicPrefix, partitions } = this.#place;
    const producer = createKafka(this.#surroundings).producer({
      transactionalId: `${topicPrefix}generator`,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
    });
    await producer.connect();
    try {
      const transaction = await producer.transaction();
      for (const chunk of chunks) await sendAll(transaction, chunk, topicPrefix, partitions);
      const startedAt = Date.now();
      await transaction.commit();
      return { startedAt, endedAt: Date.now() };
    } finally {
      await producer.disconnect();
    }
  }

  #withdrawal(account: number, at: number): OutboundRecord {
    const amountE4 = withdrawalE4Of(this.#place.plan, account, this.#policy);
    const accountId = accountIdOf(account);
    const cash: CashRecord = {
      cash_id: `w-${accountId}`,
      account_id: accountId,
      amount: -fromE4(amountE4),
      kind: 'WITHDRAWAL',
      timestamp: at,
    };
    return record(TOPICS.cash.name, accountId, cash);
  }

  #symbols(): number[] {
    return Array.from({ length: this.#place.plan.symbols }, (_, symbol) => symbol);
  }
}

function priceRecord(symbol: number, move: number, timestamp: number): OutboundRecord {
  const name = symbolOf(symbol);
  const price = fromE4(priceE4Of(symbol, move));
  return record(TOPICS.prices.name, name, { symbol: name, price, timestamp });
}

function betaRecord(symbol: number, timestamp: number): OutboundRecord {
  const name = symbolOf(symbol);
  return record(TOPICS.betas.name, name, {
    symbol: name,
    beta: fromE4(betaE4Of(symbol)),
    timestamp,
  });
}

function record(topic: string, key: string, content: object): OutboundRecord {
  return { topic, key, value: JSON.stringify(content) };
}
