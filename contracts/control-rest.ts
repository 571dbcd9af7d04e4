import { z } from 'zod';
import { HOLDERS } from '#domain/controls/control-state.ts';
import { isForScope, KILL_MODE_TEXT, KILL_MODES, maxRatePerSecond } from './control-commands.ts';
import { controlStateSchema } from './control-states.ts';
import { unreadableSchema } from './gate-leases.ts';
import { scopeSchema } from './scopes.ts';
import { count, id, instant } from './wire.ts';

/** What REST takes and answers about controls. The token says who; a body may only repeat it. */

/** A person's own words: no control characters. */
const reason = z
  .string()
  .min(1)
  .max(500)
  .regex(/^\P{Cc}*$/u, 'must not have control characters');

const operator = id
  .optional()
  .describe('as the reference has it; must be the subject of the token, who it is in any case');

export const killRequestSchema = z
  .strictObject({
    scope: scopeSchema,
    reason,
    mode: z.enum(KILL_MODES).optional().describe(`BLOCK when left out; ${KILL_MODE_TEXT}`),
    operator,
  })
  .refine(({ mode, scope }) => mode === undefined || isForScope(mode, scope), {
    message: 'NO_NEW_DEBIT_OR_SHORT is for an ACCOUNT only',
    path: ['mode'],
  })
  .meta({ id: 'KillRequest' });

export const throttleRequestSchema = z
  .strictObject({
    scope: scopeSchema,
    reason,
    max_rate_per_second: maxRatePerSecond,
    operator,
  })
  .meta({ id: 'ThrottleRequest' });

export const unkillRequestSchema = z
  .strictObject({
    scope: scopeSchema,
    reason,
    holder: z
      .enum(HOLDERS)
      .optional()
      .describe('whose control; may be left out when there is only one that people lift'),
    epoch: count
      .optional()
      .describe('the epoch that the person saw; the one known here when left out'),
    to: z
      .enum(['REDUCE_ONLY', 'THROTTLE'])
      .optional()
      .describe('loosens to that mode in place of lifting'),
    max_rate_per_second: maxRatePerSecond.optional().describe('with to THROTTLE'),
    operator,
  })
  .refine(({ to, max_rate_per_second: rate }) => (to === 'THROTTLE') === (rate !== undefined), {
    message: 'goes with to THROTTLE, and only with that',
    path: ['max_rate_per_second'],
  })
  .meta({ id: 'UnkillRequest' });

export const approvalRequestSchema = z
  .strictObject({
    scope: scopeSchema,
    epoch: count,
    reason,
  })
  .meta({ id: 'ApprovalRequest' })
  .describe('what the second person saw, all of it; what differs from what was asked is refused');

const controlMode = controlStateSchema.shape.mode.unwrap();
const modeRate = maxRatePerSecond.nullable().describe('of a THROTTLE; null for every other mode');

const stricterControl = z
  .strictObject({
    name: z.enum(HOLDERS),
    mode: controlMode,
    max_rate_per_second: modeRate,
    epoch: count.nullable(),
  })
  .meta({ id: 'StricterControl' });

/** A kill or throttle, and how far it is effective. */
export const killedSchema = z
  .strictObject({
    cmd_id: id,
    scope: scopeSchema,
    action: z.enum(['KILL', 'THROTTLE']),
    mode: controlMode.describe('as it was asked'),
    max_rate_per_second: modeRate,
    by: id,
    epoch: count.describe('the offset of the command: what an unkill names'),
    stricter: z
      .array(stricterControl)
      .describe(
        'what is known to let less through than was asked, and stays: a control tightens only; POST /unkill loosens',
      ),
    effect: z
      .enum(['EFFECTIVE', 'RECORDED', 'NOT_YET'])
      .describe(
        'EFFECTIVE: on every lease, or past what the others may let pass. RECORDED: no lease lives; applied before any gate opens. NOT_YET: waiting_for has not applied it in the time there is; it is recorded and will be',
      ),
    leases: count.describe('gates and venue adapters that lived when it came'),
    applied: count,
    lapsed: z.array(id).describe('not heard of since, and past what they may let pass'),
    waiting_for: z.array(id),
    took_ms: count,
  })
  .meta({ id: 'Killed' });
export type Killed = z.infer<typeof killedSchema>;

/** What asking to loosen, or approving that, came to. */
export const unkilledSchema = z
  .strictObject({
    command_id: id,
    outcome: z.enum(['LIFTED', 'WAITS_FOR_APPROVAL']),
    by: id,
    request_id: id.nullable().describe('what a second person approves'),
    expires_at: instant.nullable().describe('until when'),
    state: controlStateSchema,
  })
  .meta({ id: 'Unkilled' });
export type Unkilled = z.infer<typeof unkilledSchema>;

const leaseSummary = z
  .strictObject({
    process: id,
    kind: z.enum(['GATE', 'VENUE']),
    ts: instant,
    owned_partitions: z.array(count),
  })
  .meta({ id: 'LeaseSummary' });

const stoppedScope = unreadableSchema
  .extend({ processes: z.array(id).describe('gates and venue adapters that stop it') })
  .meta({ id: 'StoppedScope' });
export type StoppedScope = z.infer<typeof stoppedScope>;

/** A scope as gates hold it: its state, and the commands above what that covers. */
const listedScope = controlStateSchema
  .extend({
    told: z
      .array(count)
      .describe(
        'epochs of commands that gates follow and that its state does not show yet: a worker or the projector is slow or away',
      ),
  })
  .meta({ id: 'ListedScope' });
export type ListedScope = z.infer<typeof listedScope>;

export const killSwitchListSchema = z
  .strictObject({
    scopes: z.array(listedScope).describe('GLOBAL first, then the strictest'),
    others: count.describe('scopes beyond those listed'),
    over: z
      .array(listedScope)
      .describe('with scope: what stands over its orders too, which is GLOBAL, unless ACTIVE'),
    stopped: z
      .array(stoppedScope)
      .describe('scopes stopped, as by a BLOCK, because a control of theirs cannot be read'),
    leases: z.array(leaseSummary).describe('gates and venue adapters that live now'),
  })
  .meta({ id: 'KillSwitchList' });
export type KillSwitchList = z.infer<typeof killSwitchListSchema>;

export const approvalListSchema = z
  .strictObject({ approvals: z.array(controlStateSchema) })
  .meta({ id: 'ApprovalList' })
  .describe('scopes with a request that waits for a second person');
export type ApprovalList = z.infer<typeof approvalListSchema>;

export const SCOPES_LISTED_DEFAULT = 100;
export const SCOPES_LISTED_MAX = 10_000;
