import { z } from 'zod';
import { REFUSAL_CODES } from '#domain/case-commands.ts';
import type { CaseCommand } from '#domain/case-commands.ts';
import { FIRM_REFUSAL_CODES } from '#domain/firm-enforcement.ts';
import type { FirmCommand } from '#domain/firm-enforcement.ts';
import type { Role } from './roles.ts';

/**
 * How a person's command travels from the API to a case (DESIGN 16): the command without its actor,
 * and an envelope, signed by the API, that says who gave it and binds every field of it.
 */

/** A command before the envelope has proved who gives it. */
export type UnprovedCommand = WithoutActor<CaseCommand>;
type WithoutActor<Command> = Command extends CaseCommand ? Omit<Command, 'by'> : never;

/** What the envelope's signature covers. */
export interface CommandContent {
  readonly accountId: string;
  readonly command: UnprovedCommand;
  /** It is not carried out at or after this instant, Unix ms. */
  readonly expiresAt: number;
}

/** The argument of the update `command`. */
export interface CommandMessage extends CommandContent {
  /** Compact JWS (Ed25519) of the claims that platform/identity/command-envelope.ts writes. */
  readonly envelope: string;
}

/** A command to the firm's enforcement before the envelope has proved who gives it. */
export type UnprovedFirmCommand = Omit<FirmCommand, 'by'>;

/** What the envelope of a command to the firm covers. */
export interface FirmCommandContent {
  readonly command: UnprovedFirmCommand;
  /** It is not carried out at or after this instant, Unix ms. */
  readonly expiresAt: number;
}

/** The argument of the firm's update `command`. */
export interface FirmCommandMessage extends FirmCommandContent {
  readonly envelope: string;
}

/** A longer envelope is none of ours, characters. */
export const ENVELOPE_CHARACTERS_MAX = 2_000;

/**
 * How long a command may wait for its case, ms. Short: a command that nobody waits for any longer
 * should not surprise. Far fewer commands come to one case in this time than the 256 ids that it
 * remembers, so a replayed envelope is either remembered or expired.
 */
export const COMMAND_LIFETIME_MS = 30_000;

/** What each command needs at least (contracts/roles.ts). Checked by the API, and again by the worker. */
export const COMMAND_ROLES = {
  PENDING_FUNDS: 'operator',
  HOLD: 'operator',
  EXTEND: 'approver',
  RELEASE: 'approver',
  RESUME: 'approver',
} as const satisfies Readonly<Record<CaseCommand['type'], Role>>;

export const FIRM_COMMAND_ROLES = {
  HOLD: 'operator',
  RESUME: 'approver',
} as const satisfies Readonly<Record<FirmCommand['type'], Role>>;

/** Why a command is refused before whom it is for is asked. */
export const ENVELOPE_REFUSAL_CODES = [
  /** Not the shape of a command, or a value out of its bounds. */
  'MALFORMED_COMMAND',
  /** Its time is over. */
  'COMMAND_EXPIRED',
  /** Not signed by the API. */
  'BAD_SIGNATURE',
  /** Signed, but for other content: another account, command or time. */
  'CONTENT_NOT_SIGNED',
  /** The signer's role is not enough for this command. */
  'ROLE_NOT_ENOUGH',
  /** Too many commands wait for the case already. */
  'CASE_BUSY',
] as const;

/** A refusal as data: what was seen, what the limit is. Holds no secret. */
export const refusedCommandSchema = z.strictObject({
  code: z.enum([...new Set([...REFUSAL_CODES, ...FIRM_REFUSAL_CODES, ...ENVELOPE_REFUSAL_CODES])]),
  observed: z.string(),
  limit: z.string(),
});
export type RefusedCommand = Readonly<z.infer<typeof refusedCommandSchema>>;

/** What a check of the envelope found. */
export type EnvelopeCheck =
  | { readonly ok: true; readonly by: string; readonly role: Role }
  | { readonly ok: false; readonly refusal: RefusedCommand };

/** One text for one content, whatever the order of its fields: what the signature's hash is taken of. */
export function canonicalText(content: CommandContent | FirmCommandContent): string {
  const fields = Object.entries(content.command).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([aboutOf(content), content.expiresAt, fields]);
}

/** The account or the scope that a command is about. */
export function aboutOf(content: CommandContent | FirmCommandContent): string {
  return 'accountId' in content ? content.accountId : content.command.scope;
}
