import type { Logger } from '#ports/logger.ts';
import type { Counter, Gauge, Metrics } from '#ports/metrics.ts';
import type { Readiness } from '#ports/readiness.ts';
import { createKafka } from './client.ts';
import type { KafkaSurroundings } from './client.ts';
import type { RetryOptions } from 'kafkajs';
import { asError } from './kafka-trouble.ts';
import type { ConsumerWatch, OwnershipWatch } from './consumer-watch.ts';
import { Lanes } from './consumer-lanes.ts';
import type { LaneKey } from './consumer-lanes.ts';
import { settledWithin } from './settled-within.ts';
import { TopicBounds } from './topic-bounds.ts';

/** How patient a watch is. */
export interface WatchLimits {
  /** How often the broker is asked where partitions end. */
  readonly lookMs: number;
  /** A broker that has not answered for this long is away: nothing of this process moves. */
  readonly silenceMsMax: number;
  /** A group that forms anew takes a session time-out; one that takes longer does not form. */
  readonly outsideMsMax: number;
}

/** The next look tries again anyway, and a stop waits for nobody. */
const BRIEF_RETRY: RetryOptions = { initialRetryTime: 50, retries: 2, maxRetryTime: 500 };
const STOP_MS_MAX = 1_000;

const LIMITS: WatchLimits = { lookMs: 5_000, silenceMsMax: 15_000, outsideMsMax: 15_000 };

/** Watches the consumers of one process. */
export function createConsumerWatch(
  surroundings: Omit<KafkaSurroundings, 'watch'>,
  metrics: Metrics,
  limits: WatchLimits = LIMITS,
): ConsumerWatch {
  return new KafkaConsumerWatch(surroundings, metrics, limits);
}

interface Member {
  readonly groupId: string;
  /** Unix ms; null while it is in its group. */
  readonly outsideSince: number | null;
}

class KafkaConsumerWatch implements ConsumerWatch {
  readonly #surroundings: Omit<KafkaSurroundings, 'watch'>;
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #limits: WatchLimits;
  readonly #lanes = new Lanes();
  readonly #members = new Map<string, Member>();
  readonly #records: Gauge<{ consumer: string; topic: string; partition: string }>;
  readonly #seconds: Gauge<{ consumer: string; topic: string; partition: string }>;
  readonly #joins: Counter<{ consumer: string }>;
  readonly #topicBounds: TopicBounds;
  readonly #admin: ReturnType<ReturnType<typeof createKafka>['admin']>;
  readonly #timer: NodeJS.Timeout;
  #connected = false;
  #isLooking = false;
  #answeredAt = Date.now();

  constructor(
    surroundings: Omit<KafkaSurroundings, 'watch'>,
    metrics: Metrics,
    limits: WatchLimits,
  ) {
    this.#surroundings = surroundings;
    this.#metrics = metrics;
    this.#limits = limits;
    this.#logger = surroundings.logger;
    const kafka = createKafka(surroundings, BRIEF_RETRY);
    this.#topicBounds = new TopicBounds(kafka);
    this.#admin = kafka.admin();
    this.#joins = metrics.counter('sentinel_consumer_joins_total');
    this.#records = metrics.gauge('sentinel_consumer_lag_records', () => this.#report());
    this.#seconds = metrics.gauge('sentinel_consumer_lag_seconds');
    this.#timer = setInterval(() => this.#lookOnce(), limits.lookMs);
    this.#timer.unref();
  }

  joined(consumer: string, groupId: string, lanes: readonly LaneKey[]): void {
    this.#members.set(consumer, { groupId, outsideSince: null });
    this.#joins.inc({ consumer });
    this.#lanes.assign(consumer, lanes, Date.now());
  }

  lost(consumer: string): void {
    const member = this.#members.get(consumer);
    if (member === undefined) return;
    this.#members.set(consumer, { ...member, outsideSince: Date.now() });
    for (const { topic, partition } of this.#lanes.forget(consumer)) {
      const labels = { consumer, topic, partition: String(partition) };
      this.#records.remove(labels);
      this.#seconds.remove(labels);
    }
  }

  finished(consumer: string, lane: LaneKey, position: number, at: number | null): void {
    this.#lanes.finished(consumer, lane, position, at);
  }

  ownership(consumer: string): OwnershipWatch {
    const owned = this.#metrics.gauge('sentinel_partitions_owned');
    const takeOvers = this.#metrics.counter('sentinel_partition_take_overs_total');
    const takeOverSeconds = this.#metrics.histogram('sentinel_partition_take_over_seconds');
    const givenUp = this.#metrics.counter('sentinel_partitions_given_up_total');
    givenUp.inc({ consumer }, 0);
    return {
      owned: (count) => owned.set({ consumer }, count),
      tookOver: (seconds) => {
        takeOvers.inc({ consumer });
        takeOverSeconds.observe({ consumer }, seconds);
      },
      gaveUp: () => givenUp.inc({ consumer }),
    };
  }

  ready(): Readiness {
    const now = Date.now();
    const silentMs = now - this.#answeredAt;
    if (silentMs > this.#limits.silenceMsMax) {
      return notReady(`Kafka has not answered for ${secondsText(silentMs)}`);
    }
    for (const [consumer, { outsideSince }] of this.#members) {
      if (outsideSince === null || now - outsideSince <= this.#limits.outsideMsMax) continue;
      const outside = secondsText(now - outsideSince);
      return notReady(`${consumer} has been out of its consumer group for ${outside}`);
    }
    return { ready: true };
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const disconnecting = Promise.all([this.#topicBounds.disconnect(), this.#admin.disconnect()]);
    await settledWithin(STOP_MS_MAX, disconnecting);
  }

  #report(): void {
    for (const { consumer, topic, partition, records, ageMs } of this.#lanes.lags(Date.now())) {
      const labels = { consumer, topic, partition: String(partition) };
      this.#records.set(labels, records);
      this.#seconds.set(labels, ageMs / 1_000);
    }
  }

  /** One look at a time: while the broker is away they must not pile up. */
  #lookOnce(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#look()
      .catch((error: unknown) => {
        this.#logger.debug({ error: asError(error).message }, 'no answer where partitions end');
      })
      .finally(() => {
        this.#isLooking = false;
      });
  }

  async #connect(): Promise<void> {
    if (this.#connected) return;
    await Promise.all([this.#topicBounds.connect(), this.#admin.connect()]);
    this.#connected = true;
  }

  async #look(): Promise<void> {
    await this.#connect();
    const ends = new Map<string, Map<number, number>>();
    for (const topic of this.#lanes.topics()) {
      const bounds = await this.#topicBounds.of(this.#surroundings.topicPrefix + topic);
      ends.set(topic, new Map(bounds.map(({ partition, high }) => [partition, high])));
      const lows = new Map(bounds.map(({ partition, low }) => [partition, low]));
      await this.#lookUpCommitted(topic, lows);
    }
    // Without a consumer that has joined there is nothing to ask for yet but whether it answers.
    if (ends.size === 0) await this.#admin.describeCluster();
    this.#answeredAt = Date.now();
    this.#lanes.ended(ends, this.#answeredAt);
  }

  /** A consumer that has read nothing since it joined stands where its group has committed. */
  async #lookUpCommitted(topic: string, lows: ReadonlyMap<number, number>): Promise<void> {
    for (const [consumer, { groupId }] of this.#members) {
      const unknown = this.#lanes.unknown(consumer, topic);
      if (unknown.length === 0) continue;
      const prefixed = this.#surroundings.topicPrefix + topic;
      const [answer] = await this.#admin.fetchOffsets({ groupId, topics: [prefixed] });
      for (const partition of unknown) {
        const offset = answer?.partitions.find((one) => one.partition === partition)?.offset;
        const committed = Number(offset ?? -1);
        const position = committed < 0 ? (lows.get(partition) ?? 0) : committed;
        this.#lanes.finished(consumer, { topic, partition }, position, null);
      }
    }
  }
}

function notReady(reason: string): Readiness {
  return { ready: false, reason };
}

function secondsText(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
