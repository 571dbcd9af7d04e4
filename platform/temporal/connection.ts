import { Client, Connection } from '@temporalio/client';

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

/** Does not wait for the server: each call finds out, within its own deadline. */
export function connectTemporal(surroundings: TemporalSurroundings): TemporalConnection {
  const connection = Connection.lazy({ address: surroundings.address, channelArgs: RECONNECT });
  return {
    client: new Client({ connection, namespace: surroundings.namespace }),
    close: () => connection.close(),
  };
}
