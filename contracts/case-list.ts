import { z } from 'zod';
import { accountSummarySchema } from './account-state.ts';
import { caseSnapshotSchema } from './case-events.ts';
import { count, instant } from './wire.ts';

/** What the API shows of open cases: those of accounts that are not on the rung ACTIVE. */

export const CASE_ORDERS = ['deficiency', 'due'] as const;
export type CaseOrder = (typeof CASE_ORDERS)[number];

/** One line of the list of cases. */
export const caseSummarySchema = z
  .strictObject({
    ...accountSummarySchema.shape,
    episode: count,
    issued_at: instant.nullable(),
    restricted_at: instant.nullable(),
    liquidate_at: instant.nullable(),
    acknowledged_at: instant.nullable(),
    enforcement_hold: caseSnapshotSchema.shape.enforcement_hold.describe(
      'who holds enforcement of this account; a hold of the firm is in /enforcement',
    ),
  })
  .meta({ id: 'CaseSummary' });

export const caseListSchema = z
  .strictObject({
    cases: z.array(caseSummarySchema),
    next_cursor: z.string().nullable().describe('null after the last page'),
  })
  .meta({ id: 'CaseList' });

export type CaseSummary = z.infer<typeof caseSummarySchema>;
export type CaseList = z.infer<typeof caseListSchema>;
