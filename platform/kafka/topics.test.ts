import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ConfigResourceTypes } from 'kafkajs';
import type { Admin } from 'kafkajs';
import { allTopics } from '#contracts/topics.ts';
import { deleteTopics, eventually, testBrokers, testLogger } from '#test/kafka-fixture.ts';
import { createKafka } from './client.ts';
import { createTopics, TopicMismatchError } from './topics.ts';

const MS_PER_DAY = 86_400_000;
/** Longer than a request waits for its answer (platform/kafka/client.ts). */
const SILENT_MS = 5_500;
const API_KEY_METADATA = 3;
const SETTING_MS_MAX = 50_000;
const TEST_MS = 120_000;

let topicPrefix: string;
let admin: Admin;

beforeEach(async () => {
  topicPrefix = `topics-${randomBytes(4).toString('hex')}-`;
  const surroundings = {
    brokers: testBrokers(),
    topicPrefix,
    clientId: 'test',
    logger: testLogger,
  };
  admin = createKafka(surroundings).admin();
  await admin.connect();
});

afterEach(async () => {
  await deleteTopics(testBrokers(), topicPrefix);
  await admin.disconnect();
});

/** The broker answers a change of settings before it goes by it. */
async function untilPolicyIs(policy: string): Promise<void> {
  await eventually(`margin.calc.v1 is to ${policy}`, SETTING_MS_MAX, async () => {
    return (await configOf('margin.calc.v1')).get('cleanup.policy') === policy;
  });
}

function create(partitions: number, brokers = testBrokers()): Promise<void> {
  return createTopics({ brokers, topicPrefix, partitions });
}

/** A way to the broker on which the first question for metadata is held back for so long. */
async function stallingWay(silentMs: number): Promise<{ broker: string; close(): void }> {
  const [broker = ''] = testBrokers();
  const [host = '', port = ''] = broker.split(':');
  let stalls = 1;
  const server = net.createServer((client) => {
    const onward = net.connect(Number(port), host);
    const end = (): void => {
      client.destroy();
      onward.destroy();
    };
    for (const socket of [client, onward]) socket.on('error', end).on('close', end);
    onward.pipe(client);
    client.on('data', (request: Buffer) => {
      const isStalled = request.readInt16BE(4) === API_KEY_METADATA && stalls > 0;
      if (isStalled) stalls -= 1;
      void pause(isStalled ? silentMs : 0).then(() => onward.write(request));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { broker: `127.0.0.1:${String(address.port)}`, close: () => server.close() };
}

async function configOf(topic: string): Promise<Map<string, string>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topicPrefix + topic }],
  });
  const entries = resources[0]?.configEntries ?? [];
  return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
}

describe('the product’s topics', () => {
  test('are made with their partitions and cleanup, stamped with the broker’s own time', async () => {
    await create(3);
    const { topics } = await admin.fetchTopicMetadata({
      topics: allTopics().map(({ name }) => topicPrefix + name),
    });
    expect(topics).toHaveLength(allTopics().length);
    for (const topic of topics) expect(topic.partitions).toHaveLength(3);
    for (const { name, cleanup } of allTopics()) {
      const config = await configOf(name);
      expect(config.get('message.timestamp.type')).toBe('LogAppendTime');
      if (cleanup === 'compact') expect(config.get('cleanup.policy')).toBe('compact');
      else {
        expect(config.get('cleanup.policy')).toBe('delete');
        const kept = cleanup === 'keep' ? -1 : cleanup.retentionDays * MS_PER_DAY;
        expect(config.get('retention.ms')).toBe(String(kept));
        // A segment that is written to is not deleted: it must not be older than what is kept.
        const segmentMs = Number(config.get('segment.ms'));
        expect(segmentMs).toBeLessThanOrEqual(kept === -1 ? 7 * MS_PER_DAY : kept / 4);
      }
    }
  });

  test(
    'may exist already: what was changed by hand is set right',
    async () => {
      await create(2);
      await admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: ConfigResourceTypes.TOPIC,
            name: `${topicPrefix}margin.calc.v1`,
            configEntries: [{ name: 'cleanup.policy', value: 'delete' }],
          },
        ],
      });
      await untilPolicyIs('delete');
      await create(2);
      await untilPolicyIs('compact');
    },
    TEST_MS,
  );

  test(
    'are made although the broker stood still for longer than a request waits',
    async () => {
      const way = await stallingWay(SILENT_MS);
      await create(1, [way.broker]);
      way.close();
      const existing = new Set(await admin.listTopics());
      expect(allTopics().filter(({ name }) => !existing.has(topicPrefix + name))).toEqual([]);
    },
    TEST_MS,
  );

  test('are refused with another number of partitions: keys would move', async () => {
    await create(2);
    await expect(create(3)).rejects.toThrow(TopicMismatchError);
    await expect(create(3)).rejects.toThrow(/has 2 partitions, 3 are asked for/);
  });
});
