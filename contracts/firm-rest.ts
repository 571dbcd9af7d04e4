import { z } from 'zod';
import type { FirmHold } from '#domain/firm-enforcement.ts';
import { id, instant, text } from './wire.ts';

/** What REST takes and answers about the firm's enforcement. The token says who; no body does. */

const scope = z
  .string()
  .regex(/^(GLOBAL|LIQUIDATIONS|SYMBOL:[A-Za-z0-9_.:-]{1,57})$/)
  .describe(
    'GLOBAL: nothing escalates. LIQUIDATIONS: each waits for two persons. SYMBOL:x: x is not sold or covered',
  );

/** A person's own words: no control characters. */
const reason = z
  .string()
  .min(1)
  .max(500)
  .regex(/^\P{Cc}*$/u, 'must not have control characters');

export const firmHoldRequestSchema = z
  .strictObject({ scope, reason })
  .meta({ id: 'EnforcementHoldRequest' });
export const firmResumeRequestSchema = z
  .strictObject({ scope, reason })
  .meta({ id: 'EnforcementResumeRequest' });

const firmHoldSchema = z
  .strictObject({
    scope,
    by: text(64).describe('a person, or liquidation-brake'),
    since: instant,
    reason: text(500),
    resume_asked_by: text(64).nullable(),
  })
  .meta({ id: 'EnforcementHold' });

export const firmHoldListSchema = z
  .strictObject({ holds: z.array(firmHoldSchema) })
  .meta({ id: 'EnforcementHoldList' });
export type FirmHoldListed = z.infer<typeof firmHoldListSchema>;

export const firmCommandedSchema = z
  .strictObject({
    command_id: id,
    command: z.enum(['HOLD', 'RESUME']),
    scope,
    by: id,
    outcome: z
      .enum(['DONE', 'AWAITING_SECOND_PERSON'])
      .describe('AWAITING_SECOND_PERSON: recorded; a second, different person has to say the same'),
    holds: z.array(firmHoldSchema).describe('what is held after it'),
  })
  .meta({ id: 'EnforcementCommanded' });
export type FirmCommanded = z.infer<typeof firmCommandedSchema>;

/** A hold as REST tells it. */
export function encodeFirmHold(hold: FirmHold): FirmHoldListed['holds'][number] {
  const { resumeAskedBy, ...told } = hold;
  return { ...told, resume_asked_by: resumeAskedBy };
}
