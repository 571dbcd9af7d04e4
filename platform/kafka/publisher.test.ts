import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TOPICS } from '#contracts/topics.ts';
import { openKafka } from '#test/kafka-fixture.ts';
import type { KafkaFixture } from '#test/kafka-fixture.ts';
import { isAnswer } from './kafka-trouble.ts';
import { createPublisher } from './publisher.ts';
import type { OwnedPublisher } from './publisher.ts';

const TOPIC = TOPICS.cash.name;
const OTHER = TOPICS.fills.name;
const TEST_MS = 180_000;

let kafka: KafkaFixture;
let publisher: OwnedPublisher;

beforeEach(async () => {
  kafka = await openKafka('publisher', 2);
  publisher = await createPublisher(kafka.surroundings, 2);
});

afterEach(async () => {
  await publisher.close();
  await kafka.close();
});

async function valuesOf(topic: string, partition: number): Promise<string[]> {
  const records = await kafka.readAll(topic);
  return records
    .filter((record) => record.partition === partition)
    .map(({ value }) => String(value));
}

describe('records that are published', () => {
  test(
    'lie where it says, in their order, however many they are',
    async () => {
      const records = Array.from({ length: 4_000 }, (_, n) => ({
        topic: n % 3 === 0 ? OTHER : TOPIC,
        key: 'k',
        value: String(n),
        partition: n % 2,
      }));
      const positions = await publisher.publish(records);
      const found = new Map<string, string>();
      for (const topic of [TOPIC, OTHER]) {
        for (const { partition, offset, value } of await kafka.readAll(topic)) {
          found.set(`${topic}/${partition}/${offset}`, String(value));
        }
      }
      const told = positions.map(
        ({ topic, partition, offset }) => `${topic}/${partition}/${offset}`,
      );
      expect(told.map((place) => found.get(place))).toEqual(records.map(({ value }) => value));
      expect(found.size).toBe(records.length);
    },
    TEST_MS,
  );

  test(
    'by many callers at once each get their own places, and keep the callers’ order',
    async () => {
      const calls = Array.from({ length: 200 }, (_, n) =>
        publisher.publish([
          { topic: TOPIC, key: 'k', value: `${n}a`, partition: 0 },
          { topic: TOPIC, key: 'k', value: `${n}b`, partition: 0 },
        ]),
      );
      const positions = (await Promise.all(calls)).flat().map(({ offset }) => offset);
      expect(positions).toEqual(Array.from({ length: 400 }, (_, offset) => offset));
      const expected = Array.from({ length: 200 }, (_, n) => [`${n}a`, `${n}b`]).flat();
      expect(await valuesOf(TOPIC, 0)).toEqual(expected);
    },
    TEST_MS,
  );

  test(
    'without a caller’s partition lie on their key’s',
    async () => {
      const [position] = await publisher.publish([{ topic: TOPIC, key: 'ACC_1', value: 'x' }]);
      expect(position).toEqual({ topic: TOPIC, partition: 1, offset: 0 });
      expect(await publisher.publish([])).toEqual([]);
    },
    TEST_MS,
  );
});

describe('a record that no broker takes', () => {
  test(
    'is rejected to its caller; those of other callers are written, and so is what comes later',
    async () => {
      const small = (value: string): Promise<unknown> =>
        publisher.publish([{ topic: TOPIC, key: 'k', value, partition: 0 }]);
      const first = small('first');
      const before = small('before');
      const tooLarge = publisher
        .publish([{ topic: TOPIC, key: 'k', value: 'x'.repeat(2_000_000), partition: 1 }])
        .catch((error: unknown) => error);
      const after = small('after');
      expect(isAnswer(await tooLarge, 'MESSAGE_TOO_LARGE')).toBe(true);
      await Promise.all([first, before, after]);
      await small('later');
      const written = await valuesOf(TOPIC, 0);
      expect([...new Set(written)]).toEqual(['first', 'before', 'after', 'later']);
      expect(await valuesOf(TOPIC, 1)).toEqual([]);
    },
    TEST_MS,
  );
});
