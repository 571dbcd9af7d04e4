import { Kafka, logLevel } from 'kafkajs';
import type { logCreator, RetryOptions } from 'kafkajs';
import type { Logger } from '#ports/logger.ts';
import type { ConsumerWatch } from './consumer-watch.ts';
import { rememberCoordinators } from './coordinator-memory.ts';
import { asError } from './kafka-trouble.ts';
import { waitForCompletion } from './patient-transactions.ts';
import { letQueuesRest } from './quiet-queues.ts';
import { keepBuffersSmall } from './small-buffers.ts';

/** What every Kafka adapter needs to know of its surroundings. */
export interface KafkaSurroundings {
  readonly brokers: readonly string[];
  /** Set before every topic, group id and transactional id; the product sees names without it. */
  readonly topicPrefix: string;
  readonly clientId: string;
  readonly logger: Logger;
  /** Is told what this process' consumers do; tests and tools do without. */
  readonly watch?: ConsumerWatch;
}

/**
 * Keep trying for ever, half a second apart: a broker that was killed costs 0.4 s after it is back
 * (PLATFORM, kafkajs 4). kafkajs' own defaults give up after seconds.
 */
export const PATIENT_RETRY: RetryOptions = {
  initialRetryTime: 50,
  multiplier: 1.5,
  factor: 0.2,
  maxRetryTime: 500,
  retries: 1_000_000,
};

/** The broker answers CONCURRENT_TRANSACTIONS for some ms after each commit (PLATFORM, kafkajs 2). */
export const TRANSACTION_RETRY: RetryOptions = {
  initialRetryTime: 2,
  multiplier: 1.1,
  factor: 0.1,
  retries: 5000,
  maxRetryTime: 50,
};

/** The broker's minimum: a dead member is noticed after this long. */
export const SESSION_TIMEOUT_MS = 6_000;
export const HEARTBEAT_INTERVAL_MS = 1_000;
/** How long a fetch waits for records. */
export const FETCH_WAIT_MAX_MS = 250;

rememberCoordinators();
letQueuesRest();
waitForCompletion();
keepBuffersSmall();

/** A kafkajs client with the settings that were measured (PLATFORM). */
export function createKafka(
  surroundings: KafkaSurroundings,
  retry: RetryOptions = PATIENT_RETRY,
): Kafka {
  return new Kafka({
    clientId: surroundings.clientId,
    brokers: [...surroundings.brokers],
    connectionTimeout: 1_000,
    requestTimeout: 5_000,
    retry,
    logLevel: logLevel.WARN,
    logCreator: logTo(surroundings.logger),
  });
}

/** Passing states that kafkajs logs as errors or warnings although a retry deals with them. */
const EXPECTED = [
  'Limiting retries for the idempotent producer',
  'concurrent operation on the same transaction',
  'The coordinator is loading',
  'coordinator is not available',
  'is not the leader for that topic-partition',
  'This is not the correct coordinator',
  'The group is rebalancing',
  'rebalance is in progress',
  'The coordinator is not aware of this member',
  // After a pause of the process: the answer to a request that is no longer waited for.
  'Response without match',
  // Its own line says which partition was given up.
  'operation with an old epoch',
];

/** A broker that is away makes every client say the same several times a second: once is enough. */
const REPEATED_AFTER_MS = 10_000;
const REMEMBERED_MAX = 100;

/** kafkajs' lines as the product's: what passes is for debugging, what repeats itself is said once. */
function logTo(logger: Logger): logCreator {
  const saidAt = new Map<string, number>();
  return () => (entry) => {
    const { message, error, groupId, broker } = entry.log as {
      message: string;
      error?: unknown;
      groupId?: unknown;
      broker?: unknown;
    };
    const reason = error === undefined ? '' : asError(error).message;
    const fields = { kafka: entry.namespace, error: reason, groupId, broker };
    const line = `${message} ${reason}`;
    const now = Date.now();
    const repeated = now - (saidAt.get(line) ?? -Infinity) < REPEATED_AFTER_MS;
    if (repeated || EXPECTED.some((known) => line.includes(known))) {
      logger.debug(fields, message);
      return;
    }
    if (saidAt.size >= REMEMBERED_MAX) saidAt.clear();
    saidAt.set(line, now);
    // Whether it is an error is for those to say who cannot go on: kafkajs tries again.
    logger.warn(fields, message);
  };
}
