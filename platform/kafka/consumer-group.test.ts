import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TOPICS } from '#contracts/topics.ts';
import type { ConsumerGroup, HeldBackAt } from '#ports/consumer-group.ts';
import type { InboundRecord } from '#ports/records.ts';
import { eventually, openKafka } from '#test/kafka-fixture.ts';
import type { KafkaFixture } from '#test/kafka-fixture.ts';
import { createKafka } from './client.ts';
import { createConsumerGroup } from './consumer-group.ts';

const TOPIC = TOPICS.cash.name;
const GROUP = 'readers';
const WAIT_MS = 60_000;
const TEST_MS = 180_000;

let kafka: KafkaFixture;
let groups: ConsumerGroup[];
let fatal: Error[];

beforeEach(async () => {
  kafka = await openKafka('group', 2);
  groups = [];
  fatal = [];
});

afterEach(async () => {
  await Promise.all(groups.map((group) => group.stop()));
  await kafka.close();
}, TEST_MS);

async function run(
  onBatch: (values: string[]) => Promise<void>,
  heldBackAt?: HeldBackAt,
): Promise<ConsumerGroup> {
  const group = createConsumerGroup(kafka.surroundings, {
    groupId: GROUP,
    partitionsConcurrentMax: 2,
    onFatal: (error) => fatal.push(error),
  });
  groups.push(group);
  const handle = (records: readonly InboundRecord[]): Promise<void> =>
    onBatch(records.map(({ value }) => String(value)));
  await group.run([TOPIC], handle, heldBackAt);
  return group;
}

async function publish(...values: readonly string[]): Promise<void> {
  await kafka.publish(values.map((value) => ({ topic: TOPIC, key: 'k', value, partition: 0 })));
}

function until(what: string, condition: () => boolean): Promise<boolean> {
  return eventually(what, WAIT_MS, () => Promise.resolve(condition()));
}

async function committed(): Promise<number> {
  const admin = createKafka(kafka.surroundings).admin();
  await admin.connect();
  try {
    const [topic] = await admin.fetchOffsets({
      groupId: kafka.topicPrefix + GROUP,
      topics: [kafka.topicPrefix + TOPIC],
    });
    return Number(topic?.partitions.find(({ partition }) => partition === 0)?.offset);
  } finally {
    await admin.disconnect();
  }
}

describe('a member of a group', () => {
  test(
    'goes on behind what the one before had finished when it stopped',
    async () => {
      const seen: string[] = [];
      const collect = async (values: string[]): Promise<void> => {
        seen.push(...values);
      };
      const first = await run(collect);
      await publish('a', 'b');
      await until('both', () => seen.length === 2);
      await first.stop();
      expect(await committed()).toBe(2);
      await publish('c');
      await run(collect);
      await until('the third', () => seen.includes('c'));
      expect(seen).toEqual(['a', 'b', 'c']);
    },
    TEST_MS,
  );

  test(
    'commits while it runs, but nothing from a record on that is held back',
    async () => {
      let heldBackAt: number | null = 1;
      const seen: string[] = [];
      await run(
        async (values) => {
          seen.push(...values);
        },
        (topic, partition) => (topic === TOPIC && partition === 0 ? heldBackAt : null),
      );
      await publish('a', 'b', 'c');
      await eventually('a is committed', WAIT_MS, async () => (await committed()) === 1);
      expect(seen).toEqual(['a', 'b', 'c']);
      heldBackAt = null;
      await eventually('all are committed', WAIT_MS, async () => (await committed()) === 3);
    },
    TEST_MS,
  );

  test(
    'whose handler rejects says so; the batch comes again to the process that follows',
    async () => {
      await publish('a');
      const broken = await run(() => Promise.reject(new TypeError('a defect')));
      await until('the defect is told', () => fatal.length > 0);
      await publish('b');
      await broken.stop();
      expect(fatal).toEqual([new TypeError('a defect')]);
      const seen: string[] = [];
      await run(async (values) => {
        seen.push(...values);
      });
      await until('both', () => seen.length === 2);
      expect(seen).toEqual(['a', 'b']);
    },
    TEST_MS,
  );

  test(
    'does not lose its place while a batch takes longer than a session',
    async () => {
      const seen: string[] = [];
      await run(async (values) => {
        seen.push(...values);
        if (values.includes('slow')) await new Promise((resolve) => setTimeout(resolve, 8_000));
      });
      await publish('slow');
      await until('it is at work', () => seen.includes('slow'));
      await publish('next');
      await until('the next', () => seen.includes('next'));
      expect(seen).toEqual(['slow', 'next']);
    },
    TEST_MS,
  );
});
