import { CompactSign, compactVerify, errors } from 'jose';
import type { CryptoKey } from 'jose';
import type { z } from 'zod';
import { ALGORITHM } from './keys.ts';

/**
 * Claims signed by the API, compact JWS (Ed25519). `type` marks the kind in the protected header: an
 * envelope of one kind is none of another, nor is a bearer token one.
 */
export async function sealClaims(
  claims: object,
  type: string,
  privateKey: CryptoKey,
): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: ALGORITHM, typ: type })
    .sign(privateKey);
}

/** What a genuine envelope of this kind says; null for every other. */
export async function openClaims<Claims>(
  envelope: string,
  type: string,
  schema: z.ZodType<Claims>,
  publicKey: CryptoKey,
): Promise<Claims | null> {
  try {
    const { payload, protectedHeader } = await compactVerify(envelope, publicKey, {
      algorithms: [ALGORITHM],
    });
    if (protectedHeader.typ !== type) return null;
    const parsed = schema.safeParse(JSON.parse(new TextDecoder().decode(payload)));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof SyntaxError) return null;
    throw error;
  }
}
