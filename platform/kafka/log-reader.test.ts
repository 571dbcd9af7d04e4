import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TOPICS } from '#contracts/topics.ts';
import type { LogReader } from '#ports/log-reader.ts';
import { eventually, openKafka } from '#test/kafka-fixture.ts';
import type { KafkaFixture } from '#test/kafka-fixture.ts';
import { createKafka } from './client.ts';
import { createEndOffsets, createLogReader } from './log-reader.ts';
import { MissingTopicError } from './topic-bounds.ts';

const TOPIC = TOPICS.prices.name;
const PARTITIONS = 3;
const WAIT_MS = 60_000;
const TEST_MS = 180_000;

let kafka: KafkaFixture;
let readers: LogReader[];
let fatal: Error[];

beforeEach(async () => {
  kafka = await openKafka('reader', PARTITIONS);
  readers = [];
  fatal = [];
});

afterEach(async () => {
  await Promise.all(readers.map((reader) => reader.stop()));
  await kafka.close();
}, TEST_MS);

function create(partition?: number): LogReader {
  const onFatal = (error: Error): void => {
    fatal.push(error);
  };
  const options = partition === undefined ? { onFatal } : { onFatal, partition };
  const reader = createLogReader(kafka.surroundings, options);
  readers.push(reader);
  return reader;
}

async function publish(...values: readonly string[]): Promise<void> {
  await kafka.publish(
    values.map((value, n) => ({ topic: TOPIC, key: value, value, partition: n % PARTITIONS })),
  );
}

async function inTransaction(end: 'commit' | 'abort', value: string): Promise<void> {
  const producer = createKafka(kafka.surroundings).producer({
    transactionalId: `${kafka.topicPrefix}writer`,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  const topic = kafka.topicPrefix + TOPIC;
  await transaction.send({ topic, messages: [{ key: 'k', value, partition: 0 }] });
  await transaction[end]();
  await producer.disconnect();
}

describe('a long log', () => {
  const STILL_MS = 4_000;
  const BATCH_MS = 1_000;
  const TWO = [TOPIC, TOPICS.betas.name];

  test(
    'is read to its end however long that takes, as long as more of it comes',
    async () => {
      // One batch of each of six partitions, a second each.
      await kafka.publish(
        TWO.flatMap((topic) =>
          [0, 1, 2].map((partition) => ({ topic, key: 'k', value: 'v', partition })),
        ),
      );
      const slowly = () => new Promise<void>((resolve) => setTimeout(resolve, BATCH_MS));
      const [patient, hasty] = [create(), create()];
      await Promise.all([patient.start(TWO, slowly), hasty.start(TWO, slowly)]);
      const late = expect(hasty.caughtUp(STILL_MS)).rejects.toThrow(/in 4000 ms/);
      await patient.caughtUpAdvancing(STILL_MS);
      await late;
    },
    TEST_MS,
  );

  test(
    'is read from an offset on',
    async () => {
      await publish('a', 'x', 'x', 'b', 'x', 'x', 'c');
      const got: string[] = [];
      const reader = createLogReader(kafka.surroundings, {
        ...{ partition: 0, from: { offset: 1 } },
        onFatal: (error) => fatal.push(error),
      });
      readers.push(reader);
      await reader.start([TOPIC], (records) => {
        got.push(...records.map(({ value }) => Buffer.from(value ?? []).toString()));
      });
      await reader.caughtUp(WAIT_MS);
      expect(got).toEqual(['b', 'c']);
    },
    TEST_MS,
  );
});

describe('a reader that pauses between fetches', () => {
  const PAUSE_MS = 5_000;

  test(
    'takes in one batch, and in order, what has come meanwhile, of every partition',
    async () => {
      const batches: string[][] = [];
      const reader = createLogReader(kafka.surroundings, {
        fetchPauseMs: PAUSE_MS,
        onFatal: (error) => fatal.push(error),
      });
      readers.push(reader);
      await publish('first', 'of', 'all');
      await reader.start([TOPIC], (records) => {
        batches.push(records.map(({ value }) => Buffer.from(value ?? []).toString()));
      });
      await reader.caughtUp(WAIT_MS);
      expect(batches.map((batch) => batch.length)).toEqual([1, 1, 1]);
      for (const turn of ['1', '2', '3']) await publish(`a${turn}`, `b${turn}`, `c${turn}`);
      await reader.caughtUp(WAIT_MS);
      expect(batches.slice(PARTITIONS).toSorted()).toEqual([
        ['a1', 'a2', 'a3'],
        ['b1', 'b2', 'b3'],
        ['c1', 'c2', 'c3'],
      ]);
      expect(fatal).toEqual([]);
    },
    TEST_MS,
  );
});

describe('a log is read from its beginning', () => {
  test(
    'to its end, behind transaction markers, without what was aborted, and on from there',
    async () => {
      await publish('a', 'b', 'c');
      await inTransaction('commit', 'committed');
      await inTransaction('abort', 'aborted');
      const seen: string[] = [];
      const reader = create();
      await reader.start([TOPIC], (records) => {
        seen.push(...records.map(({ value }) => String(value)));
      });
      await reader.caughtUp(WAIT_MS);
      expect([...seen].sort()).toEqual(['a', 'b', 'c', 'committed']);
      const ends = await createEndOffsets(kafka.surroundings);
      expect(reader.positions(TOPIC)).toEqual(await ends.endOffsets(TOPIC));
      expect(reader.positions(TOPIC)).toEqual([5, 1, 1]);
      await ends.close();
      await publish('d');
      await eventually('what comes later', WAIT_MS, () => Promise.resolve(seen.includes('d')));
    },
    TEST_MS,
  );

  test(
    'one partition only, when that is asked for',
    async () => {
      await publish('a', 'b', 'c');
      const seen: string[] = [];
      const reader = create(1);
      await reader.start([TOPIC], (records) => {
        seen.push(...records.map(({ value }) => String(value)));
      });
      await reader.caughtUp(WAIT_MS);
      expect(seen).toEqual(['b']);
    },
    TEST_MS,
  );

  test(
    'and a topic without records is caught up with at once',
    async () => {
      const reader = create();
      await reader.start([TOPIC, TOPICS.betas.name], () => undefined);
      await reader.caughtUp(WAIT_MS);
      expect(reader.positions(TOPIC)).toEqual([0, 0, 0]);
    },
    TEST_MS,
  );
});

describe('a log that cannot be read is never taken for read', () => {
  test(
    'when a record’s handler fails, catching up fails too and the position stays',
    async () => {
      await publish('a');
      const reader = create();
      await reader.start([TOPIC], () => {
        throw new TypeError('a defect');
      });
      await expect(reader.caughtUp(WAIT_MS)).rejects.toThrow('a defect');
      expect(fatal).toEqual([new TypeError('a defect')]);
      expect(reader.positions(TOPIC)).toEqual([0, 0, 0]);
    },
    TEST_MS,
  );

  test(
    'while a transaction is open: what it hides, and what lies behind it, is there',
    async () => {
      const producer = createKafka(kafka.surroundings).producer({
        transactionalId: `${kafka.topicPrefix}writer`,
        idempotent: true,
        maxInFlightRequests: 1,
      });
      await producer.connect();
      const transaction = await producer.transaction();
      await transaction.send({
        topic: kafka.topicPrefix + TOPIC,
        messages: [{ key: 'k', value: 'open', partition: 0 }],
      });
      await publish('behind');
      const ends = await createEndOffsets(kafka.surroundings);
      expect(await ends.endOffsets(TOPIC)).toEqual([2, 0, 0]);
      await ends.close();

      const seen: string[] = [];
      const reader = create();
      await reader.start([TOPIC], (records) => {
        seen.push(...records.map(({ value }) => String(value)));
      });
      await expect(reader.caughtUp(300)).rejects.toThrow(/read to 0 of 2 in 300 ms.*transaction/);
      await expect(reader.caughtUpAdvancing(300)).rejects.toThrow(/read to 0 of 2 in 300 ms/);
      await transaction.commit();
      await producer.disconnect();
      await reader.caughtUp(WAIT_MS);
      expect(seen).toEqual(['open', 'behind']);
    },
    TEST_MS,
  );

  test(
    'when its topic does not exist, starting fails and names it',
    async () => {
      const reader = create();
      const starting = reader.start(['nonesuch.v1'], () => undefined);
      await expect(starting).rejects.toThrow(MissingTopicError);
      await expect(starting).rejects.toThrow(`${kafka.topicPrefix}nonesuch.v1`);
    },
    TEST_MS,
  );

  test(
    'when it is stopped meanwhile, catching up ends',
    async () => {
      await publish('a');
      const reader = create();
      let letGo = (): void => undefined;
      await reader.start(
        [TOPIC],
        () =>
          new Promise((resolve) => {
            letGo = resolve;
          }),
      );
      const catching = reader.caughtUp(WAIT_MS);
      const stopping = reader.stop();
      await expect(catching).rejects.toThrow(/stopped/);
      letGo();
      await stopping;
    },
    TEST_MS,
  );
});
