import { QueryCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { CaseSummary } from '#contracts/case-list.ts';
import type { CasePage, CaseQuery, OpenCases } from '#ports/case-list.ts';
import { decodeCaseSummary } from './account-item.ts';
import { deficiencyFloor, dueFloor } from './case-rank.ts';
import { openCasePartitions } from './listing.ts';
import { CASES_BY_DEFICIENCY, CASES_BY_DUE } from './risk-state-table.ts';

/** With a filter DynamoDB reads cases that it does not return: one page reads at most this often. */
const ROUNDS_MAX = 20;

/** Below and above every sort key. */
const LOWEST = '0';
const HIGHEST = ':';

/** An index in one direction. */
interface Walk {
  readonly index: string;
  readonly rank: 'deficiency_rank' | 'due_rank';
  readonly forward: boolean;
  /** The stretch of the index that can hold what is asked for. */
  readonly low: string;
  readonly high: string;
}

interface Ranked {
  readonly rank: string;
  readonly summary: CaseSummary;
}

/**
 * Lists open cases from two sparse indexes, each in four partitions that are read side by side and
 * merged. A case that moves while somebody turns pages can be seen twice or not at all.
 */
export function createOpenCases(client: DynamoDBClient, table: string): OpenCases {
  return {
    list: async (query) => {
      const walk = walkOf(query);
      const cases: CaseSummary[] = [];
      let after = query.after ?? (walk.forward ? LOWEST : HIGHEST);
      for (let round = 0; round < ROUNDS_MAX; round += 1) {
        const wanted = query.limit - cases.length;
        if (wanted === 0) break;
        const stretch = await readStretch(client, table, { walk, query, after, limit: wanted });
        cases.push(...stretch.cases);
        if (stretch.next === null) return { cases, next: null };
        after = stretch.next;
      }
      return { cases, next: after };
    },
  };
}

function walkOf({ order, deficiencyMin, dueAfter, dueBefore }: CaseQuery): Walk {
  if (order === 'deficiency') {
    const low = deficiencyMin === undefined ? LOWEST : deficiencyFloor(deficiencyMin);
    const rank = 'deficiency_rank';
    return { index: CASES_BY_DEFICIENCY, rank, forward: false, low, high: HIGHEST };
  }
  const low = dueAfter === undefined ? LOWEST : dueFloor(dueAfter);
  const high = dueBefore === undefined ? HIGHEST : dueFloor(dueBefore + 1);
  return { index: CASES_BY_DUE, rank: 'due_rank', forward: true, low, high };
}

interface Stretch {
  readonly walk: Walk;
  readonly query: CaseQuery;
  /** Everything up to here was seen. */
  readonly after: string;
  readonly limit: number;
}

async function readStretch(
  client: DynamoDBClient,
  table: string,
  stretch: Stretch,
): Promise<CasePage> {
  const partitions = openCasePartitions();
  const shards = await Promise.all(
    partitions.map((partition) => readShard(client, table, partition, stretch)),
  );
  const { forward } = stretch.walk;
  const isBefore = (a: string, b: string): boolean => (forward ? a < b : a > b);
  // Beyond the place where the slowest shard stopped, its cases are not known yet.
  const known = shards.reduce<string | null>(
    (first, { readTo }) =>
      readTo !== null && (first === null || isBefore(readTo, first)) ? readTo : first,
    null,
  );
  const found = shards
    .flatMap(({ cases }) => cases)
    .filter(({ rank }) => known === null || !isBefore(known, rank))
    .sort((a, b) => (isBefore(a.rank, b.rank) ? -1 : 1));
  const cut = found.slice(0, stretch.limit);
  const cases = cut.map(({ summary }) => summary);
  const last = cut.at(-1);
  if (found.length > stretch.limit && last !== undefined) return { cases, next: last.rank };
  return { cases, next: known };
}

async function readShard(
  client: DynamoDBClient,
  table: string,
  partition: string,
  { walk, query, after, limit }: Stretch,
): Promise<{ cases: Ranked[]; readTo: string | null }> {
  const low = walk.forward && after > walk.low ? after : walk.low;
  const high = !walk.forward && after < walk.high ? after : walk.high;
  if (low > high) return { cases: [], readTo: null };
  const filter = filterOf(query);
  const { Items = [], LastEvaluatedKey } = await client.send(
    new QueryCommand({
      TableName: table,
      IndexName: walk.index,
      KeyConditionExpression: '#open_case = :open_case AND #rank BETWEEN :low AND :high',
      ...(filter.expression === '' ? {} : { FilterExpression: filter.expression }),
      ExpressionAttributeNames: {
        ...filter.names,
        '#open_case': 'open_case',
        '#rank': walk.rank,
      },
      ExpressionAttributeValues: marshall({
        ...filter.values,
        ':open_case': partition,
        ':low': low,
        ':high': high,
      }),
      ScanIndexForward: walk.forward,
      // The bounds count themselves: one more, for the case at which the page before ended.
      Limit: limit + 1,
    }),
  );
  const ranked = Items.map((item) => {
    const attributes = unmarshall(item);
    return { rank: String(attributes[walk.rank]), summary: decodeCaseSummary(attributes) };
  });
  const last = LastEvaluatedKey === undefined ? null : unmarshall(LastEvaluatedKey);
  return {
    cases: ranked.filter(({ rank }) => rank !== after),
    readTo: last === null ? null : String(last[walk.rank]),
  };
}

interface Filter {
  readonly expression: string;
  readonly names: Record<string, string>;
  readonly values: Record<string, unknown>;
}

function filterOf(query: CaseQuery): Filter {
  const { rung, status, dueAfter, dueBefore, deficiencyMin, held } = query;
  const conditions: [unknown, string, string, unknown][] = [
    [rung, '#rung = :rung', 'rung', rung],
    [status, '#status = :status', 'status', status],
    [dueAfter, '#due_at >= :due_after', 'due_at', dueAfter],
    [dueBefore, '#due_at <= :due_before', 'due_at', dueBefore],
    [deficiencyMin, '#deficiency >= :deficiency_min', 'deficiency', deficiencyMin],
    [held, 'attribute_type(#hold, :hold_type)', 'hold', held === true ? 'M' : 'NULL'],
  ];
  const asked = conditions.filter(([given]) => given !== undefined);
  return {
    expression: asked.map(([, condition]) => condition).join(' AND '),
    names: Object.fromEntries(asked.map(([, , name]) => [`#${name}`, name])),
    values: Object.fromEntries(
      asked.map(([, condition, , value]) => [/:\w+/.exec(condition)?.[0] ?? '', value]),
    ),
  };
}
