import { z } from 'zod';
import { accountStateSchema, accountSummarySchema } from './account-state.ts';
import { BLOCKS_MAX, REASON } from './adjustments.ts';
import {
  betaSchema,
  cashReversalSchema,
  cashSchema,
  fillCancelSchema,
  fillCorrectSchema,
  fillSchema,
  priceSchema,
} from './ingest.ts';
import { cancelOrderSchema, newOrderSchema } from './orders.ts';
import { count, id, instant } from './wire.ts';

/** What REST takes and answers, beside the records of contracts/ingest.ts. */

/** The largest request body, bytes; the most records of one batch. */
export const BODY_BYTES_MAX = 256 * 1024;
export const BATCH_RECORDS_MAX = 1_000;

/** The most accounts of one page, and how many come when nobody says. */
export const PAGE_ACCOUNTS_MAX = 500;
export const PAGE_ACCOUNTS_DEFAULT = 100;

const IDEMPOTENT =
  'may be left out when the Idempotency-Key header is there: it is then made of that key and the place in the batch';

const optionalFillId = { fill_id: id.optional().describe(IDEMPOTENT) };
const optionalCashId = { cash_id: id.optional().describe(IDEMPOTENT) };

/** A fill, its cancel or correction as REST takes it: the id supplied by the Idempotency-Key if missing. */
export const fillSubmissionSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ ...fillSchema.shape, ...optionalFillId }),
    z.strictObject({ ...fillCorrectSchema.shape, ...optionalFillId }),
    z.strictObject({ ...fillCancelSchema.shape, ...optionalFillId }),
  ])
  .meta({ id: 'FillSubmission' });

/** A cash movement or its reversal as REST takes it; a DEPOSIT is positive, a WITHDRAWAL negative. */
export const cashSubmissionSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ ...cashSchema.shape, ...optionalCashId }),
    z.strictObject({ ...cashReversalSchema.shape, ...optionalCashId }),
  ])
  .meta({ id: 'CashSubmission' });

/** A person's word that what blocks an account is settled. */
export const clearRequestSchema = z
  .strictObject({
    reason: REASON,
    blocks: z
      .array(id)
      .min(1)
      .max(BLOCKS_MAX)
      .optional()
      .describe('the `what` of the blocks to clear; those that the account shows when left out'),
  })
  .meta({ id: 'ClearRequest' });

export const clearedSchema = z
  .strictObject({
    account_id: id,
    adjustment_id: id,
    cleared: z.array(id),
    cleared_by: z.string(),
    cleared_at: instant,
  })
  .meta({ id: 'Cleared' });

/** An order as REST takes it: the id supplied by the Idempotency-Key if missing. */
export const orderSubmissionSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ ...newOrderSchema.shape, order_id: id.optional().describe(IDEMPOTENT) }),
    z.strictObject({ ...cancelOrderSchema.shape, order_id: id.optional().describe(IDEMPOTENT) }),
  ])
  .meta({ id: 'OrderSubmission' });

export const priceSubmissionSchema = priceSchema;
export const betaSubmissionSchema = betaSchema;

/** Where each record lies, in the order of the request. */
export const acceptedSchema = z
  .strictObject({
    accepted: z.array(
      z.strictObject({
        topic: z.string(),
        partition: count,
        offset: count,
        id: id.describe('fill_id, cash_id, adjustment_id, order_id, or the symbol'),
      }),
    ),
  })
  .meta({ id: 'Accepted' });

/** What became of posted adjustments: all are written, or all wait for a second person. */
export const adjustedSchema = z
  .strictObject({
    ...acceptedSchema.shape,
    awaiting_second_person: z
      .array(id)
      .describe('nothing is written yet: another person has to post the very same'),
  })
  .meta({ id: 'Adjusted' });

/** The state of an account with the places to look further. */
export const accountDetailSchema = z
  .strictObject({
    ...accountStateSchema.shape,
    links: z.strictObject({
      self: z.string(),
      case: z.string().nullable().describe("the case's page in the Temporal Web UI"),
    }),
  })
  .meta({ id: 'AccountDetail' });

export const accountListSchema = z
  .strictObject({
    accounts: z.array(accountSummarySchema),
    next_cursor: z.string().nullable().describe('null after the last page'),
  })
  .meta({ id: 'AccountList' });

/** What a person says when acknowledging a case. */
export const acknowledgeRequestSchema = z
  .strictObject({
    note: z
      .string()
      .min(1)
      .max(500)
      .regex(/^\P{Cc}*$/u, 'must not have control characters')
      .optional(),
  })
  .meta({ id: 'AcknowledgeRequest' });

export const acknowledgedSchema = z
  .strictObject({ account_id: id, acknowledged_by: z.string(), acknowledged_at: instant })
  .meta({ id: 'Acknowledged' });

/** RFC 9457. A field is named by a JSON pointer in fragment form, or as a parameter or header. */
export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string().optional().describe('why a case or a rule says no'),
    observed: z.string().optional(),
    limit: z.string().optional(),
    command_id: z.string().optional(),
    errors: z
      .array(
        z.strictObject({
          pointer: z.string().optional(),
          parameter: z.string().optional(),
          header: z.string().optional(),
          detail: z.string(),
        }),
      )
      .optional()
      .describe('the first wrong fields, at most 20'),
  })
  .meta({ id: 'Problem' });

export const healthSchema = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Health' });

export const readinessSchema = z
  .strictObject({ ready: z.boolean(), checks: z.record(z.string(), z.string()) })
  .meta({ id: 'Readiness' });

export type Accepted = z.infer<typeof acceptedSchema>;
export type Adjusted = z.infer<typeof adjustedSchema>;
export type AccountDetail = z.infer<typeof accountDetailSchema>;
export type AccountList = z.infer<typeof accountListSchema>;
export type Cleared = z.infer<typeof clearedSchema>;
export type Acknowledged = z.infer<typeof acknowledgedSchema>;
export type ProblemDocument = z.infer<typeof problemSchema>;
export type FieldError = NonNullable<ProblemDocument['errors']>[number];
