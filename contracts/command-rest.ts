import { z } from 'zod';
import { RUNG_NAMES } from './case-events.ts';
import { count, dollars, figure, id, instant } from './wire.ts';

/** What REST takes and answers when a person tells a case something. The token says who; no body does. */

/** A person's own words: one line or more, no control characters. */
const words = (charactersMax: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(charactersMax)
    .regex(/^\P{Cc}*$/u, 'must not have control characters');

const episode = count
  .optional()
  .describe(
    'the episode that the person saw; without it the last one known. A command for another one is refused',
  );

const reason = words(500);

export const cureRequestSchema = z
  .strictObject({
    amount: dollars.positive().describe('dollars on their way; at least what is outstanding'),
    evidence: words(500).describe('what shows that they are: a wire reference, a bank advice'),
    expires_at: instant.describe('until when they hold escalation, within policy'),
    episode,
  })
  .meta({ id: 'CureRequest' });

export const extendRequestSchema = z
  .strictObject({
    due_at: instant.describe('the new due instant, later than the present one and within policy'),
    reason,
    authority_reference: words(64)
      .optional()
      .describe("the examining authority's reference; needed beyond the policy's limit"),
    episode,
  })
  .meta({ id: 'ExtendRequest' });

export const releaseRequestSchema = z
  .strictObject({ reason, episode })
  .meta({ id: 'ReleaseRequest' });
export const holdRequestSchema = z.strictObject({ reason, episode }).meta({ id: 'HoldRequest' });
export const resumeRequestSchema = z
  .strictObject({ reason, episode })
  .meta({ id: 'ResumeRequest' });

/** What a command came to, and the case right after it. */
export const commandedSchema = z
  .strictObject({
    account_id: id,
    command_id: id,
    command: z.enum(['PENDING_FUNDS', 'EXTEND', 'RELEASE', 'HOLD', 'RESUME']),
    by: id,
    outcome: z
      .enum(['DONE', 'AWAITING_SECOND_PERSON'])
      .describe('AWAITING_SECOND_PERSON: recorded; a second, different person has to say the same'),
    rung: z.enum(RUNG_NAMES),
    episode: count,
    demand: figure.nullable(),
    outstanding: figure.nullable(),
    due_at: instant.nullable(),
    funds_expire_at: instant.nullable(),
    awaiting_release: z.boolean(),
    released_by: z.array(z.string()),
    held: z.boolean().describe('enforcement is held by a person'),
    resume_asked_by: z.string().nullable(),
  })
  .meta({ id: 'Commanded' });

export type Commanded = z.infer<typeof commandedSchema>;
