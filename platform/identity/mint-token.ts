import { SignJWT } from 'jose';
import type { CryptoKey } from 'jose';
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from '#contracts/roles.ts';
import type { Principal } from '#ports/identity.ts';
import { ALGORITHM } from './keys.ts';

/** A token that says who `principal` is, good for `lifetimeMs` from `now` (Unix ms). */
export async function mintToken(
  principal: Principal,
  privateKey: CryptoKey,
  now: number,
  lifetimeMs: number,
): Promise<string> {
  return new SignJWT({ roles: [...principal.roles] })
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
    .setIssuer(TOKEN_ISSUER)
    .setAudience(TOKEN_AUDIENCE)
    .setSubject(principal.subject)
    .setIssuedAt(Math.floor(now / 1000))
    .setExpirationTime(Math.floor((now + lifetimeMs) / 1000))
    .sign(privateKey);
}
