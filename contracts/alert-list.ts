import { z } from 'zod';
import { alertSchema } from './alerts.ts';
import { count } from './wire.ts';

/** What the API shows of alerts. */

/** The most alerts of one answer, and how many come when nobody says. */
export const ALERTS_LISTED_MAX = 1_000;
export const ALERTS_LISTED_DEFAULT = 100;

export const alertListSchema = z
  .strictObject({
    alerts: z.array(alertSchema),
    others: count.describe('how many more there are'),
  })
  .meta({ id: 'AlertList' });
export type AlertList = z.infer<typeof alertListSchema>;
