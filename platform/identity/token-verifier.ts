import { errors, jwtVerify } from 'jose';
import type { CryptoKey } from 'jose';
import { z } from 'zod';
import { ROLES, TOKEN_AUDIENCE, TOKEN_ISSUER } from '#contracts/roles.ts';
import { id } from '#contracts/wire.ts';
import type { TokenVerifier, Verification } from '#ports/identity.ts';
import { ALGORITHM } from './keys.ts';

/** Clocks of issuer and API may differ by this much. */
const CLOCK_TOLERANCE_S = 5;

/** Roles that this version does not know grant nothing. */
const claimsSchema = z.object({ sub: id, roles: z.array(z.string()).max(20) });

/** Verifies tokens signed with the Ed25519 key that belongs to `publicKey`. */
export function createTokenVerifier(publicKey: CryptoKey): TokenVerifier {
  return { verify: (token) => verify(token, publicKey) };
}

async function verify(token: string, publicKey: CryptoKey): Promise<Verification> {
  try {
    const { payload } = await jwtVerify(token, publicKey, {
      algorithms: [ALGORITHM],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      requiredClaims: ['exp', 'sub', 'roles'],
      clockTolerance: CLOCK_TOLERANCE_S,
    });
    const claims = claimsSchema.safeParse(payload);
    if (!claims.success) return { ok: false, reason: 'its sub or roles are not valid' };
    const { sub: subject, roles } = claims.data;
    const known = ROLES.filter((role) => roles.includes(role));
    return { ok: true, principal: { subject, roles: known } };
  } catch (error) {
    if (error instanceof errors.JOSEError) return { ok: false, reason: reasonOf(error) };
    throw error;
  }
}

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is not valid';
  if (error instanceof errors.JWTClaimValidationFailed) return `its ${error.claim} is not valid`;
  return 'it is not a signed token of this product';
}
