import kafkajs from 'kafkajs';
import type { Admin, ITopicConfig, Kafka } from 'kafkajs';
import { allTopics } from '#contracts/topics.ts';
import type { Topic } from '#contracts/topics.ts';
import { createKafka } from './client.ts';
import { TopicBounds } from './topic-bounds.ts';
import { whenHeard } from './when-heard.ts';

const MS_PER_DAY = 86_400_000;
/** What a restart reads of a compacted topic is its last segment and little more: keep that small. */
const COMPACTED_SEGMENT_BYTES = 32 * 1024 * 1024;
const COMPACTED_DIRTY_RATIO = 0.2;

/**
 * What is written to is never deleted: of what is kept for days the broker begins another segment so many
 * times in that while, or after its own week.
 */
const SEGMENTS_PER_RETENTION = 4;
const SEGMENT_MS_MAX = 7 * MS_PER_DAY;

/** How long a broker may take until each partition of new topics answers. */
const LEADERS_MS_MAX = 30_000;

/** A topic exists with another number of partitions: keys would move between partitions. */
export class TopicMismatchError extends Error {
  override readonly name = 'TopicMismatchError';
}

/**
 * Creates the product's topics that are missing, with keys' partitions and cleanup policies as in
 * contracts/topics.ts, and sets the cleanup policy of those that exist. Throws TopicMismatchError
 * when one exists with another number of partitions.
 */
export async function createTopics(options: {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly partitions: number;
  readonly replicationFactor?: number;
}): Promise<void> {
  const kafka = createKafka({
    ...options,
    clientId: 'sentinel-topics',
    logger: { debug: silent, info: silent, warn: silent, error: silent },
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const topics = allTopics().map((topic) => topicConfig(topic, options));
    const existing = new Set(await whenHeard(() => admin.listTopics()));
    const missing = topics.filter(({ topic }) => !existing.has(topic));
    if (missing.length > 0) await createAndAwait(kafka, admin, missing);
    const present = topics.filter(({ topic }) => existing.has(topic));
    if (present.length === 0) return;
    const names = present.map(({ topic }) => topic);
    const metadata = await whenHeard(() => admin.fetchTopicMetadata({ topics: names }));
    refuseOtherPartitions(present, metadata);
    const resources = present.map(({ topic, configEntries = [] }) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name: topic,
      configEntries,
    }));
    await whenHeard(() => admin.alterConfigs({ validateOnly: false, resources }));
  } finally {
    await admin.disconnect();
  }
}

/**
 * Creates topics and waits until every partition answers. kafkajs' own wait gives up when a busy broker
 * does not know the topic yet that it has just created; and a leader that is known may not serve yet:
 * whoever reads then joins its group once more.
 */
async function createAndAwait(kafka: Kafka, admin: Admin, missing: ITopicConfig[]): Promise<void> {
  await whenHeard(() => createMissing(admin, missing));
  const bounds = new TopicBounds(kafka);
  await bounds.connect();
  try {
    for (const { topic } of missing) {
      await bounds.of(topic, { patienceMs: LEADERS_MS_MAX, missingMs: LEADERS_MS_MAX });
    }
  } finally {
    await bounds.disconnect();
  }
}

/** What a request of which no answer came has created is not created again. */
async function createMissing(admin: Admin, topics: readonly ITopicConfig[]): Promise<void> {
  const existing = new Set(await admin.listTopics());
  const missing = topics.filter(({ topic }) => !existing.has(topic));
  if (missing.length > 0) await admin.createTopics({ topics: missing, waitForLeaders: false });
}

function silent(): void {
  return undefined;
}

function topicConfig(
  topic: Topic,
  options: { topicPrefix: string; partitions: number; replicationFactor?: number },
): ITopicConfig {
  const cleanup =
    topic.cleanup === 'compact'
      ? [
          { name: 'cleanup.policy', value: 'compact' },
          { name: 'segment.bytes', value: String(COMPACTED_SEGMENT_BYTES) },
          { name: 'min.cleanable.dirty.ratio', value: String(COMPACTED_DIRTY_RATIO) },
        ]
      : [
          { name: 'cleanup.policy', value: 'delete' },
          { name: 'retention.ms', value: String(retentionMs(topic.cleanup)) },
          { name: 'segment.ms', value: String(segmentMs(topic.cleanup)) },
        ];
  return {
    topic: options.topicPrefix + topic.name,
    numPartitions: options.partitions,
    replicationFactor: options.replicationFactor ?? -1,
    // The broker's own time: what a sender says of its clock is no evidence (DESIGN 6).
    configEntries: [...cleanup, { name: 'message.timestamp.type', value: 'LogAppendTime' }],
  };
}

type Kept = Exclude<Topic['cleanup'], 'compact'>;

/** −1 keeps for ever. */
function retentionMs(cleanup: Kept): number {
  return cleanup === 'keep' ? -1 : cleanup.retentionDays * MS_PER_DAY;
}

function segmentMs(cleanup: Kept): number {
  if (cleanup === 'keep') return SEGMENT_MS_MAX;
  return Math.min(SEGMENT_MS_MAX, retentionMs(cleanup) / SEGMENTS_PER_RETENTION);
}

function refuseOtherPartitions(
  expected: readonly ITopicConfig[],
  metadata: { topics: readonly { name: string; partitions: readonly unknown[] }[] },
): void {
  for (const { topic, numPartitions } of expected) {
    const found = metadata.topics.find(({ name }) => name === topic)?.partitions.length;
    if (found !== numPartitions) {
      throw new TopicMismatchError(
        `topic ${topic} has ${String(found)} partitions, ${String(numPartitions)} are asked for: ` +
          'set SENTINEL_PARTITIONS to its number, or give another SENTINEL_TOPIC_PREFIX',
      );
    }
  }
}
