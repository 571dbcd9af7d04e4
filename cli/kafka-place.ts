import { pino } from 'pino';
import type { KafkaSurroundings } from '#platform/kafka/client.ts';
import { acceptsConnections } from '#stack/accepts-connections.ts';
import { cacheLayout, instanceLayout } from '#stack/cache-layout.ts';
import { readState } from '#stack/instance-state.ts';
import { isRunning } from '#stack/recorded-process.ts';
import { instanceNames } from './api-place.ts';
import { Failure } from './failure.ts';

/**
 * The Kafka that commands read: KAFKA_BROKERS with SENTINEL_TOPIC_PREFIX, else that of the instance
 * named, else that of a running instance, `local` first. Throws Failure when there is none, or
 * when no broker takes connections.
 */
export async function findKafka(
  variables: NodeJS.ProcessEnv,
  instanceName: string | undefined,
): Promise<KafkaSurroundings> {
  if (instanceName === undefined && variables.KAFKA_BROKERS !== undefined) {
    return answering(variables.KAFKA_BROKERS, variables.SENTINEL_TOPIC_PREFIX);
  }
  for (const name of instanceName === undefined ? instanceNames(variables) : [instanceName]) {
    const { servers, environment } = await readState(instanceLayout(cacheLayout(variables), name));
    const brokers = environment.KAFKA_BROKERS;
    if (brokers === undefined) continue;
    if (servers.kafka !== undefined && !(await isRunning(servers.kafka.process))) continue;
    return answering(brokers, environment.SENTINEL_TOPIC_PREFIX);
  }
  throw new Failure(
    instanceName === undefined
      ? 'No Kafka runs on this machine.'
      : `No Kafka runs in ${instanceName}.`,
    '`sentinel up` starts one; or set KAFKA_BROKERS and SENTINEL_TOPIC_PREFIX.',
  );
}

async function answering(addresses: string, topicPrefix = ''): Promise<KafkaSurroundings> {
  const brokers = addresses.split(',').map((broker) => broker.trim());
  const answers = await Promise.all(brokers.map(acceptsConnections));
  if (!answers.includes(true)) {
    throw new Failure(
      `No Kafka answers at ${brokers.join(', ')}.`,
      '`sentinel status` shows what runs.',
    );
  }
  return { brokers, topicPrefix, clientId: 'sentinel-cli', logger: pino({ level: 'silent' }) };
}
