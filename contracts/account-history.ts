import { z } from 'zod';
import { STATUS_NAMES } from './account-state.ts';
import { RUNG_NAMES } from './case-events.ts';
import { CAUSES } from './margin-figures.ts';
import { count, figure, id, instant, text } from './wire.ts';

/** What became of an account over the last thirty days: the history items of the state index. */

/** The reference keeps an item this long (seeds/004), days. */
export const HISTORY_DAYS = 30;

/** Figures of an account at one time. Between two of them at least a second lies. */
export const historyFiguresSchema = z
  .strictObject({
    kind: z.literal('FIGURES'),
    at: instant,
    status: z.enum(STATUS_NAMES),
    cause: z.enum(CAUSES).describe('what made the engine compute them'),
    figures_version: id,
    cash: figure,
    market_value: figure.nullable(),
    equity: figure.nullable(),
    maintenance_req: figure.nullable(),
    excess: figure.nullable(),
    deficiency: figure.nullable(),
  })
  .meta({ id: 'HistoryFigures' });

/** The figures that a step was decided on. */
const seenFigures = z
  .object({
    as_of: instant.optional(),
    status: z.enum(STATUS_NAMES),
    equity: figure.optional(),
    maintenance_req: figure.optional(),
    excess: figure.optional(),
    deficiency: figure.optional(),
  })
  .strip();

/** One audited step of an account's case, or another audited decision about the account. */
export const timelineStepSchema = z
  .strictObject({
    kind: z.literal('STEP'),
    at: instant.describe('when it was decided, Unix milliseconds'),
    event_id: id,
    event_type: id.describe('as in audit.v1'),
    actor: text(64).nullable().describe('who decided: a person or a part of the product'),
    episode: count.nullable(),
    rung: z.enum(RUNG_NAMES).nullable().describe('after the step'),
    figures: seenFigures.nullable().describe('what was seen'),
    details: z.record(z.string(), z.unknown()).describe('the rest of what audit.v1 has of it'),
    correlation_id: id,
    causation_id: id.nullable(),
  })
  .meta({ id: 'TimelineStep' });

const cursor = z.string().nullable().describe('null after the last page');

export const accountHistorySchema = z
  .strictObject({
    account_id: id,
    entries: z.array(z.discriminatedUnion('kind', [historyFiguresSchema, timelineStepSchema])),
    next_cursor: cursor,
  })
  .meta({ id: 'AccountHistory' });

export const accountTimelineSchema = z
  .strictObject({ account_id: id, steps: z.array(timelineStepSchema), next_cursor: cursor })
  .meta({ id: 'AccountTimeline' });

export type HistoryFigures = z.infer<typeof historyFiguresSchema>;
export type TimelineStep = z.infer<typeof timelineStepSchema>;
export type HistoryEntry = HistoryFigures | TimelineStep;
export type AccountHistory = z.infer<typeof accountHistorySchema>;
export type AccountTimeline = z.infer<typeof accountTimelineSchema>;
