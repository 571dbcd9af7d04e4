import { z } from 'zod';
import { historyFiguresSchema } from './account-history.ts';
import { TOPICS } from './topics.ts';
import { id } from './wire.ts';

/** What GET /events sends, each under its name: the last figures, and what cases do. */

/** By the name of the event, the topic that its data comes from as it is. */
export const CASE_EVENT_TOPICS = {
  margin_call: TOPICS.marginCalls.name,
  restriction: TOPICS.restrictions.name,
  liquidation: TOPICS.liquidations.name,
  execution: TOPICS.executions.name,
  notice: TOPICS.notices.name,
  alert: TOPICS.alerts.name,
  step: TOPICS.audit.name,
} as const;
export type CaseEventName = keyof typeof CASE_EVENT_TOPICS;

export const LIVE_EVENT_NAMES = [
  'figures',
  'margin_call',
  'restriction',
  'liquidation',
  'execution',
  'notice',
  'alert',
  'step',
] as const satisfies readonly (CaseEventName | 'figures')[];
export type LiveEventName = (typeof LIVE_EVENT_NAMES)[number];

/** The data of `figures`: an account's, at most once a second. */
export const liveFiguresSchema = z
  .strictObject({
    account_id: id,
    ...historyFiguresSchema.omit({ kind: true, cause: true }).shape,
  })
  .meta({ id: 'LiveFigures' });

export type LiveFigures = z.infer<typeof liveFiguresSchema>;
