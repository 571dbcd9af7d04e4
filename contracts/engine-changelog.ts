import { z } from 'zod';
import { count, id } from './wire.ts';

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
  }),
  z.strictObject({
    kind: z.literal('COUNTED'),
    block: count,
    /** Ids of fills (`f:`) and cash movements (`c:`) that are in the books, with their timestamps. */
    ids: z.array(z.tuple([z.string().max(80), count])),
  }),
  z.strictObject({
    kind: z.literal('TAKE_OVER'),
    generation: count,
    /** Fills and cash movements at or before this instant can no longer be told from duplicates. */
    floor_at: count,
  }),
]);

export type ChangelogRecord = z.infer<typeof changelogSchema>;
