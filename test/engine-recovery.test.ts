import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TOPICS } from '#contracts/topics.ts';
import { foldInputs } from './account-fold.ts';
import { lastHeartbeats, sendPrices } from './engine-fixture.ts';
import { expectFolded, expectNothingGoesBackwards, readFigures } from './expected-figures.ts';
import { blow, makeStorm, MARKS } from './fill-storm.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { startPart } from './part-fixture.ts';
import type { PartProcess } from './part-fixture.ts';

const PARTITIONS = 4;
const FILLS = 5_000;
const SEED = 20_261_121;
/** The engine has done this much since it was started, and has as much again before it. */
const FIGURES_BEFORE_KILL = 100;
const WAIT_MS = 60_000;

let kafka: KafkaFixture;
let engine: PartProcess | null;

beforeEach(async () => {
  kafka = await openKafka('engine-recovery', PARTITIONS);
  engine = null;
});

afterEach(async () => {
  await engine?.stop();
  await kafka.close();
});

function startEngine(): Promise<PartProcess> {
  return startPart('consumers/margin-engine/main.ts', {
    SENTINEL_TOPIC_PREFIX: kafka.topicPrefix,
    SENTINEL_PARTITIONS: String(PARTITIONS),
  });
}

test('an engine killed twice in the midst of 5,000 fills, with duplicates and out of order, comes to the sums of a plain fold', async () => {
  const quotes = Object.entries(MARKS).map(([symbol, price]) => ({
    symbol,
    price,
    timestamp: Date.now(),
  }));
  await sendPrices(kafka, ...quotes);
  engine = await startEngine();
  const storm = makeStorm(FILLS, SEED);
  expect(storm.duplicates).toBeGreaterThan(500);
  const published = await kafka.follow(TOPICS.marginCalc.name);
  const third = Math.ceil(storm.records.length / 3);
  for (const part of [0, 1]) {
    const killAfter = published.records.length + FIGURES_BEFORE_KILL;
    const isAtWork = (): boolean => published.records.length >= killAfter;
    await blow(kafka, storm.records.slice(part * third, (part + 1) * third), async (sent) => {
      if (engine === null || sent < third / 3) return;
      // It is at work: inside a transaction or between two. More comes while it is dead.
      if (sent > (2 * third) / 3) {
        await eventually('the engine is at work', WAIT_MS, () => Promise.resolve(isAtWork()));
      }
      if (!isAtWork()) return;
      await engine.kill();
      engine = null;
    });
    expect(engine).toBeNull();
    engine = await startEngine();
  }
  await blow(kafka, storm.records.slice(2 * third));
  await published.stop();

  const fold = await foldInputs(kafka);
  expect(fold.repeated).toBeGreaterThanOrEqual(storm.duplicates);
  const ends = new Map<number, { fills: number; cash: number }>();
  for (const { topic, partition, offset } of [
    ...(await kafka.readAll(TOPICS.fills.name)),
    ...(await kafka.readAll(TOPICS.cash.name)),
  ]) {
    const end = ends.get(partition) ?? { fills: 0, cash: 0 };
    ends.set(partition, end);
    end[topic === TOPICS.fills.name ? 'fills' : 'cash'] = offset + 1;
  }
  await eventually('everything is booked', WAIT_MS, async () => {
    const heartbeats = await lastHeartbeats(kafka);
    return [...ends].every(([partition, end]) => {
      const applied = heartbeats.get(partition)?.applied_offsets;
      return applied?.['fills.v1'] === end.fills && applied['cash.v1'] === end.cash;
    });
  });

  const all = await readFigures(kafka);
  expectFolded(
    all.map(({ figures }) => figures),
    fold,
    MARKS,
  );
  expectNothingGoesBackwards(all);
  for (const { generation } of (await lastHeartbeats(kafka)).values()) {
    expect(generation).toBeGreaterThanOrEqual(3);
  }
  expect(await kafka.readAll(`${TOPICS.fills.name}.dlq`)).toEqual([]);
}, 240_000);
