import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** How long a call may take; the SDK tries it up to three times. */
const CONNECT_MS_MAX = 1_000;
const REQUEST_MS_MAX = 2_000;
const ATTEMPTS_MAX = 3;

/** DynamoDB Local takes any credentials; without some, the SDK would look for a cloud around it. */
const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** A client of DynamoDB, or of DynamoDB Local when `endpoint` is on this machine. */
export function createDynamoDb(options: {
  readonly endpoint: string | undefined;
  readonly region: string;
}): DynamoDBClient {
  const { endpoint, region } = options;
  return new DynamoDBClient({
    region,
    maxAttempts: ATTEMPTS_MAX,
    requestHandler: { connectionTimeout: CONNECT_MS_MAX, requestTimeout: REQUEST_MS_MAX },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(endpoint !== undefined && isLoopback(endpoint) ? { credentials: LOCAL_CREDENTIALS } : {}),
  });
}

function isLoopback(endpoint: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(endpoint).hostname);
}
