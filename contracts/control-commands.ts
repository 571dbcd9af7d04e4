import { z } from 'zod';
import { MACHINE_HOLDERS } from '#domain/controls/control-state.ts';
import type { ControlMode, HolderName } from '#domain/controls/control-state.ts';
import type { LooseCommand, RestrictCommand } from '#domain/controls/control-events.ts';
import { accountOfScope, scopeSchema } from './scopes.ts';
import { id, instant, text } from './wire.ts';

/** killswitch.commands.v1: what machines and people ask of a scope (DESIGN 15). */

export const MAX_RATE_PER_SECOND = 1_000_000;

export const maxRatePerSecond = z
  .int()
  .min(0)
  .max(MAX_RATE_PER_SECOND)
  .describe('orders that may pass in any second');

/** What a kill leaves open. */
export const KILL_MODES = ['BLOCK', 'REDUCE_ONLY', 'NO_NEW_DEBIT_OR_SHORT'] as const;

export const KILL_MODE_TEXT =
  'REDUCE_ONLY lets pass what reduces a position; NO_NEW_DEBIT_OR_SHORT, of an ACCOUNT only, what available cash pays for and sales of no more than is held';

/** In the place of an ornament that cannot be read. */
const NOT_READABLE = 'not-readable';

/**
 * `triggered_by` says who holds the scope from here on: `order-monitor` and `surveillance` hold in
 * their own name, whoever else is a person and holds as `operator`.
 */
const common = {
  cmd_id: id.catch(NOT_READABLE),
  ts: instant.catch(0),
  scope: scopeSchema,
  reason: text(500).catch(NOT_READABLE),
  triggered_by: id.catch(NOT_READABLE),
  metric: id
    .nullish()
    .catch(null)
    .describe('what was measured, such as order_rate_60s; none for a person'),
  value: z.number().nullish().catch(null).describe('what it came to'),
  corr_id: text(64).nullish().catch(null),
};

/**
 * killswitch.commands.v1, keyed by scope; a command's offset is the scope's epoch from there on. An
 * unknown field is passed over, and only what a kill needs is required, action and scope: a kill with a
 * wrong ornament is still a kill, one with a mode that is unknown or not for its scope a BLOCK, and a throttle without a rate lets
 * nothing pass. UNKILL is the reference's: it changes nothing and is audited; people loosen by
 * `POST /unkill`.
 */
export const controlCommandSchema = z
  .discriminatedUnion('action', [
    z.object({
      ...common,
      action: z.literal('KILL'),
      mode: z.enum(KILL_MODES).default('BLOCK').catch('BLOCK').describe(KILL_MODE_TEXT),
    }),
    z.object({
      ...common,
      action: z.literal('THROTTLE'),
      max_rate_per_second: maxRatePerSecond.catch(0),
    }),
    z.object({ ...common, action: z.literal('UNKILL') }),
  ])
  .meta({ id: 'ControlCommand' });

/** As it is read, defaults filled in. */
export type ControlCommandRecord = z.infer<typeof controlCommandSchema>;
/** As it is written. */
export type ControlCommandInput = z.input<typeof controlCommandSchema>;

/** The mode that a command puts on; null for one that would loosen. */
export function modeOf(record: ControlCommandRecord): ControlMode | null {
  switch (record.action) {
    case 'KILL':
      return { kind: isForScope(record.mode, record.scope) ? record.mode : 'BLOCK' };
    case 'THROTTLE':
      return { kind: 'THROTTLE', maxRatePerSecond: record.max_rate_per_second };
    case 'UNKILL':
      return null;
  }
}

/** Only an account has cash and positions that a mode can go by. */
export function isForScope(mode: (typeof KILL_MODES)[number], scope: string): boolean {
  return mode !== 'NO_NEW_DEBIT_OR_SHORT' || accountOfScope(scope) !== null;
}

/** Who holds the scope after a command. */
export function holderOf({ triggered_by: by }: ControlCommandRecord): HolderName {
  return MACHINE_HOLDERS.find((name) => name === by) ?? 'operator';
}

/** A command as its scope's state machine takes it; `offset` is where it lies in its partition. */
export function decodeControlCommand(
  record: ControlCommandRecord,
  offset: number,
): RestrictCommand | LooseCommand {
  const { cmd_id: commandId, triggered_by: actor, reason, action } = record;
  const mode = modeOf(record);
  return mode === null
    ? { type: 'LOOSE_COMMAND', commandId, offset, action, actor }
    : { type: 'RESTRICT', commandId, offset, holder: holderOf(record), mode, reason, actor };
}
