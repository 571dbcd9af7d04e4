import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBClient, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { RUNG_NAMES } from '#contracts/case-events.ts';
import type { RungName } from '#contracts/account-state.ts';
import type { AccountIndexWriter, IndexWrite } from '#ports/account-index.ts';
import { caseAttributes, CURRENT, figuresAttributes } from './account-item.ts';
import type { Attributes } from './account-item.ts';
import { deficiencyRank } from './case-rank.ts';
import { listingOf, openCaseOf } from './listing.ts';
import { notWritten } from './not-written.ts';

const rungSchema = z.object({ rung: z.enum(RUNG_NAMES) });

/**
 * Writes the current item of an account. Figures and case are written each under a condition on its
 * own version, so that repeated, late or reordered records change nothing and neither overwrites
 * the other's attributes.
 */
export function createAccountIndexWriter(
  client: DynamoDBClient,
  table: string,
): AccountIndexWriter {
  return {
    writeFigures: (record) => {
      const update = setAll(figuresAttributes(record));
      update.sets.push('#rung = if_not_exists(#rung, :active)');
      update.sets.push('#listing = if_not_exists(#listing, :listing)');
      return write(client, table, record.account_id, 'figures_version', {
        sets: update.sets,
        names: { ...update.names, '#rung': 'rung', '#listing': 'listing' },
        values: {
          ...update.values,
          ':active': 'ACTIVE',
          ':listing': listingOf('ACTIVE', record.account_id),
        },
      });
    },
    writeCase: (accountId, snapshot) => {
      const { rung } = snapshot;
      const attributes = caseAttributes(accountId, snapshot);
      const update = setAll({ ...attributes, rung, listing: listingOf(rung, accountId) });
      return write(client, table, accountId, 'case_version', inOpenCases(update, accountId, rung));
    },
  };
}

/** Off the rung ACTIVE a case is in the list of cases; its place follows the figures, once there are any. */
function inOpenCases(update: Update, accountId: string, rung: RungName): Update {
  const names = { ...update.names, '#open_case': 'open_case' };
  if (rung === 'ACTIVE') return { ...update, names, removes: ['#open_case'] };
  return {
    ...update,
    sets: [
      ...update.sets,
      '#open_case = :open_case',
      '#deficiency_rank = if_not_exists(#deficiency_rank, :deficiency_rank)',
    ],
    names: { ...names, '#deficiency_rank': 'deficiency_rank' },
    values: {
      ...update.values,
      ':open_case': openCaseOf(accountId),
      ':deficiency_rank': deficiencyRank(null, accountId),
    },
  };
}

interface Update {
  readonly sets: string[];
  readonly removes?: readonly string[];
  readonly names: Record<string, string>;
  readonly values: Record<string, unknown>;
}

/** `SET` clauses for all attributes; every name is aliased, for DynamoDB reserves many words. */
function setAll(attributes: Attributes): Update {
  const update: Update = { sets: [], names: {}, values: {} };
  for (const [name, value] of Object.entries(attributes)) {
    update.sets.push(`#${name} = :${name}`);
    update.names[`#${name}`] = name;
    update.values[`:${name}`] = value;
  }
  return update;
}

/** One conditional update. */
async function write(
  client: DynamoDBClient,
  table: string,
  accountId: string,
  version: 'figures_version' | 'case_version',
  update: Update,
): Promise<IndexWrite> {
  const input: UpdateItemCommandInput = {
    TableName: table,
    Key: marshall({ account_id: accountId, timestamp: CURRENT }),
    UpdateExpression: [
      `SET ${update.sets.join(', ')}`,
      ...(update.removes ?? []).map((name) => `REMOVE ${name}`),
    ].join(' '),
    ConditionExpression: `attribute_not_exists(#${version}) OR #${version} < :${version}`,
    ExpressionAttributeNames: update.names,
    ExpressionAttributeValues: marshall(update.values, { removeUndefinedValues: true }),
    ReturnValues: 'UPDATED_NEW',
  };
  try {
    const { Attributes = {} } = await client.send(new UpdateItemCommand(input));
    return { outcome: 'WRITTEN', rung: rungSchema.parse(unmarshall(Attributes)).rung };
  } catch (error) {
    return notWritten(error);
  }
}
