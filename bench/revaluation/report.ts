import { z } from 'zod';

/** One valuation of every account: position updates, and what they took by the clock and of a core. */
const sweepSchema = z.object({ updates: z.int(), wallMs: z.number(), cpuMs: z.number() });

/** What revaluation/main.ts tells. */
export const revaluationReportSchema = z.object({
  sweeps: z.array(sweepSchema),
  rssMaxBytes: z.int(),
});

export type Sweep = z.infer<typeof sweepSchema>;
export type RevaluationReport = z.infer<typeof revaluationReportSchema>;
