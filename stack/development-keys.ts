import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** What a pair is for: `jwt` signs tokens of people, `command` what the API tells a case for them. */
export type KeyUse = 'jwt' | 'command';

/** The files of a pair. */
export interface KeyFiles {
  readonly publicKeyFile: string;
  readonly privateKeyFile: string;
}

/**
 * The instance's own Ed25519 key pair for a use (PEM: SPKI and PKCS #8), made once, readable by its
 * owner only. A token or command of one instance is worth nothing at another.
 */
export async function developmentKeys(folder: string, use: KeyUse): Promise<KeyFiles> {
  const publicKeyFile = path.join(folder, `${use}-public.pem`);
  const privateKeyFile = path.join(folder, `${use}-private.pem`);
  if (existsSync(publicKeyFile) && existsSync(privateKeyFile))
    return { publicKeyFile, privateKeyFile };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  await writeAtOnce(privateKeyFile, privateKey);
  await writeAtOnce(publicKeyFile, publicKey);
  return { publicKeyFile, privateKeyFile };
}

async function writeAtOnce(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
