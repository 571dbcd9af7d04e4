import { readFileSync } from 'node:fs';
import { gatePolicyFileSchema } from '#contracts/gate-policy.ts';
import type { GatePolicyFile } from '#contracts/gate-policy.ts';
import { parsePolicyFile } from './policy-file.ts';

/** The firm's choices at the gate, from policies/gate.json. Throws PolicyFileError. */
export function loadGatePolicy(): GatePolicyFile {
  const name = 'policies/gate.json';
  const text = readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
  return parsePolicyFile(name, gatePolicyFileSchema, text);
}
