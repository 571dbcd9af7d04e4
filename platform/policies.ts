import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decodePolicy, policyFileSchema } from '#contracts/policy.ts';
import type { PolicyFile } from '#contracts/policy.ts';
import { loadCalendar } from './calendars.ts';
import { parsePolicyFile, PolicyFileError } from './policy-file.ts';

type Preset = PolicyFile['preset'];
type Policy = ReturnType<typeof decodePolicy>;

/** The policy of a preset, from policies/<preset>.json beside this folder. Throws PolicyFileError. */
export function loadPolicy(preset: Preset): Policy {
  const name = `policies/${preset}.json`;
  return parsePolicy(name, preset, readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));
}

/** The policy that a file's text states; `name` is for the message. Throws PolicyFileError. */
export function parsePolicy(name: string, preset: Preset, text: string): Policy {
  const file = parsePolicyFile(name, policyFileSchema, text);
  if (file.preset !== preset) {
    throw new PolicyFileError(`${name}: preset: is ${file.preset}, must be ${preset}`);
  }
  const calendar = loadCalendar();
  return decodePolicy(file, calendar, hashOf(file, calendar));
}

/** The first 64 bits of SHA-256, in hex, of what the files state, however they are written. */
function hashOf(...stated: readonly object[]): string {
  return createHash('sha256').update(JSON.stringify(stated)).digest('hex').slice(0, 16);
}
