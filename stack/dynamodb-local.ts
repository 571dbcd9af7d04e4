import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import type { JavaInstallation, ServerContext, ServerPlan } from './server.ts';
import { javaFlags } from './server.ts';

const CONFIGURATION = path.join(import.meta.dirname, 'dynamodb-local.xml');
export const JAVA_LOGGING = path.join(import.meta.dirname, 'java-logging.xml');
const ANSWER_MS_MAX = 2_000;

/** DynamoDB Local takes any credentials; without some, the SDK would look for a cloud around it. */
export const LOCAL_AWS = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
} as const;

/** How to start DynamoDB Local: in memory for a fresh instance (four times as fast), else on a file. */
export async function dynamodbPlan(
  installation: JavaInstallation,
  context: ServerContext,
): Promise<ServerPlan> {
  const { ports } = context;
  const folder = path.join(context.data, 'dynamodb');
  await mkdir(folder, { recursive: true });
  const storage = context.fresh ? ['inMemory=true'] : ['inMemory=false', `dbPath=${folder}`];
  return {
    program: installation.java,
    args: [
      ...javaFlags(installation.flags),
      `-Djava.library.path=${installation.libraries}`,
      `-Dlog4j2.configurationFile=${JAVA_LOGGING}`,
      '-cp',
      `${installation.libraries}/*`,
      'org.eclipse.jetty.xml.XmlConfiguration',
      `port=${ports.dynamodb}`,
      ...storage,
      CONFIGURATION,
    ],
    address: `http://127.0.0.1:${ports.dynamodb}`,
  };
}

/** Whether a DynamoDB answers at an endpoint, with the credentials of the environment. */
export async function isDynamodbHealthy(
  endpoint: string,
  variables: NodeJS.ProcessEnv,
): Promise<boolean> {
  const client = new DynamoDBClient({
    endpoint,
    region: variables.AWS_REGION ?? LOCAL_AWS.AWS_REGION,
    maxAttempts: 1,
    credentials: {
      accessKeyId: variables.AWS_ACCESS_KEY_ID ?? LOCAL_AWS.AWS_ACCESS_KEY_ID,
      secretAccessKey: variables.AWS_SECRET_ACCESS_KEY ?? LOCAL_AWS.AWS_SECRET_ACCESS_KEY,
      ...(variables.AWS_SESSION_TOKEN === undefined
        ? {}
        : { sessionToken: variables.AWS_SESSION_TOKEN }),
    },
  });
  try {
    const abortSignal = AbortSignal.timeout(ANSWER_MS_MAX);
    await client.send(new ListTablesCommand({ Limit: 1 }), { abortSignal });
    return true;
  } catch {
    // Whatever the reason, it does not answer as a DynamoDB does.
    return false;
  } finally {
    client.destroy();
  }
}
