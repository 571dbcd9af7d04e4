import kafkajs from 'kafkajs';
import type { Admin } from 'kafkajs';
import type { z } from 'zod';
import { TOPICS } from '#contracts/topics.ts';
import { createKafka } from '#platform/kafka/client.ts';
import type { KafkaSurroundings } from '#platform/kafka/client.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';

/** With every record the segment before it is closed, and compacted once a hundredth is outdated. */
const SEGMENT_MS = '1';
const DIRTY_RATIO = '0.01';
const READ_MS_MAX = 30_000;

const STATE = TOPICS.controlState.name;

/**
 * Makes the broker compact killswitch.state.v1 as soon as it looks (each 15 s unless told otherwise); by
 * itself it waits until a segment is full. Returns how to have that undone. Compaction itself is
 * Kafka's, and what it keeps is the same.
 */
export async function compactEagerly(kafka: KafkaSurroundings): Promise<() => Promise<void>> {
  const before = await withAdmin(kafka, (admin) => stateConfig(admin, kafka));
  const eager = new Map([...before, ['segment.ms', SEGMENT_MS]]);
  eager.set('min.cleanable.dirty.ratio', DIRTY_RATIO);
  await withAdmin(kafka, (admin) => setStateConfig(admin, kafka, eager));
  return () => withAdmin(kafka, (admin) => setStateConfig(admin, kafka, before));
}

/** How the broker cleans killswitch.state.v1: `compact` keeps the last record of each scope for ever. */
export async function stateCleanup(kafka: KafkaSurroundings): Promise<string> {
  const config = await withAdmin(kafka, (admin) => stateConfig(admin, kafka));
  return config.get('cleanup.policy') ?? 'not set';
}

/** What a new reader of a topic finds now. */
export async function recordsNow<S extends z.ZodType>(
  kafka: KafkaSurroundings,
  { name, schema }: { readonly name: string; readonly schema: S },
): Promise<z.infer<S>[]> {
  const found: z.infer<S>[] = [];
  let failure: Error | undefined;
  const reader = createLogReader(kafka, {
    name: 'new-reader',
    onFatal: (error) => {
      failure = error;
    },
  });
  try {
    await reader.start([name], (records) => {
      for (const { value } of records) {
        found.push(schema.parse(JSON.parse(String(Buffer.from(value ?? [])))));
      }
    });
    await reader.caughtUp(READ_MS_MAX);
  } finally {
    await reader.stop();
  }
  if (failure !== undefined) throw failure;
  return found;
}

/** What was set for the topic, without the broker's own defaults. */
async function stateConfig(admin: Admin, kafka: KafkaSurroundings): Promise<Map<string, string>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: kafka.topicPrefix + STATE }],
  });
  const entries = resources[0]?.configEntries ?? [];
  return new Map(
    entries.flatMap(({ configName, configValue, configSource }) =>
      configSource === kafkajs.ConfigSource.TOPIC_CONFIG ? [[configName, configValue]] : [],
    ),
  );
}

async function setStateConfig(
  admin: Admin,
  kafka: KafkaSurroundings,
  config: ReadonlyMap<string, string>,
): Promise<void> {
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name: kafka.topicPrefix + STATE,
        configEntries: [...config].map(([name, value]) => ({ name, value })),
      },
    ],
  });
}

async function withAdmin<T>(
  kafka: KafkaSurroundings,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = createKafka(kafka).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}
