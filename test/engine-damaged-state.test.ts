import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TOPICS } from '#contracts/topics.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import type { OutboundRecord } from '#ports/records.ts';
import { deposit, lastFigures, sendCash } from './engine-fixture.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { startPart } from './part-fixture.ts';
import type { PartProcess } from './part-fixture.ts';

/** Somebody writes into the engine's own topics what it did not write. */

const PARTITIONS = 2;
const WAIT_MS = 60_000;
const TEST_MS = 240_000;
const ACCOUNT = 'ACC_1';

let kafka: KafkaFixture;
let engine: PartProcess | null;

beforeEach(async () => {
  kafka = await openKafka('engine-damaged', PARTITIONS);
  engine = null;
});

afterEach(async () => {
  await engine?.stop();
  await kafka.close();
});

async function startEngine(): Promise<void> {
  engine = await startPart('consumers/margin-engine/main.ts', {
    SENTINEL_TOPIC_PREFIX: kafka.topicPrefix,
    SENTINEL_PARTITIONS: String(PARTITIONS),
  });
}

async function cashOf(dollars: number): Promise<void> {
  await eventually(`${String(dollars)} in the books`, WAIT_MS, async () => {
    const figures = await lastFigures(kafka, ACCOUNT);
    return figures?.cash === dollars;
  });
}

test(
  'books that cannot be read stop a start with the record and the cure; writing the good one again heals it',
  async () => {
    const place = { topic: TOPICS.engineChangelog.name, key: `account:${ACCOUNT}` };
    await startEngine();
    await sendCash(kafka, deposit('C1', ACCOUNT, 100));
    await cashOf(100);
    await engine?.stop();
    const kept = await kafka.readAll(place.topic);
    const good = kept.findLast(({ key }) => key === place.key);
    const record = (value: string): OutboundRecord => ({
      ...place,
      value,
      partition: partitionOf(ACCOUNT, PARTITIONS),
    });

    await kafka.publish([record('{"kind":"ACCOUNT","cash_e4":')]);
    await expect(startEngine()).rejects.toThrow(
      new RegExp(`ended with 1: .*${place.topic} partition .*account:${ACCOUNT}.*again`),
    );

    await kafka.publish([record(new TextDecoder().decode(good?.value ?? undefined))]);
    await startEngine();
    await sendCash(kafka, deposit('C2', ACCOUNT, 20));
    await cashOf(120);
  },
  TEST_MS,
);

test(
  'a mark that cannot be read stops a start with the record and the cure',
  async () => {
    await kafka.publish([
      { topic: TOPICS.priceMarks.name, key: 'NVDA', value: '{"symbol":"NVDA"}' },
    ]);
    await expect(startEngine()).rejects.toThrow(
      new RegExp(`ended with 1: .*${TOPICS.priceMarks.name} partition .*NVDA.*again`),
    );
    await kafka.publish([{ topic: TOPICS.priceMarks.name, key: 'NVDA', value: null }]);
    await startEngine();
  },
  TEST_MS,
);
