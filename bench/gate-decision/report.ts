import { z } from 'zod';

/** What gate-decision/main.ts tells: decisions by the clock, one by one, and sweeps of a core's time. */
export const gateDecisionReportSchema = z.object({
  decisions: z.int(),
  p50Us: z.number(),
  p99Us: z.number(),
  maxUs: z.number(),
  perCoreS: z.array(z.number()),
  clockUs: z.number(),
  codes: z.record(z.string(), z.int()),
});

export type GateDecisionReport = z.infer<typeof gateDecisionReportSchema>;
