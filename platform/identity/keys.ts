import { readFile } from 'node:fs/promises';
import { importPKCS8, importSPKI } from 'jose';
import type { CryptoKey } from 'jose';

/** Ed25519. */
export const ALGORITHM = 'EdDSA';

/** A key file is missing or holds no Ed25519 key; the message names it. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

/** Reads an Ed25519 public key (SPKI PEM). Throws KeyFileError. */
export async function readPublicKey(file: string): Promise<CryptoKey> {
  return readKey(file, (pem) => importSPKI(pem, ALGORITHM));
}

/** Reads an Ed25519 private key (PKCS #8 PEM). Throws KeyFileError. */
export async function readPrivateKey(file: string): Promise<CryptoKey> {
  return readKey(file, (pem) => importPKCS8(pem, ALGORITHM));
}

async function readKey(
  file: string,
  importKey: (pem: string) => Promise<CryptoKey>,
): Promise<CryptoKey> {
  try {
    return await importKey(await readFile(file, 'utf8'));
  } catch (error) {
    throw new KeyFileError(`${file} is not a readable Ed25519 key in PEM`, { cause: error });
  }
}
