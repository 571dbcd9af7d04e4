import { z } from 'zod';
import {
  accountFiguresSchema,
  accountSummarySchema,
  STATUS_NAMES,
} from '#contracts/account-state.ts';
import type { AccountState, AccountSummary, RungName } from '#contracts/account-state.ts';
import { caseSnapshotSchema, RUNG_NAMES } from '#contracts/case-events.ts';
import type { CaseSnapshot } from '#contracts/case-events.ts';
import { figuresVersionString } from '#contracts/figures-version.ts';
import type { MarginCalcRecord } from '#contracts/margin-figures.ts';
import { caseSummarySchema } from '#contracts/case-list.ts';
import type { CaseSummary } from '#contracts/case-list.ts';
import { deficiencyRank, dueRank } from './case-rank.ts';

/**
 * The attributes of an account's current item. `equity`, `market_value`, `maintenance_req`,
 * `excess`, `status`, `margin_call_issued_at` are the reference's (seeds/004); market_value is
 * long less short. What the case also has a word for stands under `case_…`. Numbers have at most
 * four decimals, so their shortest decimal form, which DynamoDB keeps, is exact.
 */
export type Attributes = Readonly<Record<string, unknown>>;

/** The current item of an account lies at this sort key; history items at their time. */
export const CURRENT = 0;

/** The attributes that figures write; none is written by a case. */
export function figuresAttributes(record: MarginCalcRecord): Attributes {
  const { account_id, generation, sequence, total_mv, ...figures } = record;
  return {
    ...figures,
    deficiency_rank: deficiencyRank(figures.deficiency, account_id),
    market_value: total_mv,
    figures_version: figuresVersionString({ generation, sequence }),
  };
}

/** The attributes that a case writes; none is written by figures. */
export function caseAttributes(accountId: string, snapshot: CaseSnapshot): Attributes {
  const { rung, status, figures_version, policy_version, issued_at, ...rest } = snapshot;
  return {
    ...rest,
    case_status: status,
    case_figures_version: figures_version,
    case_policy_version: policy_version,
    margin_call_issued_at: issued_at,
    due_rank: dueRank(snapshot.due_at, accountId),
  };
}

/** What the list of accounts shows, and so what its index carries. */
export const SUMMARY_ATTRIBUTES = [
  'rung',
  'status',
  'as_of',
  'equity',
  'market_value',
  'maintenance_req',
  'excess',
  'deficiency',
  'demand',
  'due_at',
  'awaiting_release',
  'braked',
  'hold',
  'acknowledged_by',
] as const;

/** What the list of cases shows, and so what its indexes carry. */
export const CASE_ATTRIBUTES = [
  ...SUMMARY_ATTRIBUTES,
  'episode',
  'margin_call_issued_at',
  'restricted_at',
  'liquidate_at',
  'acknowledged_at',
  'enforcement_hold',
] as const;

const storedHead = z.object({
  account_id: z.string(),
  rung: z.enum(RUNG_NAMES),
  status: z.enum(STATUS_NAMES).optional(),
  figures_version: z.string().optional(),
  case_version: z.string().optional(),
});

const storedFigures = accountFiguresSchema
  .omit({ total_mv: true })
  .extend({ market_value: accountFiguresSchema.shape.total_mv })
  .strip()
  .transform(({ market_value, ...figures }) => ({ ...figures, total_mv: market_value }));

const storedCase = caseSnapshotSchema
  .omit({ rung: true, status: true, figures_version: true, policy_version: true, issued_at: true })
  .extend({
    case_status: caseSnapshotSchema.shape.status,
    case_figures_version: caseSnapshotSchema.shape.figures_version,
    case_policy_version: caseSnapshotSchema.shape.policy_version,
    margin_call_issued_at: caseSnapshotSchema.shape.issued_at,
  })
  .strip();

/** A stored item as the account's state. Throws when it is none of this product's. */
export function decodeState(item: Attributes): AccountState {
  const head = storedHead.parse(item);
  return {
    account_id: head.account_id,
    status: head.status ?? null,
    rung: head.rung,
    figures: head.figures_version === undefined ? null : storedFigures.parse(item),
    case: head.case_version === undefined ? null : decodeCase(item, head.rung),
  };
}

function decodeCase(item: Attributes, rung: RungName): CaseSnapshot {
  const {
    case_status: status,
    case_figures_version: figures_version,
    case_policy_version: policy_version,
    margin_call_issued_at: issued_at,
    ...rest
  } = storedCase.parse(item);
  return { ...rest, rung, status, figures_version, policy_version, issued_at };
}

/** Of an account with figures but no case, or the other way round, the rest is not there. */
const ABSENT = {
  status: null,
  as_of: null,
  equity: null,
  market_value: null,
  maintenance_req: null,
  excess: null,
  deficiency: null,
  demand: null,
  due_at: null,
  awaiting_release: false,
  braked: false,
  hold: null,
  acknowledged_by: null,
  enforcement_hold: null,
};

/** An item of the list's index as a line of the list. */
export function decodeSummary(item: Attributes): AccountSummary {
  return accountSummarySchema.strip().parse({ ...ABSENT, ...item });
}

/** An item of the cases' indexes as a line of their list. */
export function decodeCaseSummary(item: Attributes): CaseSummary {
  const { margin_call_issued_at: issued_at } = item;
  return caseSummarySchema.strip().parse({ ...ABSENT, ...item, issued_at });
}
