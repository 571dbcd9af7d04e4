import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Admin } from 'kafkajs';
import { TOPICS } from '#contracts/topics.ts';
import { createKafka } from '#platform/kafka/client.ts';
import type { PartitionOwner } from '#ports/partition-owner.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { liquidation, ownPartitions, passed, startVenue, WAIT_MS } from './order-path-fixture.ts';

/** How a venue adapter commits what it has read and asks for nothing to be written. */

const PARTITIONS = 1;
const RECORDS = 40;
const VOID_EPOCH = 7;

jest.setTimeout(180_000);

let kafka: KafkaFixture;
let admin: Admin;
let defects: unknown[];

beforeEach(async () => {
  defects = [];
  kafka = await openKafka('positions', PARTITIONS);
  admin = createKafka(kafka.surroundings).admin();
  await admin.connect();
  await ownPartitions(kafka);
});

afterEach(async () => {
  await admin.disconnect();
  await kafka.close();
  expect(defects).toEqual([]);
});

/** An owner whose transactions are counted. */
function counted(): {
  wrap: (owner: PartitionOwner) => PartitionOwner;
  readonly count: () => number;
} {
  let count = 0;
  return {
    wrap: (owner) => ({
      stop: () => owner.stop(),
      run: (inputs, takeOver) =>
        owner.run(inputs, (partition, writer) =>
          takeOver(partition, {
            partition,
            transact: (...parts) => writer.transact(...parts),
            readToEnd: (...asked) => writer.readToEnd(...asked),
            committedPosition: (topic) => writer.committedPosition(topic),
            transactIf: (...parts) => {
              count += 1;
              return writer.transactIf(...parts);
            },
          }),
        ),
    }),
    count: () => count,
  };
}

async function committed(): Promise<number> {
  const { topicPrefix } = kafka.surroundings;
  const topic = topicPrefix + TOPICS.gatedOrders.name;
  const [found] = await admin.fetchOffsets({
    groupId: `${topicPrefix}venue-adapter`,
    topics: [topic],
  });
  return Number(found?.partitions[0]?.offset ?? -1);
}

test('decisions that ask for nothing share a transaction, and none of them is read again', async () => {
  const transactions = counted();
  const venue = await startVenue(kafka, defects, { owner: transactions.wrap });
  try {
    const startedAt = performance.now();
    let end = 0;
    for (let n = 0; n < RECORDS; n += 1) {
      const value = JSON.stringify(passed(liquidation(), { epoch: VOID_EPOCH }));
      const [place] = await kafka.publish([
        { topic: TOPICS.gatedOrders.name, key: 'ACC_1', value },
      ]);
      end = (place?.offset ?? 0) + 1;
      // So that it is a batch of its own.
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await eventually('all of them committed', WAIT_MS, async () => (await committed()) === end);
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(transactions.count()).toBeGreaterThan(0);
    expect(transactions.count()).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
  } finally {
    await venue.stop();
  }
});
