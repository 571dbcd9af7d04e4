import { z } from 'zod';
import type { ControlRefusal } from '#domain/controls/control-events.ts';
import type { ControlMode, HolderName } from '#domain/controls/control-state.ts';
import { ENVELOPE_REFUSAL_CODES } from './command-envelope.ts';
import type { Role } from './roles.ts';

/**
 * How a person's loosening of a control travels from the API to its scope (DESIGN 15, 16): the command
 * without its actor, and an envelope, signed by the API, that says who gave it and binds every field.
 */

/** Lifts what one holder put on, or loosens it to `to`; names the epoch that the person saw. */
export interface LiftCommand {
  readonly type: 'LIFT';
  readonly commandId: string;
  readonly holder: HolderName;
  readonly to: ControlMode | null;
  readonly epoch: number;
  readonly reason: string;
}

/** Approves exactly what was asked. */
export interface ApproveCommand {
  readonly type: 'APPROVE';
  readonly commandId: string;
  readonly requestId: string;
  readonly epoch: number;
  readonly reason: string;
}

export type UnprovedControlCommand = LiftCommand | ApproveCommand;

/** What the envelope's signature covers. */
export interface ControlCommandContent {
  /** The scope's name. */
  readonly scope: string;
  readonly command: UnprovedControlCommand;
  readonly corrId: string;
  /** It is not carried out at or after this instant, Unix ms. */
  readonly expiresAt: number;
}

/** The argument of the update `command`. */
export interface ControlCommandMessage extends ControlCommandContent {
  readonly envelope: string;
}

/** What each command needs at least. Checked by the API, and again by the worker. */
export const CONTROL_COMMAND_ROLES = {
  LIFT: 'operator',
  APPROVE: 'approver',
} as const satisfies Readonly<Record<UnprovedControlCommand['type'], Role>>;

const CONTROL_REFUSALS = [
  'NOT_HELD',
  'OTHER_EPOCH',
  'NOT_LOOSER',
  'ALREADY_ASKED',
  'NO_SUCH_REQUEST',
  'REQUEST_EXPIRED',
  'NOT_WHAT_WAS_ASKED',
  'SAME_PERSON',
] as const satisfies readonly ControlRefusal[];

/** A refusal as data. Holds no secret. */
export const refusedControlSchema = z.strictObject({
  code: z.enum([...CONTROL_REFUSALS, ...ENVELOPE_REFUSAL_CODES]),
  observed: z.string(),
  limit: z.string(),
});
export type RefusedControl = Readonly<z.infer<typeof refusedControlSchema>>;

/** What a check of the envelope found. */
export type ControlEnvelopeCheck =
  | { readonly ok: true; readonly by: string; readonly role: Role }
  | { readonly ok: false; readonly refusal: RefusedControl };

/** One text for one content, whatever the order of its fields: what the signature's hash is taken of. */
export function canonicalControlText(content: ControlCommandContent): string {
  const { scope, command, corrId, expiresAt } = content;
  const { type, commandId, epoch, reason } = command;
  const own =
    command.type === 'LIFT'
      ? [command.holder, command.to?.kind ?? null, rateOf(command.to)]
      : [command.requestId];
  return JSON.stringify([scope, corrId, expiresAt, type, commandId, epoch, reason, ...own]);
}

function rateOf(mode: ControlMode | null): number | null {
  return mode?.kind === 'THROTTLE' ? mode.maxRatePerSecond : null;
}
