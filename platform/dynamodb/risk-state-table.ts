import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type {
  DynamoDBClient,
  GlobalSecondaryIndex,
  TableDescription,
} from '@aws-sdk/client-dynamodb';
import type { Readiness } from '#ports/readiness.ts';
import { CASE_ATTRIBUTES, SUMMARY_ATTRIBUTES } from './account-item.ts';

/** The reference's name (seeds/004); the environment's prefix goes before it. */
const TABLE = 'margin-risk-state';

/** Accounts by rung: only current items carry `listing`, so history items are not in it. */
export const LISTING_INDEX = 'accounts-by-rung';
/** Open cases: only current items off the rung ACTIVE carry `open_case`. */
export const CASES_BY_DEFICIENCY = 'cases-by-deficiency';
export const CASES_BY_DUE = 'cases-by-due';
/** The audited steps of an account: figures carry no `step_of`. */
export const STEPS_INDEX = 'steps-by-account';

const CREATE_S_MAX = 60;

/** Every attribute that a key is made of. */
const KEY_ATTRIBUTES = {
  account_id: 'S',
  timestamp: 'N',
  listing: 'S',
  open_case: 'S',
  deficiency_rank: 'S',
  due_rank: 'S',
  step_of: 'S',
} as const;
type KeyAttribute = keyof typeof KEY_ATTRIBUTES;

const INDEXES: readonly GlobalSecondaryIndex[] = [
  index(LISTING_INDEX, 'listing', 'account_id', SUMMARY_ATTRIBUTES),
  index(CASES_BY_DEFICIENCY, 'open_case', 'deficiency_rank', CASE_ATTRIBUTES),
  index(CASES_BY_DUE, 'open_case', 'due_rank', CASE_ATTRIBUTES),
  index(STEPS_INDEX, 'step_of', 'timestamp', 'ALL'),
];

export function riskStateTable(prefix: string): string {
  return prefix + TABLE;
}

/**
 * Creates the table, or what it lacks, and waits until it serves: partition key account_id, sort key
 * timestamp (0 is the current item), its indexes, items deleted at `ttl`, on demand. Answers which table
 * it is: one that was made anew, or brought back from a backup, is another, and holds other things.
 */
export async function ensureRiskStateTable(client: DynamoDBClient, table: string): Promise<string> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: definitions(Object.keys(KEY_ATTRIBUTES) as KeyAttribute[]),
        KeySchema: [
          { AttributeName: 'account_id', KeyType: 'HASH' },
          { AttributeName: 'timestamp', KeyType: 'RANGE' },
        ],
        GlobalSecondaryIndexes: [...INDEXES],
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilTableExists(
    { client, maxWaitTime: CREATE_S_MAX, minDelay: 1, maxDelay: 2 },
    { TableName: table },
  );
  const made = await described(client, table);
  refuseMissingIndexes(table, made);
  await expireItems(client, table);
  return made.TableId ?? String(made.CreationDateTime?.getTime() ?? 0);
}

/** Does the table serve? */
export async function riskStateReady(client: DynamoDBClient, table: string): Promise<Readiness> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
  const status = Table?.TableStatus ?? 'unknown';
  return status === 'ACTIVE' || status === 'UPDATING'
    ? { ready: true }
    : { ready: false, reason: `table ${table} is ${status}` };
}

/**
 * A table that an earlier version made lacks indexes. DynamoDB Local cannot be relied on to add one
 * (with eight tables and more it never ends), so nothing is changed behind anybody's back.
 */
function refuseMissingIndexes(
  table: string,
  { GlobalSecondaryIndexes = [] }: TableDescription,
): void {
  const missing = INDEXES.map(({ IndexName }) => IndexName).filter(
    (name) => !GlobalSecondaryIndexes.some(({ IndexName }) => IndexName === name),
  );
  if (missing.length > 0) {
    throw new Error(
      `${table} was made by an earlier version and lacks the indexes ${missing.join(', ')}: ` +
        'add them, or, where nothing in it is needed, make it anew (`sentinel down --wipe`)',
    );
  }
}

async function described(client: DynamoDBClient, table: string): Promise<TableDescription> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
  if (Table === undefined) throw new Error(`there is no table ${table}`);
  return Table;
}

async function expireItems(client: DynamoDBClient, table: string): Promise<void> {
  if (await itemsExpire(client, table)) return;
  try {
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName: table,
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      }),
    );
  } catch (error) {
    // Another process was faster: DynamoDB refuses to enable it twice.
    if (!(await itemsExpire(client, table))) throw error;
  }
}

async function itemsExpire(client: DynamoDBClient, table: string): Promise<boolean> {
  const { TimeToLiveDescription } = await client.send(
    new DescribeTimeToLiveCommand({ TableName: table }),
  );
  const status = TimeToLiveDescription?.TimeToLiveStatus;
  return status === 'ENABLED' || status === 'ENABLING';
}

function index(
  name: string,
  hash: KeyAttribute,
  range: KeyAttribute,
  attributes: readonly string[] | 'ALL',
): GlobalSecondaryIndex {
  return {
    IndexName: name,
    KeySchema: [
      { AttributeName: hash, KeyType: 'HASH' },
      { AttributeName: range, KeyType: 'RANGE' },
    ],
    Projection:
      attributes === 'ALL'
        ? { ProjectionType: 'ALL' }
        : { ProjectionType: 'INCLUDE', NonKeyAttributes: [...attributes] },
  };
}

function definitions(names: readonly KeyAttribute[]) {
  return names.map((name) => ({ AttributeName: name, AttributeType: KEY_ATTRIBUTES[name] }));
}
