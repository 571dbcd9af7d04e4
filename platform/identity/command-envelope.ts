import { createHash } from 'node:crypto';
import type { CryptoKey } from 'jose';
import { z } from 'zod';
import {
  aboutOf,
  canonicalText,
  COMMAND_ROLES,
  FIRM_COMMAND_ROLES,
} from '#contracts/command-envelope.ts';
import type {
  CommandContent,
  EnvelopeCheck,
  FirmCommandContent,
  RefusedCommand,
} from '#contracts/command-envelope.ts';
import { hasRole, roleSchema, TOKEN_ISSUER } from '#contracts/roles.ts';
import type { Role } from '#contracts/roles.ts';
import { id, instant } from '#contracts/wire.ts';
import type { CommandSigner, CommandVerifier } from '#ports/command-envelope.ts';
import { openClaims, sealClaims } from './sealed-claims.ts';

/** The kind of envelope. */
const TYPE = 'sentinel-command';
/** An envelope for a case is worth nothing to the firm's enforcement, nor the other way round. */
const AUDIENCES = { case: 'margin-sentinel-case', firm: 'margin-sentinel-enforcement' } as const;

const claimsSchema = z.strictObject({
  iss: z.literal(TOKEN_ISSUER),
  aud: z.enum(AUDIENCES),
  sub: id,
  role: roleSchema,
  about: id,
  command_id: id,
  payload_sha256: z.string(),
  expires_at: instant,
});
type Claims = z.infer<typeof claimsSchema>;

/** Signs commands with the API's Ed25519 key. */
export function createCommandSigner(privateKey: CryptoKey): CommandSigner {
  return {
    seal: async (content, by, role) => {
      const claims: Claims = { ...bound(content), iss: TOKEN_ISSUER, sub: by, role };
      const envelope = await sealClaims(claims, TYPE, privateKey);
      return { ...content, envelope };
    },
  };
}

/** Checks commands against the public half of that key. */
export function createCommandVerifier(publicKey: CryptoKey): CommandVerifier {
  return {
    check: async (message, now) => {
      const claims = await openClaims(message.envelope, TYPE, claimsSchema, publicKey);
      if (claims === null) {
        return refuse('BAD_SIGNATURE', 'an envelope without a valid signature', "the API's");
      }
      const content = bound(message);
      const other = BINDING.find((name) => claims[name] !== content[name]);
      if (other !== undefined) {
        return refuse('CONTENT_NOT_SIGNED', `another ${other}`, `the ${other} that was signed`);
      }
      if (now >= message.expiresAt)
        return refuse('COMMAND_EXPIRED', text(now), text(message.expiresAt));
      const needed = neededFor(message);
      if (!hasRole([claims.role], needed)) return refuse('ROLE_NOT_ENOUGH', claims.role, needed);
      return { ok: true, by: claims.sub, role: claims.role };
    },
  };
}

type Content = CommandContent | FirmCommandContent;

const BINDING = ['aud', 'about', 'command_id', 'expires_at', 'payload_sha256'] as const;

function neededFor(content: Content): Role {
  return 'accountId' in content
    ? COMMAND_ROLES[content.command.type]
    : FIRM_COMMAND_ROLES[content.command.type];
}

/** The claims that bind a content. */
function bound(content: Content): Pick<Claims, (typeof BINDING)[number]> {
  return {
    aud: 'accountId' in content ? AUDIENCES.case : AUDIENCES.firm,
    about: aboutOf(content),
    command_id: content.command.commandId,
    expires_at: content.expiresAt,
    payload_sha256: createHash('sha256').update(canonicalText(content)).digest('base64url'),
  };
}

function refuse(code: RefusedCommand['code'], observed: string, limit: string): EnvelopeCheck {
  return { ok: false, refusal: { code, observed, limit } };
}

function text(at: number): string {
  return new Date(at).toISOString();
}
