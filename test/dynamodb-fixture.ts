import { randomBytes } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AccountHistory, AccountHistoryWriter } from '#ports/account-history.ts';
import type { OpenCases } from '#ports/case-list.ts';
import type { AccountIndex, AccountIndexWriter } from '#ports/account-index.ts';
import {
  createAccountHistory,
  createAccountHistoryWriter,
} from '#platform/dynamodb/account-history.ts';
import { createOpenCases } from '#platform/dynamodb/case-list.ts';
import { createAccountIndexWriter } from '#platform/dynamodb/account-index-writer.ts';
import { createAccountIndex } from '#platform/dynamodb/account-index.ts';
import { createDynamoDb } from '#platform/dynamodb/client.ts';
import { ensureRiskStateTable, riskStateTable } from '#platform/dynamodb/risk-state-table.ts';

/** The real DynamoDB Local of `npm test`, with a state index of this test's own. */

/** A fresh state index. */
export interface StateIndexFixture {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly index: AccountIndex;
  readonly writer: AccountIndexWriter;
  readonly history: AccountHistory;
  readonly historyWriter: AccountHistoryWriter;
  readonly cases: OpenCases;
  close(): void;
}

/** The endpoint that test/run.ts has started. Throws when the variable is missing. */
export function testDynamoDbEndpoint(): string {
  const endpoint = process.env.DYNAMODB_ENDPOINT;
  if (endpoint === undefined) throw new Error('DYNAMODB_ENDPOINT is not set: run `npm test`');
  return endpoint;
}

/** A client of the test's DynamoDB. */
export function testDynamoDb(): DynamoDBClient {
  return createDynamoDb({ endpoint: testDynamoDbEndpoint(), region: 'us-east-1' });
}

/** Creates the table under `prefix`, by default a random one. */
export async function openStateIndex(
  prefix = `test-${randomBytes(4).toString('hex')}-`,
): Promise<StateIndexFixture> {
  const client = testDynamoDb();
  const table = riskStateTable(prefix);
  await ensureRiskStateTable(client, table);
  return {
    client,
    table,
    index: createAccountIndex(client, table),
    writer: createAccountIndexWriter(client, table),
    history: createAccountHistory(client, table),
    historyWriter: createAccountHistoryWriter(client, table),
    cases: createOpenCases(client, table),
    close: () => {
      client.destroy();
    },
  };
}
