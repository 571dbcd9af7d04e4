import { createConsumerGroup } from '#platform/kafka/consumer-group.ts';
import { createConsumerWatch } from '#platform/kafka/create-consumer-watch.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { createMetrics } from '#platform/metrics.ts';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TOPICS } from '#contracts/topics.ts';
import { freePort } from '#stack/ports.ts';
import { eventually, openKafka, testLogger } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';
import { marginCalc } from './account-records.ts';

/** What a process tells of its consumers, on a real broker. */

const LIMITS = { lookMs: 100, silenceMsMax: 60_000, outsideMsMax: 300 };
const WAIT_MS = 60_000;
const TOPIC = TOPICS.marginCalc.name;

let kafka: KafkaFixture;

beforeEach(async () => {
  kafka = await openKafka('watch', 1);
});
afterEach(async () => {
  await kafka.close();
});

describe('a watched consumer', () => {
  test('that does not keep up shows its lag in records and in age, and neither when it has', async () => {
    const metrics = createMetrics('state-index');
    const watch = createConsumerWatch(kafka.surroundings, metrics, LIMITS);
    const group = createConsumerGroup(
      { ...kafka.surroundings, watch },
      {
        groupId: 'state-index',
        partitionsConcurrentMax: 1,
        onFatal: (error) => {
          throw error;
        },
      },
    );
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const record = { topic: TOPIC, key: 'ACC_1', value: JSON.stringify(marginCalc()) };
    await kafka.publish([record, record, record]);
    await group.run([TOPIC], () => held);
    const lag = async (unit: 'records' | 'seconds'): Promise<number | null> => {
      const { body } = await metrics.page();
      const line = new RegExp(
        `^sentinel_consumer_lag_${unit}\\{.*topic="${TOPIC}".*\\} (.*)$`,
        'm',
      );
      const value = line.exec(body)?.[1];
      return value === undefined ? null : Number(value);
    };
    await eventually('three records wait', WAIT_MS, async () => (await lag('records')) === 3);
    await eventually('they grow old', WAIT_MS, async () => ((await lag('seconds')) ?? 0) > 0.5);
    await eventually('it is in its group', WAIT_MS, () => Promise.resolve(watch.ready().ready));

    letGo();
    await eventually('nothing waits', WAIT_MS, async () => (await lag('records')) === 0);
    await eventually('nothing is old', WAIT_MS, async () => (await lag('seconds')) === 0);

    await group.stop();
    expect(await lag('records')).toBeNull();
    await eventually('it is missed in its group', WAIT_MS, () =>
      Promise.resolve(!watch.ready().ready),
    );
    expect(watch.ready()).toMatchObject({ reason: expect.stringMatching(/^state-index has been/) });
    await watch.stop();
  });

  test('that starts again at the end of its topic, with nothing to read, has no lag', async () => {
    const record = { topic: TOPIC, key: 'ACC_1', value: JSON.stringify(marginCalc()) };
    await kafka.publish([record]);
    for (const round of ['reads', 'finds nothing']) {
      const metrics = createMetrics('state-index');
      const watch = createConsumerWatch(kafka.surroundings, metrics, LIMITS);
      const group = createConsumerGroup(
        { ...kafka.surroundings, watch },
        { groupId: 'state-index', partitionsConcurrentMax: 1, onFatal: () => undefined },
      );
      await group.run([TOPIC], () => Promise.resolve());
      await eventually(round, WAIT_MS, async () =>
        /lag_records\{.*\} 0$/m.test((await metrics.page()).body),
      );
      await group.stop();
      await watch.stop();
    }
  });

  test('beside another reader of its process shows its own lag', async () => {
    const metrics = createMetrics('margin-engine');
    const watch = createConsumerWatch(kafka.surroundings, metrics, LIMITS);
    const surroundings = { ...kafka.surroundings, clientId: 'margin-engine', watch };
    await kafka.publish([{ topic: TOPIC, key: 'ACC_1', value: JSON.stringify(marginCalc()) }]);
    const readers = ['marks', 'market'].map((name) =>
      createLogReader(surroundings, { name, onFatal: () => undefined }),
    );
    for (const reader of readers) await reader.start([TOPIC], () => undefined);
    await eventually('both are shown', 20_000, async () => {
      const { body } = await metrics.page();
      return ['marks', 'market'].every((name) =>
        new RegExp(`lag_records\\{.*consumer="margin-engine.${name}".*\\} 0$`, 'm').test(body),
      );
    });
    for (const reader of readers) await reader.stop();
    await watch.stop();
  });

  test('of a broker that is not there says so', async () => {
    const brokers = [`127.0.0.1:${String(await freePort())}`];
    const nowhere = { ...kafka.surroundings, brokers, logger: testLogger };
    const limits = { ...LIMITS, silenceMsMax: 3_000 };
    const watch = createConsumerWatch(nowhere, createMetrics('worker'), limits);
    expect(watch.ready()).toEqual({ ready: true });
    await eventually('silence', WAIT_MS, () => Promise.resolve(!watch.ready().ready));
    expect(watch.ready()).toMatchObject({
      reason: expect.stringMatching(/^Kafka has not answered/),
    });
    await watch.stop();
  });
});
