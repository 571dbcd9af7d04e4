import { dynamodbPlan, isDynamodbHealthy } from './dynamodb-local.ts';
import type { Installation } from './installation.ts';
import type { ServerName } from './instance-state.ts';
import { isKafkaHealthy, kafkaPlan } from './kafka-broker.ts';
import type { WellKnownPort } from './ports.ts';
import type { ServerContext, ServerPlan } from './server.ts';
import { isTemporalHealthy, temporalPlan } from './temporal-server.ts';

/** What the stack knows about each of its three servers. */
export interface ServerKind {
  readonly name: ServerName;
  readonly title: string;
  /** An address in this variable is used, and nothing is started. */
  readonly addressVariable: 'TEMPORAL_ADDRESS' | 'KAFKA_BROKERS' | 'DYNAMODB_ENDPOINT';
  readonly ports: readonly WellKnownPort[];
  readonly plan: (installation: Installation, context: ServerContext) => Promise<ServerPlan>;
  readonly isHealthy: (address: string, variables: NodeJS.ProcessEnv) => Promise<boolean>;
}

export const SERVERS: readonly ServerKind[] = [
  {
    name: 'temporal',
    title: 'Temporal',
    addressVariable: 'TEMPORAL_ADDRESS',
    ports: ['temporal', 'temporalUi'],
    plan: ({ temporal }, context) => temporalPlan(installed(temporal), context),
    isHealthy: (address, variables) => isTemporalHealthy(address, temporalNamespace(variables)),
  },
  {
    name: 'kafka',
    title: 'Kafka',
    addressVariable: 'KAFKA_BROKERS',
    ports: ['kafka'],
    plan: ({ java }, context) => kafkaPlan(installed(java), context),
    isHealthy: isKafkaHealthy,
  },
  {
    name: 'dynamodb',
    title: 'DynamoDB Local',
    addressVariable: 'DYNAMODB_ENDPOINT',
    ports: ['dynamodb'],
    plan: ({ java }, context) => dynamodbPlan(installed(java), context),
    isHealthy: isDynamodbHealthy,
  },
];

/** The Temporal namespace that the environment names. */
export function temporalNamespace(variables: NodeJS.ProcessEnv): string {
  return variables.TEMPORAL_NAMESPACE ?? 'default';
}

function installed<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('a server is started that was not installed');
  return part;
}
