import { createHash } from 'node:crypto';
import type { CryptoKey } from 'jose';
import { z } from 'zod';
import { canonicalControlText, CONTROL_COMMAND_ROLES } from '#contracts/control-envelope.ts';
import type {
  ControlCommandContent,
  ControlEnvelopeCheck,
  RefusedControl,
} from '#contracts/control-envelope.ts';
import { hasRole, roleSchema, TOKEN_ISSUER } from '#contracts/roles.ts';
import { scopeSchema } from '#contracts/scopes.ts';
import { id, instant } from '#contracts/wire.ts';
import type { ControlCommandSigner, ControlCommandVerifier } from '#ports/control-envelope.ts';
import { openClaims, sealClaims } from './sealed-claims.ts';

/** The kind of envelope: one for a case is none for a scope. */
const TYPE = 'sentinel-control';
const AUDIENCE = 'margin-sentinel-controls';

const claimsSchema = z.strictObject({
  iss: z.literal(TOKEN_ISSUER),
  aud: z.literal(AUDIENCE),
  sub: id,
  role: roleSchema,
  scope: scopeSchema,
  command_id: id,
  payload_sha256: z.string(),
  expires_at: instant,
});
type Claims = z.infer<typeof claimsSchema>;

/** Signs what people ask of a scope with the API's Ed25519 key. */
export function createControlSigner(privateKey: CryptoKey): ControlCommandSigner {
  return {
    seal: async (content, by, role) => {
      const claims: Claims = { ...bound(content), iss: TOKEN_ISSUER, aud: AUDIENCE, sub: by, role };
      return { ...content, envelope: await sealClaims(claims, TYPE, privateKey) };
    },
  };
}

/** Checks it against the public half of that key. */
export function createControlVerifier(publicKey: CryptoKey): ControlCommandVerifier {
  return {
    check: async (message, now) => {
      const claims = await openClaims(message.envelope, TYPE, claimsSchema, publicKey);
      if (claims === null) {
        return refuse('BAD_SIGNATURE', 'an envelope without a valid signature', "the API's");
      }
      const content = bound(message);
      const other = (['scope', 'command_id', 'expires_at', 'payload_sha256'] as const).find(
        (name) => claims[name] !== content[name],
      );
      if (other !== undefined) {
        return refuse('CONTENT_NOT_SIGNED', `another ${other}`, `the ${other} that was signed`);
      }
      if (now >= message.expiresAt) {
        return refuse('COMMAND_EXPIRED', text(now), text(message.expiresAt));
      }
      const needed = CONTROL_COMMAND_ROLES[message.command.type];
      if (!hasRole([claims.role], needed)) return refuse('ROLE_NOT_ENOUGH', claims.role, needed);
      return { ok: true, by: claims.sub, role: claims.role };
    },
  };
}

/** The claims that bind a content. */
function bound(content: ControlCommandContent) {
  return {
    scope: content.scope,
    command_id: content.command.commandId,
    expires_at: content.expiresAt,
    payload_sha256: createHash('sha256').update(canonicalControlText(content)).digest('base64url'),
  };
}

function refuse(
  code: RefusedControl['code'],
  observed: string,
  limit: string,
): ControlEnvelopeCheck {
  return { ok: false, refusal: { code, observed, limit } };
}

function text(at: number): string {
  return new Date(at).toISOString();
}
