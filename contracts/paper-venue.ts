import { z } from 'zod';
import { decimal } from './wire.ts';

/** policies/paper-venue.json: how the paper venue plays a market. For local use only. */
export const paperVenueSchema = z.strictObject({
  /** An order is executed no earlier than so long after it came, and each further part after the one before. */
  fill_delay_ms: z.int().min(0).max(60_000),
  /** A customer's order is executed in parts of so many shares at most; null: whole. */
  fill_qty_max: decimal(100_000_000).positive().nullable(),
});

export type PaperVenueFile = z.infer<typeof paperVenueSchema>;
