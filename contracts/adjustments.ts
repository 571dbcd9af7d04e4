import { z } from 'zod';
import type { Adjustment } from '#domain/adjustments.ts';
import { DEAD_LETTER_CODES } from './dead-letter.ts';
import { dollars, id, instant, price, signedQty, symbol, text, toE4 } from './wire.ts';

/**
 * adjustments.v1, keyed by account_id: changes of an account's books by a person, and what blocks the
 * account or clears it. Each says who and why, counts once by its adjustment_id, and is audited.
 */

/** Why an account's figures do not count: a record of it was refused, or its books do not reconcile. */
export const BLOCK_CODES = [...DEAD_LETTER_CODES, 'RECONCILIATION'] as const;

/** What keeps an account INDETERMINATE until a person clears it by its name, `what`. */
export const blockSchema = z
  .strictObject({
    code: z.enum(BLOCK_CODES),
    what: id.describe('the refused record as topic:partition:offset, or the reconciliation'),
    since: instant,
  })
  .meta({ id: 'AccountBlock' });

/** An account names at most so many blocks; further ones replace the last. */
export const BLOCKS_MAX = 20;
const POSITIONS_PER_RECORD_MAX = 100;
const SPLIT_RATIO_MAX = 100_000;

/** What a person says for the record. */
export const REASON = text(500).regex(/^\P{Cc}*$/u, 'must not have control characters');

/** What every adjustment has when a person posts it. */
const posted = {
  adjustment_id: id,
  account_id: id,
  reason: REASON,
  timestamp: instant,
  correlation_id: id.optional(),
  clears: z
    .array(id)
    .min(1)
    .max(BLOCKS_MAX)
    .optional()
    .describe('the `what` of blocks that this adjustment settles'),
};

/** What every adjustment has on the topic: also who made it, from the token. */
const booked = {
  ...posted,
  actor: text(64),
  requested_by: text(64).optional().describe('who asked first, where it takes two persons'),
};

const moved = {
  positions: z
    .array(z.strictObject({ symbol, qty: signedQty }))
    .min(1)
    .max(POSITIONS_PER_RECORD_MAX)
    .optional()
    .describe('signed shares: a short position is negative'),
  cash: dollars
    .refine((amount) => amount !== 0, 'must not be 0')
    .optional()
    .describe('signed dollars: a debit balance is negative'),
};

const SPLIT = {
  symbol,
  numerator: z.int().min(1).max(SPLIT_RATIO_MAX).describe('new shares …'),
  denominator: z.int().min(1).max(SPLIT_RATIO_MAX).describe('… for so many old ones'),
  cash_in_lieu_price: price
    .optional()
    .describe('what a new share pays for fractions; without it they are kept to 1/10,000 share'),
};
const SYMBOL_CHANGE = { symbol, new_symbol: symbol };
const CLEAR = { clears: z.array(id).min(1).max(BLOCKS_MAX) };
const BLOCK = { what: id };

const movesSomething = {
  check: (record: { positions?: unknown; cash?: unknown }): boolean =>
    record.positions !== undefined || record.cash !== undefined,
  wrong: { path: ['positions'], message: 'must be there, or cash, or both' },
};
const changesSymbol = {
  check: (record: { symbol: string; new_symbol: string }): boolean =>
    record.symbol !== record.new_symbol,
  wrong: { path: ['new_symbol'], message: 'must be another symbol' },
};

/** adjustments.v1. */
export const adjustmentSchema = z
  .discriminatedUnion('kind', [
    z
      .strictObject({ kind: z.literal('TRANSFER_IN'), ...booked, ...moved })
      .refine(movesSomething.check, movesSomething.wrong),
    z
      .strictObject({ kind: z.literal('TRANSFER_OUT'), ...booked, ...moved })
      .refine(movesSomething.check, movesSomething.wrong),
    z
      .strictObject({ kind: z.literal('JOURNAL'), ...booked, ...moved, counter_account_id: id })
      .refine(movesSomething.check, movesSomething.wrong)
      .describe('one leg: what comes to the account, negative what goes'),
    z.strictObject({ kind: z.literal('SPLIT'), ...booked, ...SPLIT }),
    z
      .strictObject({ kind: z.literal('SYMBOL_CHANGE'), ...booked, ...SYMBOL_CHANGE })
      .refine(changesSymbol.check, changesSymbol.wrong),
    z.strictObject({ kind: z.literal('CLEAR'), ...booked, ...CLEAR }),
    z.strictObject({
      kind: z.literal('BLOCK'),
      ...booked,
      ...BLOCK,
      code: z.enum(BLOCK_CODES),
    }),
  ])
  .meta({ id: 'Adjustment' });

/** A journal's legs are named after it: `<id>.from` and `<id>.to`. */
const JOURNAL_ID_MAX = 59;

/** An adjustment as REST takes it: without an actor, who is known from the token. */
export const adjustmentSubmissionSchema = z
  .discriminatedUnion('kind', [
    z
      .strictObject({ kind: z.literal('TRANSFER_IN'), ...posted, ...moved })
      .refine(movesSomething.check, movesSomething.wrong),
    z
      .strictObject({ kind: z.literal('TRANSFER_OUT'), ...posted, ...moved })
      .refine(movesSomething.check, movesSomething.wrong),
    z
      .strictObject({
        kind: z.literal('JOURNAL'),
        ...posted,
        ...moved,
        adjustment_id: id.max(JOURNAL_ID_MAX),
        to_account_id: id,
      })
      .refine(movesSomething.check, movesSomething.wrong)
      .refine((record) => record.account_id !== record.to_account_id, {
        path: ['to_account_id'],
        message: 'must be another account',
      })
      .describe('moves positions and cash from account_id to to_account_id'),
    z.strictObject({ kind: z.literal('SPLIT'), ...posted, ...SPLIT }),
    z
      .strictObject({ kind: z.literal('SYMBOL_CHANGE'), ...posted, ...SYMBOL_CHANGE })
      .refine(changesSymbol.check, changesSymbol.wrong),
    z
      .strictObject({
        kind: z.literal('BLOCK'),
        ...posted,
        ...BLOCK,
        code: z.literal('RECONCILIATION'),
      })
      .describe('opens a reconciliation break'),
  ])
  .meta({ id: 'AdjustmentSubmission' });

export type AdjustmentRecord = z.infer<typeof adjustmentSchema>;
export type AdjustmentSubmission = z.infer<typeof adjustmentSubmissionSchema>;
export type AccountBlock = z.infer<typeof blockSchema>;

/** What an adjustment does to the books of its account, in the domain's units. */
export function decodeAdjustment(record: AdjustmentRecord): Adjustment {
  switch (record.kind) {
    case 'TRANSFER_IN':
    case 'JOURNAL':
      return transfer(record, 1);
    case 'TRANSFER_OUT':
      return transfer(record, -1);
    case 'SPLIT':
      return {
        kind: 'SPLIT',
        symbol: record.symbol,
        numerator: record.numerator,
        denominator: record.denominator,
        lieuPriceE4:
          record.cash_in_lieu_price === undefined ? null : toE4(record.cash_in_lieu_price),
      };
    case 'SYMBOL_CHANGE':
      return { kind: 'SYMBOL_CHANGE', symbol: record.symbol, newSymbol: record.new_symbol };
    case 'CLEAR':
    case 'BLOCK':
      return { kind: 'NONE' };
  }
}

type Moving = Extract<
  AdjustmentRecord,
  { readonly kind: 'TRANSFER_IN' | 'TRANSFER_OUT' | 'JOURNAL' }
>;

function transfer({ positions = [], cash = 0 }: Moving, sign: 1 | -1): Adjustment {
  return {
    kind: 'TRANSFER',
    positions: positions.map(({ symbol, qty }) => ({ symbol, qtyE4: sign * toE4(qty) })),
    cashE4: sign * toE4(cash) + 0, // −0 + 0 is 0
  };
}

/** The records of adjustments.v1 that a posted adjustment makes: one, or the two legs of a journal. */
export function adjustmentRecords(
  submission: AdjustmentSubmission,
  actor: string,
  correlationId: string,
  requestedBy: string | null = null,
): AdjustmentRecord[] {
  const by = {
    actor,
    ...(requestedBy === null ? {} : { requested_by: requestedBy }),
    correlation_id: submission.correlation_id ?? correlationId,
  };
  if (submission.kind !== 'JOURNAL') return [{ ...submission, ...by }];
  const { to_account_id, clears, ...journal } = submission;
  const { adjustment_id, account_id, positions, cash } = journal;
  return [
    {
      ...journal,
      ...by,
      ...(clears === undefined ? {} : { clears }),
      adjustment_id: `${adjustment_id}.from`,
      counter_account_id: to_account_id,
      ...(positions === undefined
        ? {}
        : { positions: positions.map(({ symbol, qty }) => ({ symbol, qty: -qty })) }),
      ...(cash === undefined ? {} : { cash: -cash }),
    },
    {
      ...journal,
      ...by,
      adjustment_id: `${adjustment_id}.to`,
      account_id: to_account_id,
      counter_account_id: account_id,
    },
  ];
}
