import { GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { AccountSummary, RungName } from '#contracts/account-state.ts';
import type {
  AccountIndex,
  AccountPage,
  AccountQuery,
  ListPosition,
} from '#ports/account-index.ts';
import { CURRENT, decodeState, decodeSummary } from './account-item.ts';
import { listingsOf, RUNGS_BY_SEVERITY } from './listing.ts';
import { LISTING_INDEX } from './risk-state-table.ts';

/**
 * With a filter DynamoDB reads accounts that it does not return: one page reads at most this many
 * times a limit, then says where it stopped.
 */
const ROUNDS_MAX = 20;

/** Reads the state index. */
export function createAccountIndex(client: DynamoDBClient, table: string): AccountIndex {
  return {
    get: async (accountId) => {
      const { Item } = await client.send(
        new GetItemCommand({
          TableName: table,
          Key: marshall({ account_id: accountId, timestamp: CURRENT }),
        }),
      );
      return Item === undefined ? null : decodeState(unmarshall(Item));
    },
    list: (query) => list(client, table, query),
  };
}

async function list(
  client: DynamoDBClient,
  table: string,
  query: AccountQuery,
): Promise<AccountPage> {
  const accounts: AccountSummary[] = [];
  let position: ListPosition | null = firstPosition(query);
  for (let round = 0; round < ROUNDS_MAX && position !== null; round += 1) {
    const wanted = query.limit - accounts.length;
    if (wanted === 0) break;
    const stretch = await readStretch(client, table, position, wanted, query.status);
    accounts.push(...stretch.accounts);
    position = stretch.end ?? nextRung(position.rung, query);
  }
  return { accounts, next: position };
}

function firstPosition(query: AccountQuery): ListPosition | null {
  const { after } = query;
  const rung = query.rung ?? after?.rung ?? RUNGS_BY_SEVERITY[0];
  if (rung === undefined) return null;
  return after?.rung === rung ? after : { rung, accountId: '' };
}

function nextRung(rung: RungName, query: AccountQuery): ListPosition | null {
  if (query.rung !== undefined) return null;
  const next = RUNGS_BY_SEVERITY[RUNGS_BY_SEVERITY.indexOf(rung) + 1];
  return next === undefined ? null : { rung: next, accountId: '' };
}

/** The accounts of one rung after a position, in order; `end` is null when the rung has no more. */
async function readStretch(
  client: DynamoDBClient,
  table: string,
  position: ListPosition,
  limit: number,
  status: string | undefined,
): Promise<{ accounts: AccountSummary[]; end: ListPosition | null }> {
  const shards = await Promise.all(
    listingsOf(position.rung).map((listing) =>
      readShard(client, table, listing, position.accountId, limit, status),
    ),
  );
  // Beyond the place where the slowest shard stopped, its accounts are not known yet.
  const known = lowest(shards.flatMap(({ readTo }) => (readTo === null ? [] : [readTo])));
  const accounts = shards
    .flatMap((shard) => shard.accounts)
    .filter(({ account_id }) => known === null || account_id <= known)
    .sort((a, b) => (a.account_id < b.account_id ? -1 : 1));
  const cut = accounts.slice(0, limit);
  const last = cut.at(-1)?.account_id;
  if (accounts.length > limit && last !== undefined) {
    return { accounts: cut, end: { rung: position.rung, accountId: last } };
  }
  return { accounts: cut, end: known === null ? null : { rung: position.rung, accountId: known } };
}

async function readShard(
  client: DynamoDBClient,
  table: string,
  listing: string,
  afterAccountId: string,
  limit: number,
  status: string | undefined,
): Promise<{ accounts: AccountSummary[]; readTo: string | null }> {
  const after = afterAccountId === '' ? {} : { ':after': afterAccountId };
  const filter = status === undefined ? {} : { ':status': status };
  const { Items = [], LastEvaluatedKey } = await client.send(
    new QueryCommand({
      TableName: table,
      IndexName: LISTING_INDEX,
      KeyConditionExpression:
        afterAccountId === ''
          ? '#listing = :listing'
          : '#listing = :listing AND #account_id > :after',
      ...(status === undefined ? {} : { FilterExpression: '#status = :status' }),
      ExpressionAttributeNames: {
        '#listing': 'listing',
        ...(afterAccountId === '' ? {} : { '#account_id': 'account_id' }),
        ...(status === undefined ? {} : { '#status': 'status' }),
      },
      ExpressionAttributeValues: marshall({ ':listing': listing, ...after, ...filter }),
      Limit: limit,
    }),
  );
  const readTo = LastEvaluatedKey === undefined ? null : unmarshall(LastEvaluatedKey);
  return {
    accounts: Items.map((item) => decodeSummary(unmarshall(item))),
    readTo: readTo === null ? null : String(readTo.account_id),
  };
}

function lowest(words: readonly string[]): string | null {
  return words.reduce<string | null>(
    (low, word) => (low === null || word < low ? word : low),
    null,
  );
}
