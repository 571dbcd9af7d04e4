import { hasRole } from '#contracts/roles.ts';
import type { Role } from '#contracts/roles.ts';
import type { Principal, TokenVerifier } from '#ports/identity.ts';
import type { Problem } from './problem.ts';

/** Who asks where nobody needs to say. */
const ANONYMOUS: Principal = { subject: 'anonymous', roles: [] };

export type Authentication =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly problem: Problem };

const REALM = 'Bearer realm="margin-sentinel"';

/** Who sends this Authorization header, if the route's role is among what they may do (RFC 6750). */
export async function authenticate(
  authorization: string | undefined,
  role: Role | null,
  tokens: TokenVerifier,
): Promise<Authentication> {
  if (role === null) return { ok: true, principal: ANONYMOUS };
  const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) {
    return unauthenticated('Send the header Authorization: Bearer <token>.', REALM);
  }
  const verification = await tokens.verify(token);
  if (!verification.ok) {
    const challenge = `${REALM}, error="invalid_token", error_description="${verification.reason}"`;
    return unauthenticated(`The token is not accepted: ${verification.reason}.`, challenge);
  }
  const { principal } = verification;
  if (hasRole(principal.roles, role)) return { ok: true, principal };
  return {
    ok: false,
    problem: {
      kind: 'forbidden',
      detail: `This needs the role ${role}; the token has ${principal.roles.join(', ') || 'none'}.`,
      headers: { 'www-authenticate': `${REALM}, error="insufficient_scope", scope="${role}"` },
    },
  };
}

function unauthenticated(detail: string, challenge: string): Authentication {
  const headers = { 'www-authenticate': challenge };
  return { ok: false, problem: { kind: 'unauthenticated', detail, headers } };
}
