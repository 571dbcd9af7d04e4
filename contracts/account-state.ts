import { z } from 'zod';
import { caseSnapshotSchema, RUNG_NAMES } from './case-events.ts';
import { marginCalcSchema } from './margin-figures.ts';
import { figure, id, instant } from './wire.ts';

/** What the state index knows of an account, and what the API shows of it. */

export const STATUS_NAMES = ['ACTIVE', 'WARNING', 'MARGIN_CALL', 'INDETERMINATE'] as const;

const rung = z.enum(RUNG_NAMES).describe("the case's rung; ACTIVE without a case");
const status = z.enum(STATUS_NAMES).nullable().describe("the figures' status; null before any");

/** The last figures of an account, as margin.calc.v1 had them. */
export const accountFiguresSchema = marginCalcSchema
  .omit({ account_id: true, generation: true, sequence: true, status: true })
  .extend({ figures_version: id })
  .meta({ id: 'AccountFigures' });

/** The current state of an account: its figures and its case, each the latest known. */
export const accountStateSchema = z
  .strictObject({
    account_id: id,
    status,
    rung,
    figures: accountFiguresSchema.nullable(),
    case: caseSnapshotSchema.nullable(),
  })
  .meta({ id: 'AccountState' });

/** One line of the list of accounts. */
export const accountSummarySchema = z
  .strictObject({
    account_id: id,
    status,
    rung,
    as_of: instant.nullable(),
    equity: figure.nullable(),
    market_value: figure.nullable(),
    maintenance_req: figure.nullable(),
    excess: figure.nullable(),
    deficiency: figure.nullable(),
    demand: figure.nullable(),
    due_at: instant.nullable(),
    awaiting_release: z.boolean(),
    braked: z.boolean(),
    hold: caseSnapshotSchema.shape.hold.describe('why the case does not escalate, and since when'),
    acknowledged_by: z.string().nullable(),
  })
  .meta({ id: 'AccountSummary' });

export type AccountState = z.infer<typeof accountStateSchema>;
export type AccountSummary = z.infer<typeof accountSummarySchema>;
export type RungName = (typeof RUNG_NAMES)[number];
export type StatusName = (typeof STATUS_NAMES)[number];
