import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TOPICS } from '#contracts/topics.ts';
import { eventually, openKafka } from '#test/kafka-fixture.ts';
import type { KafkaFixture } from '#test/kafka-fixture.ts';
import { createKafka } from './client.ts';
import { SteadyConsumer } from './steady-consumer.ts';
import type { ConsumedBatch, ConsumerHandlers } from './steady-consumer.ts';

const TOPIC = TOPICS.cash.name;
const PARTITIONS = 2;
const WAIT_MS = 60_000;
const TEST_MS = 180_000;

let kafka: KafkaFixture;
let consumers: SteadyConsumer[];
let fatal: Error[];
let events: string[];

beforeEach(async () => {
  kafka = await openKafka('steady', PARTITIONS);
  consumers = [];
  fatal = [];
  events = [];
});

afterEach(async () => {
  await Promise.all(consumers.map((consumer) => consumer.stop()));
  await kafka.close();
}, TEST_MS);

function create(onBatch: ConsumerHandlers['onBatch']): SteadyConsumer {
  const consumer = new SteadyConsumer({
    kafka: createKafka(kafka.surroundings),
    surroundings: kafka.surroundings,
    group: { groupId: `${kafka.topicPrefix}steady`, sessionTimeout: 6_000 },
    topics: [TOPIC],
    partitionsConcurrentMax: PARTITIONS,
    handlers: {
      onJoined: () => events.push('joined'),
      onLost: () => events.push('lost'),
      onBatch,
      onFatal: (error) => fatal.push(error),
    },
  });
  consumers.push(consumer);
  return consumer;
}

function publish(...values: readonly string[]): Promise<unknown> {
  return kafka.publish(values.map((value) => ({ topic: TOPIC, key: 'k', value, partition: 0 })));
}

function valuesOf(batch: ConsumedBatch): string[] {
  return batch.records.map(({ value }) => String(value));
}

function until(what: string, condition: () => boolean): Promise<boolean> {
  return eventually(what, WAIT_MS, () => Promise.resolve(condition()));
}

describe('a member that joins anew', () => {
  test(
    'reads on, and a batch that was under way comes again: it was not done in its membership',
    async () => {
      const handled: string[] = [];
      let hold: Promise<void> = Promise.resolve();
      let letGo = (): void => undefined;
      const consumer = create(async (batch) => {
        handled.push(...valuesOf(batch));
        await hold;
        return true;
      });
      await consumer.start();
      await publish('a');
      await until('a', () => handled.includes('a'));

      hold = new Promise((resolve) => {
        letGo = resolve;
      });
      await publish('b');
      await until('b is under way', () => handled.includes('b'));
      const before = events.length;
      consumer.rejoin();
      letGo();
      await until('b comes again', () => handled.filter((value) => value === 'b').length === 2);
      await publish('c');
      await until('c', () => handled.includes('c'));
      expect(events.slice(before)).toEqual(['lost', 'joined']);
      expect(fatal).toEqual([]);
    },
    TEST_MS,
  );

  test(
    'gets a batch again that its handler has not done with',
    async () => {
      const handled: string[] = [];
      const consumer = create(async (batch) => {
        handled.push(...valuesOf(batch));
        return handled.length > 2;
      });
      await consumer.start();
      await publish('a');
      await until('a comes again', () => handled.length >= 3);
      expect(new Set(handled)).toEqual(new Set(['a']));
    },
    TEST_MS,
  );
});

describe('a handler that rejects', () => {
  test(
    'is a defect: it is told once, the batch does not count as read, other partitions go on',
    async () => {
      const handled: string[] = [];
      const consumer = create(async (batch) => {
        const values = valuesOf(batch);
        handled.push(...values);
        if (values.includes('bad')) throw new TypeError('a defect');
        return true;
      });
      await consumer.start();
      await publish('bad');
      await until('the defect is told', () => fatal.length > 0);
      await kafka.publish([{ topic: TOPIC, key: 'k', value: 'other', partition: 1 }]);
      await until('the other partition', () => handled.includes('other'));
      expect(handled).toEqual(['bad', 'other']);
      expect(fatal).toEqual([new TypeError('a defect')]);
    },
    TEST_MS,
  );
});

describe('a member that stops', () => {
  async function members(): Promise<number> {
    const admin = createKafka(kafka.surroundings).admin();
    await admin.connect();
    try {
      const { groups } = await admin.describeGroups([`${kafka.topicPrefix}steady`]);
      return groups[0]?.members.length ?? 0;
    } finally {
      await admin.disconnect();
    }
  }

  test(
    'while it joins is not heard of again',
    async () => {
      const consumer = create(async () => true);
      const starting = consumer.start().catch((error: unknown) => error);
      await consumer.stop();
      await starting;
      expect(events.filter((event) => event === 'joined').length).toBeLessThanOrEqual(1);
      const joined = events.length;
      await eventually('the group is empty', WAIT_MS, async () => (await members()) === 0);
      await publish('a');
      expect(events.length).toBe(joined + (joined % 2));
    },
    TEST_MS,
  );

  test(
    'leaves the group, also when it has just been told to join anew',
    async () => {
      const consumer = create(async () => true);
      await consumer.start();
      const before = events.length;
      consumer.rejoin();
      await consumer.stop();
      await eventually('the group is empty', WAIT_MS, async () => (await members()) === 0);
      expect(events.slice(before)).toEqual(['lost']);
    },
    TEST_MS,
  );
});
