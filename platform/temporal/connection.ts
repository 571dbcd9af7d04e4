import { setTimeout as sleep } from 'node:timers/promises';
import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';

export interface TemporalSurroundings {
  /** host:port */
  readonly address: string;
  readonly namespace: string;
  /** Set before every task queue and workflow id, as before topics. */
  readonly prefix: string;
}

/** A client that connects when first used and again after an outage. */
export interface TemporalConnection {
  readonly client: Client;
  close(): Promise<void>;
}

/** gRPC's own default waits up to two minutes before it looks for a lost server again. */
const RECONNECT = {
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 2_000,
};

/** The SDK's own pause grows to five seconds, beyond the deadline of every call of ours. */
const RETRY_PAUSE_MS_MAX = 500;

/** A timer may fire a little before or after the instant that was reckoned for it. */
const TIMER_SLACK_MS = 50;

/** Does not wait for the server: each call finds out, within its own deadline. */
export function connectTemporal(surroundings: TemporalSurroundings): TemporalConnection {
  const usual = defaultGrpcRetryOptions();
  let isClosing = false;
  let lastRetryAt = 0;
  const retry = makeGrpcRetryInterceptor({
    retryableDecider: (attempt, status) => !isClosing && usual.retryableDecider(attempt, status),
    delayFunction: (attempt, status) => {
      const pauseMs = Math.min(RETRY_PAUSE_MS_MAX, usual.delayFunction(attempt, status));
      lastRetryAt = Math.max(lastRetryAt, Date.now() + pauseMs);
      return pauseMs;
    },
  });
  const connection = Connection.lazy({
    address: surroundings.address,
    channelArgs: RECONNECT,
    interceptors: [retry],
  });
  return {
    client: new Client({ connection, namespace: surroundings.namespace }),
    close: async () => {
      isClosing = true;
      // A retry on a closed channel throws out of its timer, where nobody can catch it.
      const waitMs = lastRetryAt + TIMER_SLACK_MS - Date.now();
      if (waitMs > 0) await sleep(waitMs);
      await connection.close();
    },
  };
}
