import type { Client } from '@temporalio/client';
import { generateKeyPair } from 'jose';
import type { CryptoKey } from 'jose';
import type { Reading } from '#domain/case-events.ts';
import type { Role } from '#contracts/roles.ts';
import { AlertsRead } from '#api/alerts-read.ts';
import type { ApiServices } from '#api/services.ts';
import { EventHub } from '#api/events/event-hub.ts';
import { EventStreams } from '#api/events/event-stream.ts';
import { startApi } from '#api/server.ts';
import { ControlDesk } from '#api/control-desk.ts';
import { ControlsRead } from '#api/controls-read.ts';
import { createControlSigner } from '#platform/identity/control-envelope.ts';
import { createLogReader } from '#platform/kafka/log-reader.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import { createWriterFence } from '#platform/kafka/writer-fence.ts';
import { createKillSwitches } from '#platform/temporal/kill-switches.ts';
import { TOPICS } from '#contracts/topics.ts';
import { createCommandSigner } from '#platform/identity/command-envelope.ts';
import { SecondPersons } from '#api/second-persons.ts';
import { WithdrawalDesk } from '#api/withdrawal-desk.ts';
import { mintToken } from '#platform/identity/mint-token.ts';
import { createTokenVerifier } from '#platform/identity/token-verifier.ts';
import { createMetrics } from '#platform/metrics.ts';
import { loadPolicy } from '#platform/policies.ts';
import { createCases } from '#platform/temporal/cases.ts';
import { createFirmEnforcement } from '#platform/temporal/firm-enforcement.ts';
import { connectTemporal } from '#platform/temporal/connection.ts';
import { openStateIndex } from './dynamodb-fixture.ts';
import type { StateIndexFixture } from './dynamodb-fixture.ts';
import { openKafka, testLogger } from './kafka-fixture.ts';
import type { KafkaFixture } from './kafka-fixture.ts';

/** The API at a real port of 127.0.0.1, on the real servers of `npm test`. */

/** Nobody computes figures here: nothing may be withdrawn. */
const NO_FIGURES: Reading = {
  outcome: 'STALE',
  readAt: 0,
  reason: { code: 'NOT_CAUGHT_UP', what: 'the engine', observed: 'none', limit: 'one' },
};

const HOUR_MS = 3_600_000;

export interface ApiFixture {
  readonly url: string;
  readonly kafka: KafkaFixture;
  readonly stateIndex: StateIndexFixture;
  readonly temporal: Client;
  readonly privateKey: CryptoKey;
  /** With which workers check what this API signs. */
  readonly publicKey: CryptoKey;
  /** What its listeners are told of. */
  readonly hub: EventHub;
  /** A token of the product's issuer for `ann`, good for an hour. */
  token(...roles: Role[]): Promise<string>;
  /** A request as a caller with these roles makes it. */
  send(method: string, path: string, options?: SendOptions): Promise<Answer>;
  /** Reads killswitch.state.v1, killswitch.commands.v1 and gate.leases.v1 from here on, for the routes of controls. */
  readControls(): Promise<void>;
  close(): Promise<void>;
}

export interface SendOptions {
  readonly as?: readonly Role[];
  /** Who the caller is: `ann` unless said otherwise. */
  readonly subject?: string;
  /** Sent as JSON, unless it is a string: then as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** The Temporal server that test/run.ts has started. Throws when the variable is missing. */
function testTemporal(): string {
  const address = process.env.TEMPORAL_ADDRESS;
  if (address === undefined) throw new Error('TEMPORAL_ADDRESS is not set: run `npm test`');
  return address;
}

/** The controls and leases of a test, as the API reads them; read only when a test asks for it. */
function controlsOf(kafka: KafkaFixture) {
  const onFatal = (error: Error): void => {
    throw error;
  };
  const states = createLogReader(kafka.surroundings, { name: 'controls', onFatal });
  const leases = createLogReader(kafka.surroundings, { name: 'leases', onFatal });
  const book = new ControlsRead(states, leases, (scope) => partitionOf(scope, kafka.partitions));
  const read = async (): Promise<void> => {
    await Promise.all([
      states.start([TOPICS.controlState.name, TOPICS.controlCommands.name], (records) => {
        book.takeControls(records);
      }),
      leases.start([TOPICS.gateLeases.name], (records) => {
        book.takeLeases(records);
      }),
    ]);
  };
  return { book, read, stop: () => Promise.all([states.stop(), leases.stop()]) };
}

/** Starts the API; `changes` replaces some of what it uses. */
export async function openApi(
  name: string,
  changes: (kafka: KafkaFixture) => Partial<ApiServices> = () => ({}),
): Promise<ApiFixture> {
  const kafka = await openKafka(name, 4);
  const stateIndex = await openStateIndex(kafka.topicPrefix);
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', {
    crv: 'Ed25519',
    extractable: true,
  });
  const prefix = kafka.topicPrefix;
  const temporal = connectTemporal({ address: testTemporal(), namespace: 'default', prefix });
  const clock = { now: () => Date.now() };
  const hub = new EventHub('test', 0);
  const controls = controlsOf(kafka);
  let readsControls = false;
  const server = await startApi(0, {
    publisher: kafka,
    withdrawals: new WithdrawalDesk({
      figures: { read: () => Promise.resolve(NO_FIGURES) },
      publisher: kafka,
      policy: loadPolicy('demo'),
      clock,
      logger: testLogger,
    }),
    secondPersons: new SecondPersons(),
    events: new EventStreams(hub),
    accounts: stateIndex.index,
    history: stateIndex.history,
    openCases: stateIndex.cases,
    cases: createCases(temporal.client, { prefix }),
    firm: {
      command: createFirmEnforcement(temporal.client, { prefix }).command,
      holds: () => Promise.resolve([]),
    },
    alerts: new AlertsRead(),
    controls: {
      desk: new ControlDesk({
        ...{ book: controls.book, publisher: kafka, clock, partitions: kafka.partitions },
        venues: createWriterFence(kafka.surroundings, 'venue-adapter'),
      }),
      book: controls.book,
      signer: createControlSigner(privateKey),
      scopes: createKillSwitches(temporal.client, { prefix }),
    },
    commands: createCommandSigner(privateKey),
    tokens: createTokenVerifier(publicKey),
    metrics: createMetrics('api'),
    logger: testLogger,
    clock,
    partitions: kafka.partitions,
    caseLink: (workflowId, runId) => `http://ui.example/${workflowId}/${runId}`,
    ingestReady: () => Promise.resolve({ ready: true }),
    accountsReady: () => Promise.resolve({ ready: true }),
    ...changes(kafka),
  });
  const url = `http://127.0.0.1:${String(server.port)}`;
  const tokenOf = (subject: string, roles: readonly Role[]): Promise<string> =>
    mintToken({ subject, roles }, privateKey, Date.now(), HOUR_MS);
  const token = (...roles: Role[]): Promise<string> => tokenOf('ann', roles);
  return {
    url,
    kafka,
    stateIndex,
    temporal: temporal.client,
    privateKey,
    publicKey,
    hub,
    token,
    send: async (method, path, { as, subject = 'ann', body, headers } = {}) => {
      const response = await fetch(url + path, {
        method,
        headers: {
          ...(as === undefined ? {} : { authorization: `Bearer ${await tokenOf(subject, as)}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const json: Record<string, unknown> = text.startsWith('{') ? JSON.parse(text) : { text };
      return { status: response.status, headers: response.headers, body: json };
    },
    readControls: async () => {
      readsControls = true;
      await controls.read();
    },
    close: async () => {
      await server.close();
      if (readsControls) await controls.stop();
      await kafka.close();
      stateIndex.close();
      await temporal.close();
    },
  };
}
