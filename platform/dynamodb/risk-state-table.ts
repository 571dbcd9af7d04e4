import {
  CreateTableCommand,
  DescribeTableCommand,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Readiness } from '#ports/readiness.ts';
import { SUMMARY_ATTRIBUTES } from './account-item.ts';

/** The reference's name (seeds/004); the environment's prefix goes before it. */
const TABLE = 'margin-risk-state';

/** Accounts by rung: only current items carry `listing`, so history items are not in it. */
export const LISTING_INDEX = 'by-rung';

const CREATE_S_MAX = 60;

export function riskStateTable(prefix: string): string {
  return prefix + TABLE;
}

/**
 * Creates the table when it is missing and waits until it serves: partition key account_id, sort key
 * timestamp (0 is the current item), on demand.
 */
export async function ensureRiskStateTable(client: DynamoDBClient, table: string): Promise<void> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'account_id', AttributeType: 'S' },
          { AttributeName: 'timestamp', AttributeType: 'N' },
          { AttributeName: 'listing', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'account_id', KeyType: 'HASH' },
          { AttributeName: 'timestamp', KeyType: 'RANGE' },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: LISTING_INDEX,
            KeySchema: [
              { AttributeName: 'listing', KeyType: 'HASH' },
              { AttributeName: 'account_id', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [...SUMMARY_ATTRIBUTES] },
          },
        ],
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilTableExists(
    { client, maxWaitTime: CREATE_S_MAX, minDelay: 1, maxDelay: 2 },
    { TableName: table },
  );
}

/** Does the table serve? */
export async function riskStateReady(client: DynamoDBClient, table: string): Promise<Readiness> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
  const status = Table?.TableStatus ?? 'unknown';
  return status === 'ACTIVE' || status === 'UPDATING'
    ? { ready: true }
    : { ready: false, reason: `table ${table} is ${status}` };
}
