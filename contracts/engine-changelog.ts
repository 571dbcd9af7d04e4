import { z } from 'zod';
import { blockSchema } from './adjustments.ts';
import { count, id, instant } from './wire.ts';

const entryId = z.string().max(80);

/**
 * margin-engine.changelog.v1: the engine's state, compacted. Integers in 1/10,000 dollar or share:
 * nobody but the engine reads it. Keys are `account:<id>`, `counted:<block>` and `take-over`.
 */
export const changelogSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('ACCOUNT'),
    account_id: id,
    sequence: count,
    cash_e4: z.int(),
    credited_total_e4: z.int(),
    /** Symbol and signed quantity; an empty position is absent. */
    positions: z.array(z.tuple([id, z.int()])),
    correlation_id: id,
    blocks: z.array(blockSchema),
    /** Splits that the market may not have quoted yet (domain/unquoted-split.ts). */
    splits: z
      .array(
        z.strictObject({
          symbol: id,
          at: instant,
          numerator: z.int().positive(),
          denominator: z.int().positive(),
        }),
      )
      .default([]),
  }),
  z.strictObject({
    kind: z.literal('COUNTED'),
    block: count,
    /** The latest timestamp of its entries, ms. */
    latest_at: count,
    /**
     * What is in the books, by columns: ids of fills (`f:`), cash movements (`c:`) and adjustments
     * (`a:`), and of each what it said (domain/corrections.ts), so that it can be taken back.
     */
    ids: z.array(entryId),
    accounts: z.array(id),
    subjects: z.array(z.string().max(64)),
    quantities: z.array(z.int()),
    prices: z.array(z.int()),
    /** Of cancels and corrections: the place among the ids above, and the id that it takes back. */
    reverses: z.array(z.tuple([count, entryId])),
    /** Of splits and changes of symbol: the place among the ids above, and the symbol that it converts. */
    converts: z.array(z.tuple([count, id])).default([]),
  }),
  z.strictObject({
    kind: z.literal('TAKE_OVER'),
    generation: count,
    /** Fills and cash movements at or before this instant can no longer be told from duplicates. */
    floor_at: count,
  }),
]);

export type ChangelogRecord = z.infer<typeof changelogSchema>;
