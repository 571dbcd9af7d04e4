import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { caseLink } from '#contracts/case-link.ts';
import { TOPICS } from '#contracts/topics.ts';
import { closesFrom, marketHours } from '#domain/market-hours.ts';
import type { Policy } from '#domain/policy.ts';
import { systemClock } from '#platform/clock.ts';
import { createAccountHistory } from '#platform/dynamodb/account-history.ts';
import { createAccountIndex } from '#platform/dynamodb/account-index.ts';
import { createOpenCases } from '#platform/dynamodb/case-list.ts';
import { createDynamoDb } from '#platform/dynamodb/client.ts';
import { riskStateReady, riskStateTable } from '#platform/dynamodb/risk-state-table.ts';
import type { Environment } from '#platform/environment.ts';
import { createCommandSigner } from '#platform/identity/command-envelope.ts';
import { createControlSigner } from '#platform/identity/control-envelope.ts';
import { readPrivateKey, readPublicKey } from '#platform/identity/keys.ts';
import { createTokenVerifier } from '#platform/identity/token-verifier.ts';
import type { KafkaSurroundings } from '#platform/kafka/client.ts';
import { createEndOffsets, createLogReader } from '#platform/kafka/log-reader.ts';
import { partitionOf } from '#platform/kafka/partition-of.ts';
import { createPublisher } from '#platform/kafka/publisher.ts';
import { createWriterFence } from '#platform/kafka/writer-fence.ts';
import { loadPolicy } from '#platform/policies.ts';
import { runProcess } from '#platform/process.ts';
import { createCases } from '#platform/temporal/cases.ts';
import { createFirmEnforcement } from '#platform/temporal/firm-enforcement.ts';
import { createKillSwitches } from '#platform/temporal/kill-switches.ts';
import { connectTemporal } from '#platform/temporal/connection.ts';
import type { ControlCommandSigner } from '#ports/control-envelope.ts';
import type { EndOffsets } from '#ports/log-reader.ts';
import type { Metrics } from '#ports/metrics.ts';
import { FirmHoldsReader, FirmHoldsView } from '../workers/firm-holds.ts';
import { createFreshFigures } from '../workers/fresh-figures.ts';
import { MARGIN_VIEW_TOPICS, MarginView } from '../workers/margin-view.ts';
import { SharedEnds } from '../workers/shared-ends.ts';
import { AlertsRead } from './alerts-read.ts';
import { ControlDesk } from './control-desk.ts';
import { ControlsRead } from './controls-read.ts';
import { EventHub, HUB_TOPICS } from './events/event-hub.ts';
import { EventStreams } from './events/event-stream.ts';
import { startApi } from './server.ts';
import type { ApiServices } from './services.ts';
import { SecondPersons } from './second-persons.ts';
import { WithdrawalDesk } from './withdrawal-desk.ts';

/** At a stop, what is still open after this long is cut. */
const CLOSE_MS_MAX = 1_000;
/** The alerts of some days are read at the start; the API does not wait longer for them. */
const ALERTS_MS_MAX = 5_000;
/** The longest that a lease and what passed on it can last. */
const LEASES_SINCE_MS = 600_000;
/** The group whose members execute orders. */
const VENUE_ADAPTER = 'venue-adapter';
/** Listeners get an account's figures at most this often. */
const FIGURES_FLUSH_MS = 1_000;
/** A person sees an event so much later, and waits so long for figures that are read anew. */
const EVENTS_PAUSE_MS = 100;
const FIGURES_PAUSE_MS = 20;

/** What this process reads of Kafka: the last figures of all accounts, and what happens from now on. */
async function startLiveView(
  kafka: KafkaSurroundings,
  partitions: number,
  offsets: EndOffsets,
  metrics: Metrics,
  policy: Policy,
  fail: (error: unknown) => void,
) {
  const hub = new EventHub(randomUUID().slice(0, 8), systemClock.now());
  const view = new MarginView(kafka.logger, metrics.counter('sentinel_unreadable_records_total'));
  const reader = createLogReader(kafka, { fetchPauseMs: FIGURES_PAUSE_MS, onFatal: fail });
  const eventReader = createLogReader(kafka, {
    from: 'END',
    fetchPauseMs: EVENTS_PAUSE_MS,
    onFatal: fail,
  });
  await Promise.all([
    reader.start(MARGIN_VIEW_TOPICS, (records) => {
      view.take(records);
      if (records[0]?.topic === TOPICS.marginCalc.name) hub.take(records);
    }),
    eventReader.start(HUB_TOPICS, (records) => hub.take(records)),
  ]);
  const flush = setInterval(() => hub.flush(), FIGURES_FLUSH_MS);
  const figures = createFreshFigures({
    view,
    reader,
    ends: new SharedEnds(offsets, systemClock),
    partitionOf: (accountId) => partitionOf(accountId, partitions),
    isOpen: marketHours(policy),
    closesFrom: closesFrom(policy),
    policy,
    clock: systemClock,
    logger: kafka.logger,
    seconds: metrics.histogram('sentinel_fresh_reading_seconds'),
  });
  const stop = async (): Promise<void> => {
    clearInterval(flush);
    await Promise.all([reader.stop(), eventReader.stop()]);
  };
  return { hub, figures, stop };
}

/** The alerts, as far as they could be read in time; what follows is read on. */
async function startAlerts(kafka: KafkaSurroundings, fail: (error: unknown) => void) {
  const alerts = new AlertsRead();
  const reader = createLogReader(kafka, { onFatal: fail });
  await reader.start([TOPICS.alerts.name], (records) => {
    alerts.read(records);
  });
  await reader.caughtUp(ALERTS_MS_MAX).catch((error: unknown) => {
    kafka.logger.warn({ err: error }, 'the alerts are not complete yet');
  });
  return { alerts, stop: () => reader.stop() };
}

/** What is held of the firm's enforcement: each question is answered as of then. */
async function startHolds(kafka: KafkaSurroundings, fail: (error: unknown) => void) {
  const view = new FirmHoldsView(kafka.logger);
  const reader = createLogReader(kafka, { onFatal: fail });
  await reader.start([TOPICS.enforcement.name], (records) => view.take(records));
  const held = new FirmHoldsReader(view, reader);
  return { holds: () => held.holds(), stop: () => reader.stop() };
}

/** The controls, and who enforces them: of leases only those that may still live. */
async function startControls(
  kafka: KafkaSurroundings,
  partitions: number,
  fail: (error: unknown) => void,
) {
  const sinceMs = systemClock.now() - LEASES_SINCE_MS;
  const states = createLogReader(kafka, { name: 'controls', onFatal: fail });
  const leases = createLogReader(kafka, { name: 'leases', from: { sinceMs }, onFatal: fail });
  const book = new ControlsRead(states, leases, (scope) => partitionOf(scope, partitions));
  await Promise.all([
    states.start([TOPICS.controlState.name, TOPICS.controlCommands.name], (records) => {
      book.takeControls(records);
    }),
    leases.start([TOPICS.gateLeases.name], (records) => {
      book.takeLeases(records);
    }),
  ]);
  return { book, stop: () => Promise.all([states.stop(), leases.stop()]) };
}

function controlDesk(
  book: ControlsRead,
  kafka: KafkaSurroundings,
  parts: Pick<ApiServices, 'publisher' | 'clock' | 'partitions'>,
): Pick<ApiServices['controls'], 'book' | 'desk'> {
  const venues = createWriterFence(kafka, VENUE_ADAPTER);
  return { book, desk: new ControlDesk({ ...parts, book, venues }) };
}

runProcess({
  name: 'api',
  start: async ({ name, environment, logger, metrics, fail }) => {
    const { kafkaBrokers: brokers, topicPrefix: prefix, partitions } = environment;
    const { temporalAddress: address, temporalNamespace: namespace, temporalUiUrl } = environment;
    const { controlSigner, ...known } = await identity(environment);
    const kafka = { brokers, topicPrefix: prefix, clientId: name, logger };
    const publisher = await createPublisher(kafka, partitions);
    const offsets = await createEndOffsets(kafka);
    const policy = loadPolicy(environment.preset);
    const [live, alerting, held, controlled] = await Promise.all([
      startLiveView(kafka, partitions, offsets, metrics, policy, fail),
      startAlerts(kafka, fail),
      startHolds(kafka, fail),
      startControls(kafka, partitions, fail),
    ]);
    const common = { publisher, clock: systemClock, logger };
    const dynamoDb = createDynamoDb({
      endpoint: environment.dynamodbEndpoint,
      region: environment.awsRegion,
    });
    const table = riskStateTable(prefix);
    const temporal = connectTemporal({ address, namespace, prefix });
    const desk = controlDesk(controlled.book, kafka, { ...common, partitions });
    const scopes = createKillSwitches(temporal.client, { prefix });
    const services: ApiServices = {
      ...common,
      withdrawals: new WithdrawalDesk({ ...common, figures: live.figures, policy }),
      secondPersons: new SecondPersons(),
      events: new EventStreams(live.hub),
      accounts: createAccountIndex(dynamoDb, table),
      history: createAccountHistory(dynamoDb, table),
      openCases: createOpenCases(dynamoDb, table),
      cases: createCases(temporal.client, { prefix }),
      firm: { ...createFirmEnforcement(temporal.client, { prefix }), holds: held.holds },
      alerts: alerting.alerts,
      ...known,
      controls: { ...desk, signer: controlSigner, scopes },
      metrics,
      partitions,
      caseLink: (workflowId, runId) =>
        temporalUiUrl === undefined ? null : caseLink(temporalUiUrl, namespace, workflowId, runId),
      ingestReady: async () => {
        await offsets.endOffsets(TOPICS.fills.name);
        return { ready: true };
      },
      accountsReady: () => riskStateReady(dynamoDb, table),
    };
    const server = await startApi(environment.apiPort, services, environment.listenHost);
    return {
      readyFields: { port: server.port, url: `http://127.0.0.1:${String(server.port)}` },
      stop: async () => {
        await server.close();
        const closed = Promise.all([
          ...[publisher.close(), offsets.close(), temporal.close()],
          ...[live.stop(), alerting.stop(), held.stop(), controlled.stop()],
        ]);
        await Promise.race([closed, sleep(CLOSE_MS_MAX)]);
        dynamoDb.destroy();
      },
    };
  },
});

/** Who may come in, and how what they command is signed. */
async function identity({
  jwtPublicKeyFile,
  commandPrivateKeyFile,
}: Environment): Promise<
  Pick<ApiServices, 'tokens' | 'commands'> & { readonly controlSigner: ControlCommandSigner }
> {
  if (jwtPublicKeyFile === undefined) {
    throw new Error('SENTINEL_JWT_PUBLIC_KEY_FILE is not set: nobody could be let in');
  }
  if (commandPrivateKeyFile === undefined) {
    throw new Error('SENTINEL_COMMAND_PRIVATE_KEY_FILE is not set: no command could be signed');
  }
  const commandKey = await readPrivateKey(commandPrivateKeyFile);
  return {
    tokens: createTokenVerifier(await readPublicKey(jwtPublicKeyFile)),
    commands: createCommandSigner(commandKey),
    controlSigner: createControlSigner(commandKey),
  };
}
