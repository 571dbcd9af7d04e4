import { setTimeout as sleep } from 'node:timers/promises';
import { caseLink } from '#contracts/case-link.ts';
import { TOPICS } from '#contracts/topics.ts';
import { systemClock } from '#platform/clock.ts';
import { createAccountHistory } from '#platform/dynamodb/account-history.ts';
import { createAccountIndex } from '#platform/dynamodb/account-index.ts';
import { createOpenCases } from '#platform/dynamodb/case-list.ts';
import { createDynamoDb } from '#platform/dynamodb/client.ts';
import { riskStateReady, riskStateTable } from '#platform/dynamodb/risk-state-table.ts';
import type { Environment } from '#platform/environment.ts';
import { createCommandSigner } from '#platform/identity/command-envelope.ts';
import { readPrivateKey, readPublicKey } from '#platform/identity/keys.ts';
import { createTokenVerifier } from '#platform/identity/token-verifier.ts';
import { createEndOffsets, createLogReader } from '#platform/kafka/log-reader.ts';
import { createPublisher } from '#platform/kafka/publisher.ts';
import { runProcess } from '#platform/process.ts';
import { createCases } from '#platform/temporal/cases.ts';
import { connectTemporal } from '#platform/temporal/connection.ts';
import { AlertsRead } from './alerts-read.ts';
import { startApi } from './server.ts';
import type { ApiServices } from './services.ts';

/** At a stop, what is still open after this long is cut. */
const CLOSE_MS_MAX = 1_000;
/** The alerts of some days are read at the start; the API does not wait longer for them. */
const ALERTS_MS_MAX = 5_000;

runProcess({
  name: 'api',
  start: async ({ name, environment, logger, metrics, fail }) => {
    const { kafkaBrokers: brokers, topicPrefix: prefix, partitions } = environment;
    const { temporalAddress: address, temporalNamespace: namespace, temporalUiUrl } = environment;
    const { tokens, commands } = await identity(environment);
    const kafka = { brokers, topicPrefix: prefix, clientId: name, logger };
    const publisher = await createPublisher(kafka, partitions);
    const offsets = await createEndOffsets(kafka);
    const alerts = new AlertsRead();
    const alertReader = createLogReader(kafka, { onFatal: fail });
    await alertReader.start([TOPICS.alerts.name], (records) => {
      alerts.read(records);
    });
    await alertReader.caughtUp(ALERTS_MS_MAX).catch((error: unknown) => {
      logger.warn({ err: error }, 'the alerts are not complete yet');
    });
    const dynamoDb = createDynamoDb({
      endpoint: environment.dynamodbEndpoint,
      region: environment.awsRegion,
    });
    const table = riskStateTable(prefix);
    const temporal = connectTemporal({ address, namespace, prefix });
    const server = await startApi(environment.apiPort, {
      publisher,
      accounts: createAccountIndex(dynamoDb, table),
      history: createAccountHistory(dynamoDb, table),
      openCases: createOpenCases(dynamoDb, table),
      cases: createCases(temporal.client, { prefix }),
      alerts,
      commands,
      tokens,
      metrics,
      logger,
      clock: systemClock,
      partitions,
      caseLink: (workflowId, runId) =>
        temporalUiUrl === undefined ? null : caseLink(temporalUiUrl, namespace, workflowId, runId),
      ingestReady: async () => {
        await offsets.endOffsets(TOPICS.fills.name);
        return { ready: true };
      },
      accountsReady: () => riskStateReady(dynamoDb, table),
    });
    return {
      readyFields: { port: server.port, url: `http://127.0.0.1:${String(server.port)}` },
      stop: async () => {
        await server.close();
        const closed = Promise.all([
          ...[publisher.close(), offsets.close(), temporal.close()],
          alertReader.stop(),
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
}: Environment): Promise<Pick<ApiServices, 'tokens' | 'commands'>> {
  if (jwtPublicKeyFile === undefined) {
    throw new Error('SENTINEL_JWT_PUBLIC_KEY_FILE is not set: nobody could be let in');
  }
  if (commandPrivateKeyFile === undefined) {
    throw new Error('SENTINEL_COMMAND_PRIVATE_KEY_FILE is not set: no command could be signed');
  }
  return {
    tokens: createTokenVerifier(await readPublicKey(jwtPublicKeyFile)),
    commands: createCommandSigner(await readPrivateKey(commandPrivateKeyFile)),
  };
}
