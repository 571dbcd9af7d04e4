import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type {
  AccountHistory,
  AccountHistoryWriter,
  HistoryPage,
  HistoryQuery,
  HistoryWrite,
} from '#ports/account-history.ts';
import type { Attributes } from './account-item.ts';
import {
  decodeEntry,
  figuresHistory,
  nextSlot,
  SLOTS,
  slotOf,
  stepHistory,
  stepKey,
  ttlOf,
} from './history-item.ts';
import { notWritten } from './not-written.ts';
import { STEPS_INDEX } from './risk-state-table.ts';

/** Expired items are read and not returned: one page reads at most this often. */
const ROUNDS_MAX = 20;
/** Steps of one account in one millisecond that want the same place: more than a few are a defect. */
const SLOTS_TRIED_MAX = 16;

/** Reads the history items of accounts. */
export function createAccountHistory(client: DynamoDBClient, table: string): AccountHistory {
  return {
    read: async (query) => {
      const entries: HistoryPage['entries'][number][] = [];
      let next: number | null = query.after ?? beforeFirst(query);
      for (let round = 0; round < ROUNDS_MAX && next !== null; round += 1) {
        const wanted = query.limit - entries.length;
        if (wanted === 0) break;
        const stretch: HistoryPage = await readStretch(client, table, query, next, wanted);
        entries.push(...stretch.entries);
        next = stretch.next;
      }
      return { entries, next };
    },
  };
}

/** The place before every entry of the query. Keys are above 0: at 0 lies the current item. */
function beforeFirst({ order, from, to }: HistoryQuery): number {
  return order === 'OLDEST_FIRST' ? Math.max(from, 1) * SLOTS - 1 : (to + 1) * SLOTS;
}

async function readStretch(
  client: DynamoDBClient,
  table: string,
  query: HistoryQuery,
  after: number,
  limit: number,
): Promise<HistoryPage> {
  const forward = query.order === 'OLDEST_FIRST';
  const low = forward ? after + 1 : Math.max(query.from, 1) * SLOTS;
  const high = forward ? (query.to + 1) * SLOTS - 1 : after - 1;
  if (low > high) return { entries: [], next: null };
  const { Items = [], LastEvaluatedKey } = await client.send(
    new QueryCommand({
      TableName: table,
      ...(query.stepsOnly ? { IndexName: STEPS_INDEX } : {}),
      KeyConditionExpression: '#account = :account AND #timestamp BETWEEN :low AND :high',
      // DynamoDB deletes what has expired within days, not at once.
      FilterExpression: '#ttl > :now',
      ExpressionAttributeNames: {
        '#account': query.stepsOnly ? 'step_of' : 'account_id',
        '#timestamp': 'timestamp',
        '#ttl': 'ttl',
      },
      ExpressionAttributeValues: marshall({
        ':account': query.accountId,
        ':low': low / SLOTS,
        ':high': high / SLOTS,
        ':now': Math.floor(query.now / 1_000),
      }),
      ScanIndexForward: forward,
      Limit: limit,
    }),
  );
  const last = LastEvaluatedKey === undefined ? null : unmarshall(LastEvaluatedKey);
  return {
    entries: Items.map((item) => decodeEntry(unmarshall(item))),
    next: last === null ? null : Math.round(Number(last.timestamp) * SLOTS),
  };
}

/** Writes history items: each a put under a condition, so that a repetition changes nothing. */
export function createAccountHistoryWriter(
  client: DynamoDBClient,
  table: string,
): AccountHistoryWriter {
  return {
    writeFigures: (record, now) => {
      if (hasExpired(record.as_of, now)) return Promise.resolve({ outcome: 'EXPIRED' });
      const attributes = figuresHistory(record);
      const key = { account_id: record.account_id, timestamp: record.as_of };
      return put(client, table, { ...key, ...attributes }, 'figures_version', '<');
    },
    writeStep: async (event, now) => {
      const at = Date.parse(event.timestamp);
      if (hasExpired(at, now)) return { outcome: 'EXPIRED' };
      const attributes = stepHistory(event);
      let slot = slotOf(event);
      for (let tried = 0; tried < SLOTS_TRIED_MAX; tried += 1) {
        const key = { account_id: event.account_id, timestamp: stepKey(at, slot) };
        const write = await put(client, table, { ...key, ...attributes }, 'event_id', '=');
        if (write.outcome !== 'STALE') return write;
        slot = nextSlot(slot);
      }
      return { outcome: 'REFUSED', reason: 'too many steps in one millisecond' };
    },
  };
}

function hasExpired(atMs: number, now: number): boolean {
  return ttlOf(atMs) <= now / 1_000;
}

/** Puts an item unless another is there whose `attribute` does not compare so with the new one. */
async function put(
  client: DynamoDBClient,
  table: string,
  item: Attributes,
  attribute: 'figures_version' | 'event_id',
  comparison: '<' | '=',
): Promise<HistoryWrite> {
  try {
    await client.send(
      new PutItemCommand({
        TableName: table,
        Item: marshall(item, { removeUndefinedValues: true }),
        ConditionExpression: `attribute_not_exists(#key) OR #own ${comparison} :own`,
        ExpressionAttributeNames: { '#key': 'account_id', '#own': attribute },
        ExpressionAttributeValues: marshall({ ':own': item[attribute] }),
      }),
    );
    return { outcome: 'WRITTEN' };
  } catch (error) {
    return notWritten(error);
  }
}
