import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TOPICS } from '#contracts/topics.ts';
import type { HeartbeatRecord } from '#contracts/margin-figures.ts';
import { createEndOffsets } from '#platform/kafka/log-reader.ts';
import type { EndOffsets } from '#ports/log-reader.ts';
import { foldInputs } from './account-fold.ts';
import { lastHeartbeats, sendPrices } from './engine-fixture.ts';
import { expectFolded, expectNothingGoesBackwards, readFigures } from './expected-figures.ts';
import { blow, makeStorm, MARKS } from './fill-storm.ts';
import { eventually, openKafka } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { startPart, stopInOrder } from './part-fixture.ts';
import type { PartProcess } from './part-fixture.ts';

const PARTITIONS = 4;
const NUMBERS = Array.from({ length: PARTITIONS }, (_, n) => n);
const SEED = 4_210;
const WAIT_MS = 60_000;
const TEST_MS = 240_000;

let kafka: KafkaFixture;
let ends: EndOffsets & { close(): Promise<void> };
let parts: PartProcess[];
const asleep = new Set<number>();
let storm: ReturnType<typeof makeStorm>;
let sending: boolean;
let sent: Promise<void>;

beforeEach(async () => {
  kafka = await openKafka('engine-handover', PARTITIONS);
  ends = await createEndOffsets(kafka.surroundings);
  parts = [];
  storm = makeStorm(20_000, SEED);
  const timestamp = Date.now();
  await sendPrices(
    kafka,
    ...Object.entries(MARKS).map(([symbol, price]) => ({ symbol, price, timestamp })),
  );
  sending = true;
  sent = Promise.resolve();
});

afterEach(async () => {
  sending = false;
  await sent;
  for (const pid of asleep) wake(pid);
  await Promise.all(parts.map((part) => part.stop()));
  await ends.close();
  await kafka.close();
});

async function startEngine(): Promise<PartProcess> {
  const part = await startPart('consumers/margin-engine/main.ts', {
    SENTINEL_TOPIC_PREFIX: kafka.topicPrefix,
    SENTINEL_PARTITIONS: String(PARTITIONS),
  });
  parts.push(part);
  return part;
}

function sleep(part: PartProcess): void {
  asleep.add(part.pid);
  process.kill(part.pid, 'SIGSTOP');
}

function wake(pid: number): void {
  if (asleep.delete(pid)) process.kill(pid, 'SIGCONT');
}

/** Sends fills until `stopSending`, all the time while engines come and go. */
function startSending(): void {
  sent = blow(kafka, storm.records, async () => {
    await new Promise((resolve) => setTimeout(resolve, 40));
    if (!sending) throw new StormOver();
  }).catch((error: unknown) => {
    if (!(error instanceof StormOver)) throw error;
  });
}

class StormOver extends Error {}

async function stopSending(): Promise<void> {
  sending = false;
  await sent;
}

function takenOver(part: PartProcess): number {
  return part.lines.filter(({ event }) => event === 'taken_over').length;
}

/** Every partition is owned: a heartbeat of a later generation has applied what lay there at the call. */
async function allOwnedSince(
  before: ReadonlyMap<number, HeartbeatRecord>,
): Promise<Map<number, HeartbeatRecord>> {
  const fills = await ends.endOffsets(TOPICS.fills.name);
  const cash = await ends.endOffsets(TOPICS.cash.name);
  return eventually('every partition is owned anew', WAIT_MS, async () => {
    const now = await lastHeartbeats(kafka);
    const owned = NUMBERS.every((n) => {
      const heartbeat = now.get(n);
      return (
        heartbeat !== undefined &&
        heartbeat.generation > (before.get(n)?.generation ?? 0) &&
        heartbeat.applied_offsets['fills.v1'] >= (fills[n] ?? 0) &&
        heartbeat.applied_offsets['cash.v1'] >= (cash[n] ?? 0)
      );
    });
    return owned && now;
  });
}

/** The sums are those of a fold, once everything sent is booked. */
async function expectRightSums(): Promise<void> {
  await allOwnedSince(new Map());
  const all = await readFigures(kafka);
  expectNothingGoesBackwards(all);
  expectFolded(
    all.map(({ figures }) => figures),
    await foldInputs(kafka),
    MARKS,
  );
  expect(await kafka.readAll(`${TOPICS.fills.name}.dlq`)).toEqual([]);
}

describe('partitions go from engine to engine while fills come in', () => {
  test(
    'when one joins, leaves and joins again, none is without an owner and every fill counts once',
    async () => {
      const first = await startEngine();
      // The ready line comes after the first take-over.
      expect(takenOver(first)).toBeGreaterThanOrEqual(PARTITIONS);
      startSending();
      let owned = await allOwnedSince(new Map());

      const second = await startEngine();
      owned = await allOwnedSince(owned);
      expect(takenOver(second)).toBeGreaterThanOrEqual(PARTITIONS / 2);

      await stopInOrder(first);
      owned = await allOwnedSince(owned);

      const third = await startEngine();
      owned = await allOwnedSince(owned);
      expect(takenOver(third)).toBeGreaterThanOrEqual(PARTITIONS / 2);

      await stopInOrder(second);
      await allOwnedSince(owned);
      await stopSending();
      await expectRightSums();
    },
    TEST_MS,
  );

  test(
    'when one sleeps past its session and wakes up, it writes nothing that counts and takes part again',
    async () => {
      const sleeper = await startEngine();
      startSending();
      let owned = await allOwnedSince(new Map());
      const second = await startEngine();
      owned = await allOwnedSince(owned);

      sleep(sleeper);
      owned = await allOwnedSince(owned);
      const secondBefore = takenOver(second);
      const sleeperBefore = takenOver(sleeper);
      wake(sleeper.pid);

      // It finds out that it is no member any more, joins again and gets its share.
      await eventually('both take partitions over', WAIT_MS, () =>
        Promise.resolve(takenOver(sleeper) > sleeperBefore && takenOver(second) > secondBefore),
      );
      await allOwnedSince(owned);
      await stopSending();
      await expectRightSums();
      expect(sleeper.lines.filter(({ event }) => event === 'failed')).toEqual([]);
    },
    TEST_MS,
  );
});
