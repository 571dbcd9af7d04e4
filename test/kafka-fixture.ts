import { randomBytes } from 'node:crypto';
import type { InboundRecord, OutboundRecord, RecordPosition } from '#ports/records.ts';
import type { Logger } from '#ports/logger.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { createKafka } from '#platform/kafka/client.ts';
import type { KafkaSurroundings } from '#platform/kafka/client.ts';
import { createPublisher } from '#platform/kafka/publisher.ts';
import type { OwnedPublisher } from '#platform/kafka/publisher.ts';
import { createTopics } from '#platform/kafka/topics.ts';
import { whenHeard } from '#platform/kafka/when-heard.ts';

/** The real Kafka of `npm test`, with topics of this test's own. */

const CAUGHT_UP_MS = 60_000;

/** A fresh set of topics on the test's broker. */
export interface KafkaFixture {
  readonly surroundings: KafkaSurroundings;
  readonly topicPrefix: string;
  readonly partitions: number;
  publish(records: readonly OutboundRecord[]): Promise<RecordPosition[]>;
  /** All committed records that the topic has now, by partition and offset. */
  readAll(topic: string): Promise<InboundRecord[]>;
  /** The topic's committed records as they come, from the beginning. */
  follow(topic: string): Promise<{ readonly records: InboundRecord[]; stop(): Promise<void> }>;
  close(): Promise<void>;
}

/** A logger that keeps silent, or writes to stderr with SENTINEL_TEST_LOG=1. */
export const testLogger: Logger = {
  debug: () => undefined,
  info: write,
  warn: write,
  error: write,
};

/** The brokers that test/run.ts has started. Throws when the variable is missing. */
export function testBrokers(): string[] {
  const brokers = process.env.KAFKA_BROKERS;
  if (brokers === undefined) throw new Error('KAFKA_BROKERS is not set: run `npm test`');
  return brokers.split(',');
}

/** Creates topics under a random prefix. */
export async function openKafka(name: string, partitions: number): Promise<KafkaFixture> {
  const topicPrefix = `${name}-${randomBytes(4).toString('hex')}-`;
  const brokers = testBrokers();
  await createTopics({ brokers, topicPrefix, partitions });
  const surroundings = { brokers, topicPrefix, clientId: name, logger: testLogger };
  const publisher: OwnedPublisher = await createPublisher(surroundings, partitions);
  return {
    surroundings,
    topicPrefix,
    partitions,
    publish: (records) => publisher.publish(records),
    readAll: async (topic) => {
      const followed = await follow(surroundings, topic);
      await followed.caughtUp();
      await followed.stop();
      return followed.records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
    },
    follow: (topic) => follow(surroundings, topic),
    close: async () => {
      await publisher.close();
      await deleteTopics(brokers, topicPrefix);
    },
  };
}

/**
 * Deletes a test's topics. A broker keeps something of each partition in its memory: with those of every
 * test at once it would do little but collect garbage, and stand still for seconds.
 */
export async function deleteTopics(brokers: string[], topicPrefix: string): Promise<void> {
  const surroundings = { brokers, topicPrefix, clientId: 'test-topics', logger: testLogger };
  const admin = createKafka(surroundings).admin({ retry: { retries: 2 } });
  await admin.connect();
  try {
    await whenHeard(async () => {
      const topics = (await admin.listTopics()).filter((name) => name.startsWith(topicPrefix));
      if (topics.length > 0) await admin.deleteTopics({ topics });
    });
  } finally {
    await admin.disconnect();
  }
}

/** Asks again until `condition` gives something; throws after `timeoutMs` with what was waited for. */
export async function eventually<T>(
  what: string,
  timeoutMs: number,
  condition: () => Promise<T | null | undefined | false>,
): Promise<T> {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const found = await condition();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > giveUpAt) throw new Error(`not within ${String(timeoutMs)} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function follow(
  surroundings: KafkaSurroundings,
  topic: string,
): Promise<{ records: InboundRecord[]; caughtUp(): Promise<void>; stop(): Promise<void> }> {
  const records: InboundRecord[] = [];
  const reader = createLogReader(surroundings, {
    onFatal: (error) => {
      throw error;
    },
  });
  await reader.start([topic], (batch) => {
    records.push(...batch);
  });
  return {
    records,
    caughtUp: () => reader.caughtUp(CAUGHT_UP_MS),
    stop: () => reader.stop(),
  };
}

function write(fields: object, message: string): void {
  if (process.env.SENTINEL_TEST_LOG !== '1') return;
  process.stderr.write(`${JSON.stringify({ ...fields, message })}\n`);
}
