import type { ProcessContext } from '../process.ts';
import type { KafkaSurroundings } from './client.ts';
import type { ConsumerWatch } from './consumer-watch.ts';
import { createConsumerWatch } from './create-consumer-watch.ts';

/** The Kafka of one process, under the process' own name. */
export interface ProcessKafka {
  /** For what reads once, or belongs to no group that anybody watches. */
  readonly kafka: KafkaSurroundings;
  /** For consumers of which readiness and the lag metrics tell. */
  readonly watched: KafkaSurroundings;
  /** To be stopped with the process. */
  readonly watch: ConsumerWatch;
}

/** The surroundings of a process' Kafka adapters, and the watch over its consumers. */
export function createProcessKafka(
  context: Pick<ProcessContext, 'name' | 'environment' | 'logger' | 'metrics'>,
): ProcessKafka {
  const { name, environment, logger, metrics } = context;
  const { kafkaBrokers: brokers, topicPrefix } = environment;
  const kafka = { brokers, topicPrefix, clientId: name, logger };
  const watch = createConsumerWatch(kafka, metrics);
  return { kafka, watched: { ...kafka, watch }, watch };
}
